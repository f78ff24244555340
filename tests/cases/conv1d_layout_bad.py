import torch
from torch import nn


class TextCnn(nn.Module):
    def __init__(self, words=5000, width=100, kernels=(3, 4, 5)):
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.convs = nn.ModuleList([nn.Conv1d(width, 64, k) for k in kernels])
        self.fc = nn.Linear(64 * len(kernels), 2)

    def forward(self, ids):
        x = self.embed(ids)
        x = [conv(x).relu().max(dim=2)[0] for conv in self.convs]  # raises
        return self.fc(torch.cat(x, 1))


TextCnn()(torch.randint(5000, (4, 60)))
