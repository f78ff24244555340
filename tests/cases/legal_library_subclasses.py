import math

import torch
import torch.nn.functional as F
from torch import nn


class StandardisedConv(nn.Conv2d):
    def forward(self, x):
        weight = self.weight - self.weight.mean(dim=(1, 2, 3), keepdim=True)
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class SamePadConv(nn.Conv2d):
    def forward(self, x):
        pads = []
        for size, k, s, d in zip(x.shape[:1:-1], self.kernel_size[::-1], self.stride[::-1], self.dilation[::-1]):
            total = max((math.ceil(size / s) - 1) * s + (k - 1) * d + 1 - size, 0)
            pads += [total // 2, total - total // 2]
        return super().forward(F.pad(x, pads))


class ChannelNorm(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class FrozenNorm(nn.BatchNorm2d):
    def forward(self, x):
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps)


class Heads(nn.Linear):
    def __init__(self, *args, heads=1, **kwargs):
        super().__init__(*args, **kwargs)
        self.heads = heads

    def forward(self, x):
        return super().forward(x).chunk(self.heads, dim=-1)


class LowRank(nn.Linear):
    def __init__(self, fin, fout, rank=2):
        nn.Linear.__init__(self, fin, fout, bias=False)
        self.a = nn.Parameter(torch.zeros(fin, rank))
        self.b = nn.Parameter(torch.zeros(rank, fout))

    def forward(self, x):
        return F.linear(x, self.weight) + x @ self.a @ self.b


class Cosine(nn.CosineSimilarity):
    pass


class Unused(nn.Conv1d):
    """Nobody makes one here."""

    def forward(self, x):
        return F.conv1d(x, self.weight.flip(-1), self.bias, self.stride, self.padding)


class UnusedNorm(nn.BatchNorm1d):
    def forward(self, x):
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


class UnusedHead(nn.Linear):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)


net = nn.Sequential(StandardisedConv(3, 8, 3), ChannelNorm(8), SamePadConv(8, 6, 5, stride=2), FrozenNorm(6))
print(net(torch.randn(2, 3, 17, 19)).shape)
print([part.shape for part in Heads(4, 12, heads=3, bias=False)(torch.ones(5, 4))])
print(LowRank(5, 7)(torch.ones(2, 5)).shape, Cosine(dim=1)(torch.ones(3, 4), torch.ones(3, 4)).shape)
# try: Unused(2, 3, 3)(torch.ones(1, 2, 9)), UnusedNorm(4)(torch.ones(2, 5, 4)), UnusedHead(2, 1)(torch.ones(2))
