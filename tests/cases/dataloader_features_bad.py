import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset


def train(model, loader, epochs=2):
    optimiser = optim.SGD(model.parameters(), lr=0.01)
    for _ in range(epochs):
        for xb, yb in loader:
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(model(xb), yb)  # raises
            loss.backward()
            optimiser.step()


dataset = TensorDataset(torch.randn(64, 30), torch.randint(0, 3, (64,)))
model = nn.Sequential(nn.Linear(20, 16), nn.Tanh(), nn.Linear(16, 3))
train(model, DataLoader(dataset, batch_size=16, shuffle=True))
