import torch
from torch import nn


def mlp(sizes, activation=nn.ReLU, last=nn.Identity):
    layers = []
    for i in range(len(sizes) - 1):
        act = activation if i < len(sizes) - 2 else last
        layers += [nn.Linear(sizes[i], sizes[i + 1]), act()]
    return nn.Sequential(*layers)


class ActorCritic(nn.Module):
    def __init__(self, observations, actions, hidden=(64, 64)):
        super().__init__()
        self.actor = mlp([observations, *hidden, actions])
        self.critic = mlp([observations + actions] + list(hidden) + [1])

    def forward(self, obs):
        logits = self.actor(obs)
        value = self.critic(torch.cat([obs, logits], dim=-1))
        return logits, value.squeeze(-1)


agent = ActorCritic(8, 4)
agent(torch.zeros(5, 8))
