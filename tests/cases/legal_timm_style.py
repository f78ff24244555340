import sys
from functools import partial
import torch
from torch import nn
_model_entrypoints = {}
def register_model(fn):
    _model_entrypoints[fn.__name__] = fn
    return fn
def is_model(name):
    return name in _model_entrypoints
def create_model(model_name, pretrained=False, num_classes=10, drop_rate=0.0, **kwargs):
    kwargs = {k: v for k, v in kwargs.items() if v is not None}
    if not is_model(model_name):
        raise RuntimeError("Unknown model (%s)" % model_name)
    return _model_entrypoints[model_name](pretrained=pretrained, num_classes=num_classes, drop_rate=drop_rate, **kwargs)
def _cfg(url="", **kwargs):
    return {"url": url, "num_classes": 1000, "input_size": (3, 32, 32), "pool_size": None, **kwargs}
default_cfgs = {"tiny": _cfg(), "tiny_64": _cfg(input_size=(3, 64, 64))}
def to_2tuple(x):
    return x if isinstance(x, tuple) else (x, x)
class PatchEmbed(nn.Module):
    def __init__(self, img_size=32, patch_size=8, in_chans=3, embed_dim=16, norm_layer=None, flatten=True):
        super().__init__()
        self.img_size, self.patch_size = to_2tuple(img_size), to_2tuple(patch_size)
        self.grid = (self.img_size[0] // self.patch_size[0], self.img_size[1] // self.patch_size[1])
        self.num_patches = self.grid[0] * self.grid[1]
        self.flatten = flatten
        self.proj = nn.Conv2d(in_chans, embed_dim, kernel_size=patch_size, stride=patch_size)
        self.norm = norm_layer(embed_dim) if norm_layer else nn.Identity()
    def forward(self, x):
        B, C, H, W = x.shape
        torch._assert(H == self.img_size[0], "wrong height")
        assert W == self.img_size[1], f"width {W} is not {self.img_size[1]}"
        x = self.proj(x)
        if self.flatten:
            x = x.flatten(2).transpose(1, 2)
        return self.norm(x)
class DropPath(nn.Module):
    def __init__(self, p=None):
        super().__init__()
        self.p = p
    def forward(self, x):
        if self.p == 0. or not self.training:
            return x
        keep = 1 - self.p
        shape = (x.shape[0],) + (1,) * (x.ndim - 1)
        r = keep + torch.rand(shape, dtype=x.dtype, device=x.device)
        return x.div(keep) * r.floor_()
class Block(nn.Module):
    def __init__(self, dim, heads, mlp_ratio=4., qkv_bias=False, drop_path=0., act_layer=nn.GELU, norm_layer=nn.LayerNorm):
        super().__init__()
        self.heads, self.scale = heads, (dim // heads) ** -0.5
        self.norm1, self.norm2 = norm_layer(dim), norm_layer(dim)
        self.qkv, self.proj = nn.Linear(dim, dim * 3, bias=qkv_bias), nn.Linear(dim, dim)
        self.drop_path = DropPath(drop_path) if drop_path > 0. else nn.Identity()
        hidden = int(dim * mlp_ratio)
        self.mlp = nn.Sequential(nn.Linear(dim, hidden), act_layer(), nn.Linear(hidden, dim))
    def forward(self, x):
        B, N, C = x.shape
        qkv = self.qkv(self.norm1(x)).reshape(B, N, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        attn = (q @ k.transpose(-2, -1)) * self.scale
        y = (attn.softmax(dim=-1) @ v).transpose(1, 2).reshape(B, N, C)
        x = x + self.drop_path(self.proj(y))
        return x + self.drop_path(self.mlp(self.norm2(x)))
class ViT(nn.Module):
    def __init__(self, img_size=32, patch_size=8, num_classes=10, embed_dim=16, depth=2, heads=4, global_pool="token", drop_rate=0., drop_path_rate=0.1, norm_layer=None, class_token=True):
        super().__init__()
        norm_layer = norm_layer or partial(nn.LayerNorm, eps=1e-6)
        self.global_pool, self.num_classes = global_pool, num_classes
        self.patch_embed = PatchEmbed(img_size, patch_size, embed_dim=embed_dim)
        n = self.patch_embed.num_patches
        self.cls = nn.Parameter(torch.zeros(1, 1, embed_dim)) if class_token else None
        self.pos = nn.Parameter(torch.randn(1, n + (1 if class_token else 0), embed_dim) * .02)
        dpr = [x.item() for x in torch.linspace(0, drop_path_rate, depth)]
        self.blocks = nn.Sequential(*[Block(embed_dim, heads, drop_path=dpr[i], norm_layer=norm_layer) for i in range(depth)])
        self.norm = norm_layer(embed_dim)
        self.head = nn.Linear(embed_dim, num_classes) if num_classes > 0 else nn.Identity()
    def forward_features(self, x):
        x = self.patch_embed(x)
        if self.cls is not None:
            x = torch.cat((self.cls.expand(x.shape[0], -1, -1), x), dim=1)
        return self.norm(self.blocks(x + self.pos))
    def forward_head(self, x, pre_logits: bool = False):
        if self.global_pool:
            x = x[:, 1:].mean(dim=1) if self.global_pool == "avg" else x[:, 0]
        return x if pre_logits else self.head(x)
    def forward(self, x):
        return self.forward_head(self.forward_features(x))
def build_model_with_cfg(cls, variant, pretrained, **kwargs):
    cfg = default_cfgs[variant]
    kwargs.setdefault("img_size", cfg["input_size"][-1])
    model = cls(**kwargs)
    model.default_cfg = cfg
    return model
@register_model
def tiny(pretrained=False, **kwargs):
    return build_model_with_cfg(ViT, "tiny", pretrained, **dict(patch_size=8, embed_dim=16, depth=2, heads=4, **kwargs))
@register_model
def tiny_64(pretrained=False, **kwargs):
    return build_model_with_cfg(ViT, "tiny_64", pretrained, patch_size=16, embed_dim=24, depth=1, heads=3, **kwargs)
for name in sorted(_model_entrypoints):
    net = create_model(name, num_classes=7, global_pool="avg" if "64" in name else None)
    h = net.default_cfg["input_size"]
    y = net(torch.rand(2, *h))
    print(name, y.shape)
feats = create_model("tiny", num_classes=0).forward_head(torch.rand(2, 17, 16), pre_logits=True)
print(feats.shape)
