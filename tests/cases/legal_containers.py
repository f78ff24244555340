from __future__ import annotations

import dataclasses
from collections import defaultdict, deque, namedtuple
from enum import Enum
from typing import NamedTuple

import torch
from torch import nn

Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))


class Step(NamedTuple):
    obs: torch.Tensor
    reward: float = 0.0


class Mode(Enum):
    SMALL = 16
    LARGE = 32


@dataclasses.dataclass
class Config:
    mode: Mode = Mode.SMALL
    layers: list[int] = dataclasses.field(default_factory=lambda: [8, 4])
    out: int | None = None

    def __post_init__(self):
        self.out = self.out or self.layers[-1] // 2


class Replay:
    def __init__(self, capacity):
        self.memory = deque([], maxlen=capacity)

    def push(self, *args):
        self.memory.append(Transition(*args))

    def sample(self, count):
        return Transition(*zip(*list(self.memory)[:count]))


replay = Replay(50)
for i in range(10):
    after = torch.randn(1, 4) if i % 3 else None
    replay.push(torch.randn(1, 4), torch.tensor([[i % 2]]), after, torch.tensor([1.0]))
batch = replay.sample(8)
alive = torch.tensor([s is not None for s in batch.next_state])
next_states = torch.cat([s for s in batch.next_state if s is not None])
states, actions, rewards = torch.cat(batch.state), torch.cat(batch.action), torch.cat(batch.reward)
policy = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
chosen = policy(states).gather(1, actions)
values = torch.zeros(8)
with torch.no_grad():
    values[alive] = policy(next_states).max(1).values
expected = values * 0.99 + rewards
print(nn.SmoothL1Loss()(chosen, expected.unsqueeze(1)))

config = Config(Mode.LARGE)
widths = [config.mode.value, *config.layers, config.out]
mlp = nn.Sequential(*(nn.Linear(a, b) for a, b in zip(widths, widths[1:])))
print(mlp(torch.ones(3, Mode.LARGE.value)).shape, dataclasses.replace(config, mode=Mode["SMALL"]).mode.value)
groups = defaultdict(list)
for k, v in [("a", 1), ("b", 2), ("a", 3)]:
    groups[k].append(torch.full((2,), v))
print({k: torch.stack(v).shape for k, v in groups.items()})
steps = [Step(torch.zeros(3)), Step(obs=torch.ones(3), reward=1.0)]
obs, reward = zip(*steps)
print(torch.stack(obs).shape, torch.tensor(reward).shape)
first, *rest = torch.arange(6).view(3, 2)
(a, b), c = first, len(rest)
print(a + b, c)
match config.mode:
    case Mode.SMALL:
        layer = nn.Linear(1, 1)
    case _:
        layer = nn.Linear(2, 1)
print(layer(first.float()).shape)
