import torch
import torch.nn as nn


class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        layers = []
        channels = 3
        for width in (8, 16, 32, 64):
            layers += [nn.Conv2d(channels, width, 3), nn.ReLU(), nn.MaxPool2d(2)]
            channels = width
        self.features = nn.Sequential(*layers)

    def forward(self, x):
        return self.features(x)


small = torch.zeros(1, 3, 46, 46)
print(Deep()(small).shape)
