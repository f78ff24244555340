import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self, words, tags, embedding=50, hidden=64):
        super().__init__()
        self.embed = nn.Embedding(words, embedding)
        self.lstm = nn.LSTM(embedding, hidden, bidirectional=True, batch_first=True)
        self.tag = nn.Linear(2 * hidden, tags)

    def forward(self, sentence):
        x = self.embed(sentence)
        x, _ = self.lstm(x)
        return self.tag(x)


Tagger(2000, 17)(torch.randint(0, 2000, (3, 25)))
