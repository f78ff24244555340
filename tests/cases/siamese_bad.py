import torch
from torch import nn


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(1, 16, 10),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 7),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.embed = nn.Sequential(nn.Linear(32 * 9 * 9, 64), nn.Sigmoid())
        self.score = nn.Linear(64, 1)

    def once(self, x):
        return self.embed(self.branch(x))  # raises

    def forward(self, left, right):
        distance = torch.abs(self.once(left) - self.once(right))
        return self.score(distance)


net = Siamese()
a, b = torch.rand(6, 1, 64, 64), torch.rand(6, 1, 64, 64)
similarity = net(a, b)
