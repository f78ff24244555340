import torch
from torch import nn


class Sentiment(nn.Module):
    def __init__(self, hidden=40):
        super().__init__()
        self.rnn = nn.GRU(24, hidden, num_layers=2, bidirectional=True)
        self.head = nn.Linear(2 * hidden, 3)

    def forward(self, x):
        outputs, h = self.rnn(x)
        last = torch.cat([h[-2], h[-1]], dim=1)
        return self.head(last)


Sentiment()(torch.randn(30, 6, 24))
