from functools import partial

import torch
from torch import nn


def feed_forward(dim, expansion=4, dense=nn.Linear):
    return nn.Sequential(dense(dim, dim * expansion), nn.GELU(), dense(dim * expansion, dim))


class PreNorm(nn.Module):
    def __init__(self, dim, fn):
        super().__init__()
        self.norm, self.fn = nn.LayerNorm(dim), fn

    def forward(self, x):
        return self.fn(self.norm(x)) + x  # raises


tokens, dim = 16, 32
over_tokens = partial(nn.Conv1d, kernel_size=3)
mixer = nn.Sequential(PreNorm(dim, feed_forward(tokens, dense=over_tokens)), PreNorm(dim, feed_forward(dim)))
mixer(torch.randn(2, tokens, dim))
