import torch
from torch import nn

labels = torch.tensor([0, 3, -100, 4])
net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 5))
scores = net(torch.randn(4, 12))
loss = nn.CrossEntropyLoss()(scores, labels)
loss.backward()
