import torch
from torch import nn


class Features:
    def __init__(self, module):
        self.hook = module.register_forward_hook(self.keep)
        self.value = None

    def keep(self, module, inputs, output):
        self.value = output.detach()

    def close(self):
        self.hook.remove()


def widen(module, inputs):
    (x,) = inputs
    return torch.cat([x, x], dim=-1)


def halve(module, inputs, output):
    return output[..., ::2]


layer = nn.Linear(8, 6)
layer.register_forward_pre_hook(widen)
print(layer(torch.randn(3, 4)).shape)

shrunk = nn.Linear(5, 6)
handle = shrunk.register_forward_hook(halve)
print(nn.Linear(3, 1)(shrunk(torch.randn(2, 5))).shape)
handle.remove()
print(nn.Linear(6, 1)(shrunk(torch.randn(2, 5))).shape)

net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 8, 3))
taps = {name: Features(module) for name, module in net.named_modules() if isinstance(module, nn.Conv2d)}
net(torch.randn(1, 3, 10, 10))
grams = {}
for name, tap in taps.items():
    n, c, h, w = tap.value.shape
    flat = tap.value.view(n * c, h * w)
    grams[name] = flat @ flat.t() / (c * h * w)
    tap.close()
print({name: tuple(g.shape) for name, g in grams.items()})

x = torch.randn(3, requires_grad=True)
x.register_hook(lambda grad: grad * 2)
(x * torch.ones(2, 3)).sum().backward()
print(x.grad.shape)
