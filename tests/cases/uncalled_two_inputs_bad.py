import torch
from torch import nn


class Fusion(nn.Module):
    def __init__(self):
        super().__init__()
        self.image = nn.Linear(512, 128)
        self.text = nn.Linear(300, 64)
        self.join = nn.Linear(128, 10)

    def forward(self, image, text):
        both = torch.cat([self.image(image), self.text(text)], dim=1)
        return self.join(both)  # raises


# try: Fusion()(torch.randn(4, 512), torch.randn(4, 300))
