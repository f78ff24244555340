import torch
from torch import nn


class LanguageModel(nn.Module):
    def __init__(self, words, embedding, hidden):
        super().__init__()
        self.embed = nn.Embedding(words, embedding)
        self.rnn = nn.LSTM(embedding, hidden, batch_first=True)
        self.decode = nn.Linear(hidden, words)
        self.decode.weight = self.embed.weight

    def forward(self, ids):
        out, state = self.rnn(self.embed(ids))
        return self.decode(out)  # raises


lm = LanguageModel(1000, 64, 128)
lm(torch.randint(0, 1000, (2, 10)))
