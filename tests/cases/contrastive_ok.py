import torch
import torch.nn.functional as F
from torch import nn


class Clip(nn.Module):
    def __init__(self, image_dim=512, text_dim=384, shared=128):
        super().__init__()
        self.image = nn.Linear(image_dim, shared)
        self.text = nn.Linear(text_dim, shared)
        self.temperature = nn.Parameter(torch.tensor(0.07))

    def forward(self, image, text):
        i = F.normalize(self.image(image), dim=-1)
        t = F.normalize(self.text(text), dim=-1)
        logits = i @ t.T / self.temperature.exp()
        labels = torch.arange(len(logits))
        return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2


Clip()(torch.randn(16, 512), torch.randn(16, 384))
