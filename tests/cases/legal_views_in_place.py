import torch
from torch import nn

canvas = torch.zeros(2, 3, 64, 64)
tile = canvas[:, :, 8:24, 8:24]
tile += torch.rand(2, 3, 16, 16)
tile.clamp_(0, 1)
canvas[:, 0].fill_(0.5)
canvas[..., ::2, :] *= 2
row = canvas.view(2, 3, -1)
row[:, :, :64] = 1
row.mul_(torch.ones(64 * 64))

flat = torch.empty(10)
flat[:] = torch.arange(10)
flat[1::2] = -1
flat[torch.tensor([0, 4])] = torch.tensor([7.0, 8.0])
flat.unsqueeze_(0)
assert flat.shape == (1, 10)
flat.squeeze_(0).resize_(5, 2)
assert flat.shape == (5, 2)
flat.t_()
print((flat @ torch.ones(5, 1)).shape)

with torch.no_grad():
    layer = nn.Linear(4, 3)
    layer.weight[0] = torch.ones(4)
    layer.weight.copy_(torch.eye(3, 4))
    layer.bias.zero_()
    layer.weight.data = torch.randn(3, 6)
print(layer(torch.randn(2, 6)).shape)

x = torch.randn(3, 4)
y = x
y.data = torch.randn(5)
print((x + torch.ones(5)).shape)
x.set_(torch.zeros(2, 2))
print(x @ torch.eye(2))
