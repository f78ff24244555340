import torch
from torch import nn


class Regressor(nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 12), nn.Tanh(), nn.Linear(12, outputs))

    def forward(self, x):
        return self.net(x).squeeze()


def fit(model, x, y):
    optimizer = torch.optim.Adam(model.parameters())
    for _ in range(2):
        prediction = model(x)
        loss = nn.functional.mse_loss(prediction, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


fit(Regressor(1), torch.randn(9, 6), torch.randn(9))
fit(Regressor(3), torch.randn(9, 6), torch.randn(9, 3))
fit(Regressor(1), torch.randn(1, 6), torch.tensor(1.0))

pooled = nn.AdaptiveAvgPool2d(1)(torch.randn(2, 8, 5, 5)).squeeze()
print(nn.Linear(8, 2)(pooled))
single = nn.AdaptiveAvgPool2d(1)(torch.randn(1, 8, 5, 5)).squeeze()
print(nn.Linear(8, 2)(single))
row = torch.randn(1, 1, 7)
while row.dim() > 1 and row.size(0) == 1:
    row = row.squeeze(0)
assert row.shape == (7,)
