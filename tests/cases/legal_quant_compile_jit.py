import torch
from torch import nn
import torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = torch.ao.quantization.QuantStub()
        self.conv, self.fc = nn.Conv2d(1, 4, 3), nn.Linear(4, 2)
        self.dequant = torch.ao.quantization.DeQuantStub()
    def forward(self, x):
        x = self.quant(x)
        x = F.relu(self.conv(x)).mean(dim=[2, 3])
        return self.dequant(self.fc(x))
def try_compile(m):
    try:
        return torch.compile(m, backend="eager")
    except RuntimeError:
        return m
net = try_compile(Net().eval())
print(net(torch.rand(2, 1, 5, 5)).shape)
class Scripted(nn.Module):
    __constants__ = ["n"]
    n: int
    def __init__(self):
        super().__init__()
        self.n = 3
        self.fc = nn.Linear(4, 4)
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(self.n):
            x = self.fc(x)
        if x.dim() == 1:
            x = x.unsqueeze(0)
        elif torch.jit.is_scripting():
            x = x + 1
        return x
import warnings
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    s = torch.jit.script(Scripted())
    t = torch.jit.trace(nn.Linear(4, 2), torch.rand(1, 4))
print(s(torch.rand(4)).shape, t(torch.rand(3, 4)).shape)
@torch.jit.script
def fn(a: torch.Tensor, b: int = 2):
    return a.repeat(b, 1)
print(fn(torch.rand(2, 2)).shape)
