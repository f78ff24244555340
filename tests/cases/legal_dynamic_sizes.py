import math
import random

import torch
import torch.nn.functional as F
from torch import nn


class Multiscale(nn.Module):
    def __init__(self, levels=(1, 2, 4)):
        super().__init__()
        self.levels = levels
        self.fc = nn.Linear(8 * sum(n * n for n in levels), 3)

    def forward(self, x):
        pooled = [F.adaptive_max_pool2d(x, n).flatten(1) for n in self.levels]
        return self.fc(torch.cat(pooled, dim=-1))


spp = Multiscale()
for _ in range(3):
    size = random.choice([9, 14, 23])
    print(spp(torch.randn(2, 8, size, size + random.randint(0, 3))).shape)

n = random.randint(2, 5)
blocks = nn.ModuleList([nn.Linear(4, 4) for _ in range(n)])
x = torch.randn(n, 4)
for i, block in enumerate(blocks):
    x = block(x) if i % 2 else x + block(x)
x = x.repeat(random.randint(1, 3), 1)
x = x[: max(1, len(x) // 2)]
print(x.shape, torch.stack([x] * n).shape)


def pad_to(image, multiple=32):
    h, w = image.shape[-2:]
    new_h, new_w = math.ceil(h / multiple) * multiple, math.ceil(w / multiple) * multiple
    return F.pad(image, (0, new_w - w, 0, new_h - h)), (h, w)


padded, original = pad_to(torch.rand(1, 3, 50, 70))
assert padded.shape[-2:] == (64, 96)
print(padded[..., : original[0], : original[1]].shape)

data = [3, 1, 2]
data.sort(key=lambda v: -v)
ragged = [torch.zeros(k, 5) for k in data]
longest = max(t.size(0) for t in ragged)
batch = torch.stack([F.pad(t, (0, 0, 0, longest - t.size(0))) for t in ragged])
assert batch.shape == (3, 3, 5)
tokens = torch.empty(1, 0, dtype=torch.long)
while tokens.size(1) < 6:
    tokens = torch.cat([tokens, torch.randint(9, (1, 1))], dim=1)
print(nn.Embedding(9, 4)(tokens).shape)
