"""A config dataclass holds another one."""

from dataclasses import dataclass, field

import torch
from torch import nn


@dataclass
class AttentionConfig:
    heads: int = 4
    head_dim: int = 8


@dataclass
class Config:
    dim: int = 48
    attention: AttentionConfig = field(default_factory=AttentionConfig)


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.heads = config.attention.heads
        inner = config.attention.heads * config.attention.head_dim
        self.qkv = nn.Linear(config.dim, 3 * inner)
        self.out = nn.Linear(inner, config.dim)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = (p.view(b, t, self.heads, -1).transpose(1, 2) for p in self.qkv(x).chunk(3, dim=-1))
        h = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.out(h.transpose(1, 2).reshape(b, t, -1))


y = Attention(Config())(torch.randn(2, 10, 48))
