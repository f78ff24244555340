import torch
from torch import nn


class Language(nn.Module):
    def __init__(self, vocab=1000):
        super().__init__()
        self.embed = nn.Embedding(vocab, 128)
        self.lstm = nn.LSTM(128, 256, num_layers=2, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(256, vocab)

    def forward(self, x, hidden=None):
        x = self.embed(x)
        out, hidden = self.lstm(x, hidden)
        return self.fc(out), hidden  # raises


# try: Language()(torch.randint(0, 1000, (4, 12)))
