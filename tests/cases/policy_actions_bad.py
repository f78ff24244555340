"""Actions of a policy: a batch of distributions gives one log-probability each."""

import torch
from torch import nn
from torch.distributions import Categorical

policy = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 3), nn.Softmax(dim=-1))
states, actions = torch.randn(20, 4), torch.zeros(20, 3, dtype=torch.long)
dist = Categorical(policy(states))
log_probs = dist.log_prob(actions)  # raises
loss = -(log_probs * torch.randn(20)).mean()
