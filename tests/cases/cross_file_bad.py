import torch
from helper_blocks import Gate, conv_bn
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = conv_bn(3, 32, stride=2)
        self.b = conv_bn(32, 48)
        self.gate = Gate(32)  # also

    def forward(self, x):
        x = self.b(self.a(x))
        return self.gate(x)  # also


Net()(torch.randn(2, 3, 40, 40))  # also
