import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self, width=24):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, stride=2, padding=1)
        self.body = nn.Conv2d(width // 2, width * 2, 3, padding=1)
        self.act = nn.SiLU()

    def forward(self, image):
        feats = self.act(self.stem(image))
        return self.act(self.body(feats))  # raises


codes = Encoder()(torch.randn(4, 3, 64, 48))
print(codes.shape)
