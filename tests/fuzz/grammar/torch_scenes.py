"""Whole idioms of PyTorch programs, with sizes drawn: a residual net, a U-net, a decoder that loops, surgery."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from tests.fuzz.grammar.blocks import some
from tests.fuzz.grammar.scope import Scope

SIZES = (1, 2, 3, 4, 6, 8)


def _resnet(s: Scope) -> str:
    r = s.rng
    w, widths = r.choice((2, 4)), r.choice(["(w, w * 2)", "[w, 2 * w, 4 * w]", "tuple(w * 2 ** i for i in range(2))"])
    norm = some(s, "norm_layer=nn.BatchNorm2d", "norm_layer=partial(nn.GroupNorm, 1)", "norm_layer=None")
    down = some(
        s, "stride != 1 or inplanes != planes * self.expansion", "inplanes != planes * self.expansion or stride > 1"
    )
    return f"""
class {{A}}(nn.Module):
    expansion = {r.choice((1, 1, 2))}

    def __init__(self, inplanes, planes, stride=1, downsample=None, {norm}):
        super().__init__()
        norm_layer = norm_layer or nn.BatchNorm2d
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)
        self.bn1 = norm_layer(planes)
        self.conv2 = nn.Conv2d(planes, planes * self.expansion, kernel_size={some(s, "3, padding=1", "1")})
        self.downsample = downsample

    def forward(self, x):
        identity = x
        out = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = self.conv2(out)
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return F.relu(out)


class {{B}}(nn.Module):
    def __init__(self, block, layers, num_classes={r.choice(SIZES)}, w={w}):
        super().__init__()
        self.inplanes = w
        self.stem = nn.Sequential(nn.Conv2d({{c}}, w, {some(s, "3, 1, 1", "7, stride=2, padding=3, bias=False")}), nn.BatchNorm2d(w), nn.ReLU(inplace=True))
        self.stages = nn.ModuleList()
        for i, (planes, n) in enumerate(zip({widths}, layers)):
            self.stages.append(self._make_layer(block, planes, n, stride=1 if i == 0 else 2))
        self.avgpool = nn.AdaptiveAvgPool2d({some(s, "1", "(1, 1)")})
        self.fc = nn.Linear(self.inplanes, num_classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out")
            elif isinstance(m, (nn.BatchNorm2d, nn.GroupNorm)):
                nn.init.constant_(m.weight, 1)

    def _make_layer(self, block, planes, blocks, stride=1):
        inplanes, downsample = self.inplanes, None
        self.expansion = block.expansion
        if {down}:
            downsample = nn.Sequential(nn.Conv2d(inplanes, planes * block.expansion, 1, stride), nn.BatchNorm2d(planes * block.expansion))
        layers = [block(self.inplanes, planes, stride, downsample)]
        self.inplanes = planes * block.expansion
        layers += [block(self.inplanes, planes) for _ in range(1, blocks)]
        return nn.Sequential(*layers)

    def forward(self, x, features={some(s, "False", "True")}):
        x = self.stem(x)
        feats = []
        for stage in self.stages:
            x = stage(x)
            feats.append(x)
        if features:
            return feats
        x = torch.flatten(self.avgpool(x), 1)
        return self.fc(x)


{{m}} = {{B}}({{A}}, {some(s, "[1, 2]", "(2, 1, 1)", "[1] * 2")})
{{x}} = torch.randn(2, {{c}}, {r.choice((8, 16))}, {r.choice((8, 9, 16))})
{{y}} = {{m}}({{x}})
{{z}} = {some(s, "{m}.stages[0]({m}.stem({x}))", "nn.Sequential(*list({m}.children())[:1])({x})", "{m}({x}, features=True)", "{m}({x}, features=True)[-1]")}
"""


def _unet(s: Scope) -> str:
    r = s.rng
    up = some(
        s,
        "nn.ConvTranspose2d(2 * c, c, 2, stride=2)",
        "nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(2 * c, c, 1))",
    )
    order = some(s, "reversed(chans)", "chans[::-1]", "sorted(chans, reverse=True)")
    return f"""
def {{f}}(cin, cout, *extra, act="{some(s, "ReLU", "GELU", "SiLU")}"):
    return nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1), getattr(nn, act)(), *extra)


class {{A}}(nn.Module):
    def __init__(self, cin={{c}}, base={r.choice((2, 4))}, depth={r.choice((1, 2))}, classes={r.choice(SIZES)}):
        super().__init__()
        chans = [base * 2 ** i for i in range(depth)]
        self.downs, self.ups, self.convs = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        prev = cin
        for c in chans:
            self.downs.append({{f}}(prev, c, nn.BatchNorm2d(c)))
            prev = c
        self.mid = {{f}}(prev, prev * 2)
        for c in {order}:
            self.ups.append({up})
            self.convs.append({{f}}(2 * c, c))
        self.head = nn.Conv2d(base, classes, 1)

    def forward(self, x):
        skips = []
        for down in self.downs:
            x = down(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.mid(x)
        for up, conv, skip in zip(self.ups, self.convs, {some(s, "skips[::-1]", "reversed(skips)", "[skips.pop() for _ in range(len(skips))]")}):
            x = up(x)
            if x.shape[-2:] != skip.shape[-2:]:
                x = F.interpolate(x, size=skip.shape[2:])
            x = conv(torch.cat([x, skip], dim=1))
        return self.head(x)


{{m}} = {{A}}()
{{y}} = {{m}}(torch.randn({r.choice((1, 2))}, {{c}}, {r.choice((8, 9, 12))}, 8))
{{z}} = F.cross_entropy({{y}}, {{y}}.argmax(1))
"""


def _decoder(s: Scope) -> str:
    r = s.rng
    cell = r.choice(("GRU", "LSTM"))
    state = "(h, h)" if cell == "LSTM" else "h"
    hidden = "state[0]" if cell == "LSTM" else "state"
    return f"""
class {{A}}(nn.Module):
    def __init__(self, vocab, dim={r.choice((4, 6))}, hidden={r.choice((4, 8))}):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.cell = nn.{cell}Cell(dim, hidden)
        self.attn = nn.Linear(hidden, hidden, bias=False)
        self.out = nn.Linear(hidden {some(s, "* 2", "+ hidden")}, vocab)
        {some(s, "self.out.bias.data.zero_()", "self.register_buffer('start', torch.zeros(1, dtype=torch.long))", "self.hidden = hidden")}

    def forward(self, memory, steps={r.choice((2, 3))}, targets=None):
        B = memory.size(0)
        h = memory.mean(dim=1)
        state = {state}
        token = torch.zeros(B, dtype=torch.long)
        logits = []
        for t in range(steps):
            state = self.cell(self.embed(token), state)
            q = {hidden}
            scores = torch.bmm(memory, self.attn(q).unsqueeze(2)).squeeze(2)
            context = torch.einsum("bt,btd->bd", scores.softmax(-1), memory)
            step = self.out(torch.cat((q, context), dim=-1))
            logits.append(step)
            token = step.argmax(-1) if targets is None else targets[:, t]
        return torch.stack(logits, {some(s, "1", "dim=1", "0")})


{{m}} = {{A}}({r.choice((5, 7))})
{{x}} = torch.randn({r.choice((2, 3))}, {r.choice((3, 5))}, {r.choice((4, 8))})
{{y}} = {{m}}({{x}})
"""


def _registry(s: Scope) -> str:
    r = s.rng
    return f"""
{{R}} = {{{{}}}}


def {{f}}(name):
    def add(cls):
        {{R}}[name] = cls
        return cls

    return add


@{{f}}("linear")
class {{A}}(nn.Module):
    def __init__(self, cin, cout, **_):
        super().__init__()
        self.body = nn.Linear(cin, cout)

    def forward(self, x):
        return self.body(x)


@{{f}}("gated")
class {{B}}({{A}}):
    def __init__(self, cin, cout, gate="{some(s, "sigmoid", "tanh")}", **kwargs):
        super().__init__(cin, cout * 2, **kwargs)
        self.gate = getattr(torch, gate)

    def forward(self, x):
        a, b = super().forward(x).chunk(2, dim=-1)
        return a * self.gate(b)


{{K}} = [{{{{"type": "linear", "cout": {r.choice(SIZES)}}}}}, {{{{"type": "gated", "cout": {r.choice(SIZES)}}}}}, dict(type="{some(s, "gated", "linear")}", cout={r.choice(SIZES)})]


def {{g}}(dim, specs):
    for spec in specs:
        spec = dict(spec)
        layer = {{R}}[spec.pop("type")](dim, **spec)
        dim = spec["cout"]
        yield layer


{{m}} = nn.Sequential(*{{g}}({{c}}, {{K}}))
{{y}} = {{m}}(torch.randn(2, {some(s, "5, ", "")}{{c}}))
{{z}} = sum(p.numel() for p in {{m}}.parameters())
"""


def _transformer(s: Scope) -> str:
    r = s.rng
    heads = r.choice((1, 2))
    d = heads * r.choice((2, 4))
    return f"""
@dataclass
class {{C}}:
    vocab: int = {r.choice((5, 8))}
    block: int = {r.choice((6, 8))}
    n_layer: int = {r.choice((1, 2))}
    n_head: int = {heads}
    n_embd: int = {d}
    dropout: float = 0.0


class {{A}}(nn.Module):
    def __init__(self, config):
        super().__init__()
        assert config.n_embd % config.n_head == 0
        self.qkv = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.proj = nn.Linear(config.n_embd, config.n_embd)
        self.n_head = config.n_head
        self.register_buffer("mask", torch.tril(torch.ones(config.block, config.block)).view(1, 1, config.block, config.block))

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = self.qkv(x).split(C, dim=2)
        q, k, v = (t.view(B, T, self.n_head, C // self.n_head).transpose(1, 2) for t in (q, k, v))
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        att = att.masked_fill(self.mask[:, :, :T, :T] == 0, float("-inf"))
        y = F.softmax(att, dim=-1) @ v
        return self.proj(y.transpose(1, 2).contiguous().view(B, T, C))


class {{B}}(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.transformer = nn.ModuleDict(dict(
            wte=nn.Embedding(config.vocab, config.n_embd),
            wpe=nn.Embedding(config.block, config.n_embd),
            h=nn.ModuleList([nn.ModuleDict({{{{"ln": nn.LayerNorm(config.n_embd), "attn": {{A}}(config), "mlp": nn.Sequential(nn.Linear(config.n_embd, 4 * config.n_embd), nn.GELU(), nn.Linear(4 * config.n_embd, config.n_embd))}}}}) for _ in range(config.n_layer)]),
            ln_f=nn.LayerNorm(config.n_embd),
        ))
        self.lm_head = nn.Linear(config.n_embd, config.vocab, bias=False)
        {some(s, "self.transformer.wte.weight = self.lm_head.weight", "self.lm_head.weight = self.transformer['wte'].weight", "self.apply(self._init)")}

    def _init(self, module):
        if isinstance(module, nn.Linear):
            torch.nn.init.normal_(module.weight, mean=0.0, std=0.02)

    @property
    def depth(self):
        return len(self.transformer.h)

    def forward(self, idx, targets=None):
        b, t = idx.shape
        pos = torch.arange(0, t, dtype=torch.long, device=idx.device).unsqueeze(0)
        x = self.transformer.wte(idx) + self.transformer.wpe(pos)
        for block in self.transformer.h:
            x = x + block["attn"](block["ln"](x))
            x = x + block.mlp(block["ln"](x))
        x = self.transformer.ln_f(x)
        logits = self.lm_head(x)
        loss = None
        if targets is not None:
            loss = F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))
        return logits, loss

    @torch.no_grad()
    def generate(self, idx, n):
        for _ in range(n):
            logits, _ = self(idx[:, -{r.choice((4, 6))}:])
            probs = F.softmax(logits[:, -1, :], dim=-1)
            idx = torch.cat((idx, {some(s, "torch.multinomial(probs, num_samples=1)", "probs.argmax(-1, keepdim=True)", "torch.topk(probs, 1)[1]")}), dim=1)
        return idx


{{m}} = {{B}}({{C}}({some(s, "", "n_layer=1", "vocab=6, block=8")}))
{{x}} = torch.randint(0, 5, (2, {r.choice((3, 5))}))
{{y}}, {{z}} = {{m}}({{x}}, {some(s, "{x}", "torch.roll({x}, -1, 1)")})
{{w}} = {{m}}.generate({{x}}, {r.choice((1, 2, 3))})
{{v}} = torch.zeros({{m}}.depth)
"""


def _vgg(s: Scope) -> str:
    r = s.rng
    return f"""
{{K}} = {{{{"A": [{r.choice(SIZES)}, "M", {r.choice(SIZES)}, "M"], "B": [4, 4, "M", {r.choice(SIZES)}]}}}}


class {{A}}(nn.Module):
    def __init__(self, kind="{some(s, "A", "B")}", classes={r.choice(SIZES)}, batch_norm={some(s, "False", "True")}, size=8):
        super().__init__()
        self.features, width = self.make({{K}}[kind], batch_norm)
        side = size // 2 ** {{K}}[kind].count("M")
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(width * side * side, {r.choice((6, 10))}), nn.ReLU(True), nn.Linear({some(s, "6", "10")}, classes))

    @staticmethod
    def make(cfg, batch_norm):
        layers, cin = [], {{c}}
        for v in cfg:
            if v == "M":
                layers += [nn.MaxPool2d(kernel_size=2, stride=2)]
            else:
                conv = nn.Conv2d(cin, v, kernel_size=3, padding=1)
                layers += [conv, nn.BatchNorm2d(v), nn.ReLU()] if batch_norm else [conv, nn.ReLU()]
                cin = v
        return nn.Sequential(*layers), cin

    def forward(self, x):
        return self.classifier(self.features(x))


{{m}} = {{A}}({some(s, "", "'A'", "kind='B', classes=3")})
{{x}} = torch.zeros(2, {{c}}, 8, 8)
{{y}} = {{m}}({{x}})
{{m}}.classifier[-1] = nn.Linear({{m}}.classifier[-1].in_features, {r.choice(SIZES)})
{{z}} = {{m}}({{x}})
{{w}} = {some(s, "{m}.features[:3]({x})", "nn.Sequential(*list({m}.features.children())[:-1])({x})", "next(iter({m}.parameters())) * 1", "{m}.features[0].weight.data.mean((2, 3))", "torch.stack([p.norm() for p in {m}.parameters()])", "dict({m}.named_parameters())['features.0.bias'] + 1", "{m}.state_dict()['features.0.weight'] * 2")}
"""


def _vae(s: Scope) -> str:
    r = s.rng
    return f"""
class {{A}}(nn.Module):
    def __init__(self, dims=({r.choice((6, 8))}, {r.choice(SIZES)}), latent={r.choice((1, 2, 3))}):
        super().__init__()
        self.latent = latent
        sizes = [*dims]
        self.encoder = nn.Sequential(*[m for i, o in zip(sizes, sizes[1:]) for m in (nn.Linear(i, o), nn.ReLU())])
        self.mu, self.logvar = (nn.Linear(sizes[-1], latent) for _ in range(2))
        sizes = [latent, *reversed(dims)]
        self.decoder = nn.Sequential()
        for i in range(len(sizes) - 1):
            self.decoder.add_module(f"fc{{{{i}}}}", nn.Linear(sizes[i], sizes[i + 1]))
            if i < len(sizes) - 2:
                self.decoder.add_module(f"act{{{{i}}}}", nn.ReLU())

    def encode(self, x):
        h = self.encoder(x.view(x.size(0), -1))
        return self.mu(h), self.logvar(h)

    def forward(self, x):
        mu, logvar = self.encode(x)
        std = torch.exp(0.5 * logvar)
        z = mu + torch.randn_like(std) * std
        return dict(recon=self.decoder(z){some(s, "", ".view_as(x)", ".view(x.shape)")}, mu=mu, logvar=logvar)

    def sample(self, n):
        return self.decoder(torch.randn(n, self.latent))


def {{f}}(x, *, recon, mu, logvar, beta=1.0):
    bce = F.mse_loss(recon, x, reduction="{some(s, "sum", "none", "mean")}")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim={some(s, "1", "-1")})
    return {some(s, "bce.mean() + beta * kld.mean()", "bce.sum() + kld")}


{{m}} = {{A}}()
{{x}} = torch.rand({r.choice((2, 3))}, {some(s, "2, 4", "8", "6")})
{{d}} = {{m}}({{x}})
{{y}} = {{f}}({{x}}, **{{d}})
{{z}} = {{m}}.sample({r.choice(SIZES)})
{{w}}, {{v}} = {{d}}["mu"], {{d}}.get("recon")
"""


def _siamese(s: Scope) -> str:
    r = s.rng
    return f"""
class {{A}}(nn.Module):
    def __init__(self, backbone, dim):
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear({some(s, "backbone[-1].out_features", "dim")}, {r.choice(SIZES)})
        self._cache = {{{{}}}}

    def embed(self, x, key=None):
        if key is not None and key in self._cache:
            return self._cache[key]
        out = F.normalize(self.head(self.backbone(x)), dim=-1)
        if key is not None:
            self._cache[key] = out
        return out

    def forward(self, *views):
        zs = [self.embed(v, f"view{{{{i}}}}" if i else None) for i, v in enumerate(views)]
        a, *rest = zs
        sims = torch.stack([a @ b.T for b in rest]) if rest else a
        return sims, zs


{{n}} = nn.Sequential(nn.Linear({{c}}, {r.choice((4, 6))}), nn.Tanh(), nn.Linear({some(s, "4", "6")}, {{k}}))
{{m}} = {{A}}({{n}}, dim={{k}})
{{x}} = torch.randn({r.choice((2, 3))}, {{c}})
{{y}}, ({{z}}, *{{w}}) = {{m}}({some(s, "{x}, {x} * 2", "{x}", "*[{x} + i for i in range(3)]", "*torch.stack([{x}, {x}, {x}])")})
{{v}} = (({{z}} - {{x}}.mean(-1, keepdim=True)) ** 2).sum(1).clamp(min=0).sqrt()
"""


def _experts(s: Scope) -> str:
    r = s.rng
    return f"""
class {{A}}(nn.Module):
    def __init__(self, d, n={r.choice((2, 3))}, k={r.choice((1, 2))}):
        super().__init__()
        self.experts = nn.ModuleDict({{{{f"expert_{{{{i}}}}": nn.Sequential(nn.Linear(d, d * 2), nn.ReLU(), nn.Linear(d * 2, d)) for i in range(n)}}}})
        self.gate = nn.Linear(d, n)
        self.k = k
        self.scales = nn.ParameterList([nn.Parameter(torch.ones(d)) for _ in self.experts])

    def forward(self, x):
        shape = x.shape
        x = x.reshape(-1, shape[-1])
        weights, idx = torch.topk(self.gate(x).softmax(-1), self.k, dim=-1)
        {some(s, "weights = weights / weights.sum(-1, keepdim=True)", "weights /= weights.sum(dim=-1, keepdim=True)")}
        outs = torch.stack([m(x) * self.scales[i] for i, (name, m) in enumerate(self.experts.items())], dim=1)
        picked = {some(s, "torch.gather(outs, 1, idx.unsqueeze(-1).expand(-1, -1, outs.size(-1)))", "outs[torch.arange(x.size(0)).unsqueeze(1), idx]")}
        mixed = {some(s, "(picked * weights.unsqueeze(-1)).sum(1)", "torch.einsum('bkd,bk->bd', picked, weights)", "(weights[:, None] @ picked).squeeze(1)")}
        return mixed.{some(s, "view(shape)", "view(*shape)", "reshape(*shape[:-1], -1)", "view_as(torch.empty(shape))")}


{{m}} = {{A}}({{c}})
{{y}} = {{m}}(torch.randn({r.choice(SIZES)}, {some(s, "3, ", "")}{{c}}))
{{z}} = {{m}}.experts["expert_{r.choice((0, 1))}"]({{y}})
"""


def _gan(s: Scope) -> str:
    r = s.rng
    return f"""
def {{f}}(sizes, act=nn.ReLU, out=nn.Identity):
    layers = []
    for j in range(len(sizes) - 1):
        a = act if j < len(sizes) - 2 else out
        layers += [nn.Linear(sizes[j], sizes[j + 1]), a()]
    return nn.Sequential(*layers)


{{n}} = {{f}}([{r.choice((2, 3))}, {r.choice(SIZES)}, {{c}}], out=nn.Tanh)
{{m}} = {{f}}(({{c}}, {r.choice(SIZES)}, 1), act=partial(nn.LeakyReLU, 0.2), out=nn.Sigmoid)
{{d}} = torch.optim.Adam({{m}}.parameters(), lr=1e-3)
{{x}} = torch.randn({r.choice((4, 6))}, {{c}})
for {{it}} in range(2):
    {{z}} = torch.randn(len({{x}}), {some(s, "{n}[0].in_features", "2", "3")})
    {{y}} = {{n}}({{z}})
    {{v}} = {{m}}({{y}}.detach())
    {{w}} = F.binary_cross_entropy({{v}}, torch.zeros({some(s, "len({x}), 1", "{v}.shape", "*{v}.size()")})) + F.binary_cross_entropy({{m}}({{x}}), torch.ones_like({{v}}))
    {{d}}.zero_grad()
    {{w}}.backward()
    {{d}}.step()
"""


def _patches(s: Scope) -> str:
    r = s.rng
    p, side = r.choice((2, 4)), r.choice((8, 12))
    return f"""
class {{A}}(nn.Module):
    def __init__(self, img={side}, patch={p}, cin={{c}}, dim={r.choice((4, 8))}, depth={r.choice((1, 2))}, heads=2, classes={r.choice(SIZES)}, pool="{some(s, "cls", "mean")}"):
        super().__init__()
        n = (img // patch) ** 2
        self.patch, self.pool = patch, pool
        {some(s, "self.to_patch = nn.Conv2d(cin, dim, patch, stride=patch)", "self.to_patch = nn.Conv2d(cin, dim, kernel_size=patch, stride=patch)")}
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos = nn.Parameter(torch.randn(1, n + 1, dim))
        self.blocks = nn.ModuleList(nn.TransformerEncoderLayer(dim, heads, dim * 2, batch_first=True) for _ in range(depth))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, classes) if classes > 0 else nn.Identity()

    def tokens(self, x):
        x = self.to_patch(x).flatten(2).transpose(1, 2)
        b, n, _ = x.shape
        cls = {some(s, "self.cls.expand(b, -1, -1)", "self.cls.repeat(b, 1, 1)", "self.cls.expand(x.shape[0], 1, x.shape[2])")}
        return torch.cat((cls, x), dim=1) + {some(s, "self.pos", "self.pos[:, : n + 1]")}

    def forward(self, x):
        x = self.tokens(x)
        for blk in self.blocks:
            x = blk(x)
        x = self.norm(x)
        x = x.mean(dim=1) if self.pool == "mean" else x[:, 0]
        return self.head(x)


{{m}} = {{A}}({some(s, "", "depth=1", "pool='mean', classes=2")})
{{x}} = torch.randn(2, {{c}}, {side}, {side})
{{y}} = {{m}}({{x}})
{{z}} = {some(s, "{m}.tokens({x})[:, 1:]", "{x}.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4)", "{x}.reshape(2, {c}, 2, -1, 2, {x}.shape[-1] // 2).permute(0, 2, 4, 3, 5, 1).flatten(3)", "F.fold(F.unfold({x}, 2, stride=2), {x}.shape[-2:], 2, stride=2)")}
"""


def _loader(s: Scope) -> str:
    r = s.rng
    return f"""
class {{A}}(Dataset):
    def __init__(self, n={r.choice((4, 6, 8))}, length={r.choice((3, 5))}):
        self.items = [(torch.randn(length, {{c}}), i % 3) for i in range(n)]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        x, y = self.items[i]
        return {some(s, "{{'x': x, 'y': y}}", "{{'x': x.mean(0), 'y': torch.tensor(y)}}")}


def {{f}}(batch):
    xs = torch.stack([b["x"] for b in batch])
    ys = torch.tensor([int(b["y"]) for b in batch])
    return xs, ys


def {{g}}(model, loader, opt=None):
    total, seen = 0.0, 0
    for xs, ys in loader:
        out = model(xs)
        loss = F.cross_entropy(out, ys)
        if opt is not None:
            opt.zero_grad()
            loss.backward()
            opt.step()
        total += loss.item() * xs.size(0)
        seen += (out.argmax(1) == ys).sum().item()
    return total / len(loader.dataset), seen


{{n}} = {{A}}()
{{d}} = DataLoader({{n}}, batch_size=2, shuffle={some(s, "True", "False")}, collate_fn={{f}})
{{m}} = nn.Sequential(nn.{some(s, "Flatten(0, -2)", "Identity()")}, nn.Linear({{c}}, {r.choice((3, 4))})) if {{n}}[0]["x"].dim() == 1 else nn.Sequential(nn.Flatten(), nn.Linear({{n}}[0]["x"].numel(), 3))
{{v}} = torch.optim.SGD({{m}}.parameters(), lr=0.1)
{{k2}}, {{it}} = {{g}}({{m}}, {{d}}, {some(s, "{v}", "None")})
{{x}}, {{y}} = next(iter({{d}}))
{{z}} = {{m}}({{x}})
"""


SCENES: tuple[Callable[[Scope], str], ...] = (_resnet, _unet, _decoder, _registry, _transformer, _vgg, _vae, _siamese, _experts, _gan, _patches, _loader)  # fmt: skip

_NAMES = {"A": "Block", "B": "Net", "C": "Config", "R": "REGISTRY", "K": "SPECS", "f": "make", "g": "build", "m": "model", "n": "base", "x": "x", "y": "out", "z": "extra", "w": "more", "v": "rest", "d": "held", "it": "step", "k2": "score"}  # fmt: skip


def scene(s: Scope) -> None:
    """One of the idioms at the end of the script, whether it runs or not."""
    w = s.writer
    for need in (
        "import math",
        "from functools import partial",
        "from dataclasses import dataclass",
        "from torch.utils.data import DataLoader, Dataset",
    ):
        w.need(need)
    names = {key: w.fresh(stem) for key, stem in _NAMES.items()}
    text = s.rng.choice(SCENES)(s).format(**names, c=s.rng.choice((1, 2, 3)), k=s.rng.choice(SIZES))
    text = textwrap.dedent(text).strip()
    # Texts that were drawn inside of others still name the places.
    for key, name in names.items():
        text = text.replace("{" + key + "}", name)
    if not s.run(text):
        s.lines += text.split("\n")
