"""A dataset of dicts gives batches of dicts."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Pairs(Dataset):
    def __init__(self, n=32):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return {"image": torch.randn(3, 16, 16), "caption": torch.randint(0, 50, (12,)), "index": i}


encoder = nn.Embedding(50, 24)
project = nn.Linear(24, 8)
for batch in DataLoader(Pairs(), batch_size=4):
    text = project(encoder(batch["caption"]))
    image = batch["image"].flatten(1)
