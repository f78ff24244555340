"""Devices that a condition chose, and numbers on the CPU."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
use_cuda = torch.cuda.is_available()
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2)).to(device)
loader = DataLoader(TensorDataset(torch.randn(40, 8), torch.randint(0, 2, (40,))), batch_size=8)
for x, y in loader:
    x, y = x.to(device, non_blocking=True), y.to(device)
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
other = nn.Linear(8, 2)
x = torch.randn(3, 8)
if use_cuda:
    other, x = other.cuda(), x.cuda()
out = other(x)
moved = nn.DataParallel(nn.Linear(4, 2))
if use_cuda:
    moved = moved.cuda()
result = moved(torch.randn(4, 4))
here = torch.zeros(3, device=out.device) + torch.tensor(1.0)
back = out.detach().cpu().numpy()
picked = out[torch.tensor([0, 1])]
