import math
import torch
from torch import nn
class PE(nn.Module):
    def __init__(self, d_model, dropout=0.1, max_len=50):
        super().__init__()
        pe = torch.zeros(max_len, d_model)
        position = torch.arange(0, max_len, dtype=torch.float).unsqueeze(1)
        div = torch.exp(torch.arange(0, d_model, 2).float() * (-math.log(10000.0) / d_model))
        pe[:, 0::2] = torch.sin(position * div)
        pe[:, 1::2] = torch.cos(position * div)[:, : d_model // 2]
        self.register_buffer("pe", pe.unsqueeze(0).transpose(0, 1), persistent=False)
    def forward(self, x):
        return x + self.pe[: x.size(0), :]
print(PE(9)(torch.rand(7, 2, 9)).shape)
def rope_cache(n, d, base=10000):
    theta = 1.0 / (base ** (torch.arange(0, d, 2)[: d // 2].float() / d))
    idx = torch.outer(torch.arange(n), theta)
    return torch.polar(torch.ones_like(idx), idx)
def rotate(q, k, f):
    q_ = torch.view_as_complex(q.float().reshape(*q.shape[:-1], -1, 2))
    k_ = torch.view_as_complex(k.float().reshape(*k.shape[:-1], -1, 2))
    f = f[None, : q.shape[1], None, :]
    return torch.view_as_real(q_ * f).flatten(3).type_as(q), torch.view_as_real(k_ * f).flatten(3).type_as(k)
q, k = rotate(torch.rand(2, 5, 3, 8), torch.rand(2, 5, 1, 8), rope_cache(16, 8))
print(q.shape, k.shape)
def repeat_kv(x, n):
    b, s, h, d = x.shape
    if n == 1:
        return x
    return x[:, :, :, None, :].expand(b, s, h, n, d).reshape(b, s, h * n, d)
def half(x):
    x1, x2 = x[..., : x.shape[-1] // 2], x[..., x.shape[-1] // 2:]
    return torch.cat((-x2, x1), dim=-1)
print(repeat_kv(k, 3).shape, half(q).shape)
def alibi(n):
    def powers(n):
        start = 2 ** (-(2 ** -(math.log2(n) - 3)))
        return [start * start ** i for i in range(n)]
    if math.log2(n).is_integer():
        return powers(n)
    c = 2 ** math.floor(math.log2(n))
    return powers(c) + alibi(2 * c)[0::2][: n - c]
bias = torch.tensor(alibi(6)).view(-1, 1, 1) * -torch.arange(4).view(1, 1, 4)
rel = torch.arange(4)[None] - torch.arange(4)[:, None] + 3
table = nn.Embedding(7, 6)(rel).permute(2, 0, 1)
scores = torch.rand(2, 6, 4, 4) + table + bias
mask = torch.full((4, 4), float("-inf")).triu(1)
win = torch.ones(4, 4, dtype=torch.bool).tril().triu(-1)
print((scores + mask).softmax(-1).shape, scores.masked_fill(~win, -1e9).shape)
class RMSNorm(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d))
    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight
class SwiGLU(nn.Module):
    def __init__(self, d, mult=4, multiple_of=8, ffn=None):
        super().__init__()
        h = int(2 * d * mult / 3)
        h = int(ffn * h) if ffn is not None else h
        h = multiple_of * ((h + multiple_of - 1) // multiple_of)
        self.w1, self.w2, self.w3 = nn.Linear(d, h, False), nn.Linear(h, d, False), nn.Linear(d, h, False)
    def forward(self, x):
        return self.w2(nn.functional.silu(self.w1(x)) * self.w3(x))
print(SwiGLU(12)(RMSNorm(12)(torch.rand(2, 3, 12))).shape, SwiGLU(10, ffn=1.3)(torch.rand(10)).shape)
