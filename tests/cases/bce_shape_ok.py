import torch
from torch import nn


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(30, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid())

    def forward(self, x):
        return self.net(x)


model, loss_fn = Detector(), nn.BCELoss()
x, y = torch.randn(12, 30), torch.randint(0, 2, (12,)).float()
prediction = model(x)
loss = loss_fn(prediction, y.unsqueeze(1))
