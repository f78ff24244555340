"""Arrays that become tensors in all the usual ways."""

import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 10)).astype(np.float32)
y = (X[:, 0] > 0).astype(np.int64)
order = np.random.permutation(len(X))
train, test = order[:160], order[160:]
mean, std = X[train].mean(axis=0), X[train].std(axis=0)
X = (X - mean) / std
model = nn.Linear(10, 2)
logits = model(torch.from_numpy(X[train]))
loss = nn.functional.cross_entropy(logits, torch.from_numpy(y[train]))
accuracy = (logits.detach().numpy().argmax(axis=1) == y[train]).mean()
hits = (logits.argmax(1).numpy() == y[train]).sum()
lam = np.random.beta(1.0, 1.0)
mixed = lam * torch.from_numpy(X) + (1 - lam) * torch.from_numpy(X[::-1].copy())
weights = torch.tensor(np.bincount(y, minlength=2)).float()
double = torch.from_numpy(np.linspace(0, 1, 5)) * torch.ones(5)
counts = np.zeros(3)
counts[0] += X.mean() + X.max() * 2
scaled = np.uint8(np.clip(X * 255, 0, 255))
table = torch.zeros(X.shape[0], X.ndim, int(np.prod(X.shape[1:])), np.array([3, 4]).max())
as_list = torch.tensor(X[:4].tolist())
flags = np.isnan(X).any(axis=1)
picked = torch.ones(200, 3)[order[:7]]
ints = np.arange(6).reshape(2, 3).mean(axis=0)
