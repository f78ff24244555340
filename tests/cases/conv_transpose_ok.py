import torch
from torch import nn


class Generator(nn.Module):
    def __init__(self, z=100, base=32):
        super().__init__()
        spec = [(z, base * 8, 1, 0), (base * 8, base * 4, 2, 1), (base * 4, base * 2, 2, 1), (base * 2, base, 2, 1)]
        self.blocks = nn.ModuleList()
        for cin, cout, stride, padding in spec:
            block = nn.Sequential(
                nn.ConvTranspose2d(cin, cout, 4, stride, padding, bias=False), nn.BatchNorm2d(cout), nn.ReLU(True)
            )
            self.blocks.append(block)
        self.rgb = nn.ConvTranspose2d(base, 3, 4, 2, 1)

    def forward(self, z):
        for block in self.blocks:
            z = block(z)
        return torch.tanh(self.rgb(z))


fake = Generator()(torch.randn(4, 100, 1, 1))
