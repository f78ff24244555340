import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

x = torch.randn(200, 12)
y = torch.randn(200, 1, 1)
loader = DataLoader(TensorDataset(x, y), batch_size=50)
net = nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 1))
loss_fn = nn.BCEWithLogitsLoss()
for features, target in loader:
    out = net(features)
    loss = loss_fn(out, target)  # raises
    loss.backward()
