import math
from functools import partial
import torch
from torch import nn, einsum
import torch.nn.functional as F
def exists(x):
    return x is not None
def default(val, d):
    if exists(val):
        return val
    return d() if callable(d) else d
class Sinusoidal(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim
    def forward(self, t):
        half = self.dim // 2
        e = math.log(10000) / (half - 1)
        e = torch.exp(torch.arange(half) * -e)
        e = t[:, None] * e[None, :]
        return torch.cat((e.sin(), e.cos()), dim=-1)
class Block(nn.Module):
    def __init__(self, dim, dim_out, *, time_dim=None, groups=4):
        super().__init__()
        self.mlp = nn.Sequential(nn.SiLU(), nn.Linear(time_dim, dim_out * 2)) if exists(time_dim) else None
        self.proj, self.norm = nn.Conv2d(dim, dim_out, 3, padding=1), nn.GroupNorm(groups, dim_out)
        self.res = nn.Conv2d(dim, dim_out, 1) if dim != dim_out else nn.Identity()
    def forward(self, x, t=None):
        scale_shift = None
        if exists(self.mlp) and exists(t):
            scale_shift = self.mlp(t)[:, :, None, None].chunk(2, dim=1)
        h = self.norm(self.proj(x))
        if exists(scale_shift):
            scale, shift = scale_shift
            h = h * (scale + 1) + shift
        return F.silu(h) + self.res(x)
class LinAttn(nn.Module):
    def __init__(self, dim, heads=2, dim_head=4):
        super().__init__()
        self.scale, self.heads = dim_head ** -0.5, heads
        self.qkv, self.out = nn.Conv2d(dim, heads * dim_head * 3, 1, bias=False), nn.Conv2d(heads * dim_head, dim, 1)
    def forward(self, x):
        b, c, h, w = x.shape
        q, k, v = map(lambda t: t.reshape(b, self.heads, -1, h * w), self.qkv(x).chunk(3, dim=1))
        q, k = q.softmax(dim=-2) * self.scale, k.softmax(dim=-1)
        context = einsum("b h d n, b h e n -> b h d e", k, v)
        out = einsum("b h d e, b h d n -> b h e n", context, q)
        return self.out(out.reshape(b, -1, h, w))
class Unet(nn.Module):
    def __init__(self, dim, init_dim=None, out_dim=None, dim_mults=(1, 2, 4), channels=3):
        super().__init__()
        init_dim = default(init_dim, dim // 2 * 2)
        self.init = nn.Conv2d(channels, init_dim, 7, padding=3)
        dims = [init_dim, *map(lambda m: dim * m, dim_mults)]
        in_out = list(zip(dims[:-1], dims[1:]))
        block = partial(Block, time_dim=dim * 4)
        self.time = nn.Sequential(Sinusoidal(dim), nn.Linear(dim, dim * 4), nn.GELU(), nn.Linear(dim * 4, dim * 4))
        self.downs, self.ups = nn.ModuleList([]), nn.ModuleList([])
        for i, (a, b) in enumerate(in_out):
            last = i >= len(in_out) - 1
            self.downs.append(nn.ModuleList([block(a, a), LinAttn(a), nn.Conv2d(a, b, 3, padding=1) if last else nn.Conv2d(a, b, 4, 2, 1)]))
        mid = dims[-1]
        self.mid1, self.mid2 = block(mid, mid), block(mid, mid)
        for i, (a, b) in enumerate(reversed(in_out)):
            last = i == len(in_out) - 1
            self.ups.append(nn.ModuleList([block(b + a, b), LinAttn(b), nn.Conv2d(b, a, 3, padding=1) if last else nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(b, a, 3, padding=1))]))
        self.final = block(init_dim * 2, dim)
        self.out = nn.Conv2d(dim, default(out_dim, channels), 1)
    def forward(self, x, time):
        x = self.init(x)
        r = x.clone()
        t = self.time(time)
        h = []
        for b1, attn, down in self.downs:
            x = attn(b1(x, t)) + 0
            h.append(x)
            x = down(x)
        x = self.mid2(self.mid1(x, t), t)
        for b1, attn, up in self.ups:
            x = up(attn(b1(torch.cat((x, h.pop()), dim=1), t)))
        return self.out(self.final(torch.cat((x, r), dim=1), t))
net = Unet(8)
betas = torch.linspace(1e-4, 0.02, 10)
ac = torch.cumprod(1 - betas, 0)
ac_prev = F.pad(ac[:-1], (1, 0), value=1.0)
def extract(a, t, shape):
    return a.gather(-1, t).reshape(t.shape[0], *((1,) * (len(shape) - 1)))
x0, t = torch.rand(2, 3, 16, 16), torch.randint(0, 10, (2,)).long()
noise = torch.randn_like(x0)
xt = extract(ac.sqrt(), t, x0.shape) * x0 + extract((1 - ac).sqrt(), t, x0.shape) * noise
print(F.smooth_l1_loss(net(xt, t.float()), noise))
