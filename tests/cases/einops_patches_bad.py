import torch
from einops import rearrange
from torch import nn


class PatchEmbed(nn.Module):
    def __init__(self, patch=8, dim=128):
        super().__init__()
        self.patch = patch
        self.linear = nn.Linear(patch * patch, dim)  # also

    def forward(self, img):
        x = rearrange(img, "b c (h p1) (w p2) -> b (h w) (p1 p2 c)", p1=self.patch, p2=self.patch)
        return self.linear(x)  # raises


PatchEmbed()(torch.randn(4, 3, 64, 64))
