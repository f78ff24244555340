import torch
from torch import nn


class Policy(nn.Module):
    def __init__(self, state_dim=8, action_dim=2, hidden=[256, 128]):
        super().__init__()
        dims = [state_dim] + hidden
        self.trunk = nn.Sequential(*[m for a, b in zip(dims[:-1], dims[1:]) for m in (nn.Linear(a, b), nn.ReLU())])
        self.mean = nn.Linear(hidden[-1], action_dim)
        self.log_std = nn.Linear(hidden[-1], action_dim)

    def forward(self, state):
        features = self.trunk(state)
        mean = self.mean(features)
        log_std = self.log_std(features).clamp(-20, 2)
        return mean, log_std.exp()


# try: Policy()(torch.randn(5, 8))
