import torch
from torch import nn


class Decoder(nn.Module):
    def __init__(self, noise_dim, label_dim):
        super().__init__()
        self.fc = nn.Linear(noise_dim, 256)  # also
        self.label = nn.Embedding(10, label_dim)

    def forward(self, noise, labels):
        x = torch.cat((noise, self.label(labels)), -1)
        return torch.tanh(self.fc(x))  # raises


decoder = Decoder(noise_dim=100, label_dim=12)
fake = decoder(torch.randn(8, 100), torch.randint(0, 10, (8,)))
