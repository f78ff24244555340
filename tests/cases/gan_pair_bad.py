import torch
import torch.nn as nn


class G(nn.Module):
    def __init__(self, nz, side):
        super().__init__()
        self.side = side
        self.net = nn.Sequential(nn.Linear(nz, 256), nn.LeakyReLU(0.2), nn.Linear(256, side * side), nn.Tanh())

    def forward(self, z):
        return self.net(z).view(z.size(0), 1, self.side, self.side)


class D(nn.Module):
    def __init__(self, side):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(side**2, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1))

    def forward(self, image):
        return self.net(image)  # raises


generator, critic = G(64, 32), D(28)
noise = torch.randn(16, 64)
real = torch.ones(16, 1)
bce = nn.BCEWithLogitsLoss()
loss = bce(critic(generator(noise)), real)
loss.backward()
