import torch
from torch import nn


class Translator(nn.Module):
    def __init__(self, source_words=1000, target_words=800, width=64):
        super().__init__()
        self.source = nn.Embedding(source_words, width)
        self.target = nn.Embedding(target_words, width)
        self.core = nn.Transformer(width, nhead=4, num_encoder_layers=1, num_decoder_layers=1, batch_first=True)
        self.out = nn.Linear(width, target_words)

    def forward(self, src, tgt):
        hidden = self.core(self.source(src), self.target(tgt))
        return self.out(hidden)


model = Translator()
model(torch.randint(1000, (2, 12)), torch.randint(800, (2, 9)))
