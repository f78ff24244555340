import torch
from torch import nn

x = torch.randn(8, 5)
centred = x - x.mean(0)
scaled = centred / centred.std(dim=0, keepdim=True)
pairwise = (x[:, None] - x[None]).pow(2).sum(-1)
outer = torch.arange(4)[:, None] * torch.arange(6)
angles = torch.outer(torch.arange(7.0), 1 / 10000 ** (torch.arange(0, 8, 2) / 8))
table = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
image = torch.rand(3, 10, 12)
normal = (image - torch.tensor([0.4, 0.5, 0.6]).view(3, 1, 1)) / torch.tensor([0.2, 0.2, 0.2])[:, None, None]
heat = torch.exp(-((torch.arange(12.0) - 5) ** 2)) * torch.exp(-((torch.arange(10.0)[:, None] - 4) ** 2))
assert heat.shape == image.shape[1:]
mask = torch.tril(torch.ones(6, 6)).bool()
scores = torch.randn(2, 4, 6, 6).masked_fill(~mask, float("-inf"))
one = torch.randn(1)
print(one + x, x + one.item(), x * torch.tensor(3), (x > one).float().mean(), 2 ** torch.arange(3), 1 - scores.sigmoid())
loss = nn.MSELoss()(x.mean(1, keepdim=True), torch.zeros(8, 1))
weights = torch.softmax(pairwise / 0.1, 0)
print((weights.unsqueeze(-1) * x).sum(1).shape, (weights @ x).shape, torch.lerp(x, centred, 0.3).shape)
a = torch.ones(3, 1, 5)
a = a + torch.zeros(4, 1)
a = torch.where(a > 0, a, torch.tensor(0.0))
print(a.shape, torch.maximum(a, a.new_zeros(1)).shape, normal.shape, outer.shape, table.shape)
