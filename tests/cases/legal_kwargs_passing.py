import inspect
import torch
from torch import nn
def conv_block(cin, cout, *args, act=nn.ReLU, norm=True, **kwargs):
    kwargs.setdefault("bias", not norm)
    if "padding" not in kwargs:
        k = args[0] if args else kwargs.get("kernel_size", 3)
        kwargs["padding"] = k // 2
    layers = [nn.Conv2d(cin, cout, *(args or (() if "kernel_size" in kwargs else (3,))), **kwargs)]
    if norm:
        layers.append(nn.BatchNorm2d(cout))
    if act:
        layers.append(act())
    return nn.Sequential(*layers)
def filtered(cls, **kw):
    names = inspect.signature(cls).parameters
    return cls(**{k: v for k, v in kw.items() if k in names})
class Wrapper(nn.Module):
    def __init__(self, inner, **extra):
        super().__init__()
        self.inner = inner
        self.extra = extra
    def forward(self, *args, **kwargs):
        return self.inner(*args, **{**self.extra, **kwargs})
class Scaled(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.fc = nn.Linear(n, n)
    def forward(self, x, scale=1.0, return_all=False, **unused):
        y = self.fc(x) * scale
        return (y, x) if return_all else y
x = torch.rand(2, 3, 8, 8)
print(conv_block(3, 8)(x).shape, conv_block(3, 8, 5, stride=2)(x).shape, conv_block(3, 6, 1, act=None, norm=False, groups=3)(x).shape)
print(conv_block(3, 4, kernel_size=7, padding_mode="circular", act=nn.GELU)(x).shape)
lin = filtered(nn.Linear, in_features=8, out_features=2, momentum=0.9)
print(lin(x).shape)
w = Wrapper(Scaled(8), scale=2.0)
y, orig = w(x, return_all=True, whatever=1)
print(y.shape, orig.shape, w(x=x).shape)
