import random
from collections import deque, namedtuple
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F
class Space:
    n = 3
    shape = (4,)
    def sample(self):
        return random.randrange(self.n)
class Env:
    def __init__(self):
        self.action_space, self.observation_space = Space(), Space()
        self.t = 0
    def reset(self, seed=None):
        self.t = 0
        return np.zeros(4, dtype=np.float32), {}
    def step(self, action):
        self.t += 1
        return np.random.rand(4).astype(np.float32), 1.0, self.t > 8, False, {}
Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))
class ReplayMemory(object):
    def __init__(self, capacity):
        self.memory = deque([], maxlen=capacity)
    def push(self, *args):
        self.memory.append(Transition(*args))
    def sample(self, batch_size):
        return random.sample(self.memory, batch_size)
    def __len__(self):
        return len(self.memory)
class DQN(nn.Module):
    def __init__(self, n_obs, n_act):
        super().__init__()
        self.l1, self.l2 = nn.Linear(n_obs, 16), nn.Linear(16, n_act)
    def forward(self, x):
        return self.l2(F.relu(self.l1(x)))
env = Env()
state, info = env.reset()
policy, target = DQN(len(state), env.action_space.n), DQN(len(state), env.action_space.n)
target.load_state_dict(policy.state_dict())
memory = ReplayMemory(100)
opt = torch.optim.AdamW(policy.parameters(), lr=1e-4, amsgrad=True)
BATCH = 4
def select(state):
    if random.random() > 0.5:
        with torch.no_grad():
            return policy(state).max(1).indices.view(1, 1)
    return torch.tensor([[env.action_space.sample()]], dtype=torch.long)
def optimize():
    if len(memory) < BATCH:
        return
    batch = Transition(*zip(*memory.sample(BATCH)))
    mask = torch.tensor(tuple(map(lambda s: s is not None, batch.next_state)), dtype=torch.bool)
    nxt = torch.cat([s for s in batch.next_state if s is not None])
    states, actions, rewards = torch.cat(batch.state), torch.cat(batch.action), torch.cat(batch.reward)
    values = policy(states).gather(1, actions)
    nv = torch.zeros(BATCH)
    with torch.no_grad():
        nv[mask] = target(nxt).max(1).values
    loss = nn.SmoothL1Loss()(values, ((nv * 0.9) + rewards).unsqueeze(1))
    opt.zero_grad(); loss.backward()
    torch.nn.utils.clip_grad_value_(policy.parameters(), 100)
    opt.step()
for ep in range(2):
    state, info = env.reset()
    state = torch.tensor(state, dtype=torch.float32).unsqueeze(0)
    while True:
        action = select(state)
        obs, reward, term, trunc, _ = env.step(action.item())
        reward = torch.tensor([reward])
        done = term or trunc
        nxt = None if term else torch.tensor(obs, dtype=torch.float32).unsqueeze(0)
        memory.push(state, action, nxt, reward)
        state = nxt
        optimize()
        if done:
            break
