import torch
from torch import nn
from torch.distributions import Categorical, Normal
class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine1 = nn.Linear(4, 16)
        self.action_head = nn.Linear(16, 2)
        self.value_head = nn.Linear(16, 1)
        self.saved, self.rewards = [], []
    def forward(self, x):
        x = torch.relu(self.affine1(x))
        return torch.softmax(self.action_head(x), dim=-1), self.value_head(x)
model = Policy()
def finish():
    R, losses, returns = 0, [], []
    for r in model.rewards[::-1]:
        R = r + 0.99 * R
        returns.insert(0, R)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + 1e-8)
    for (logp, value), R in zip(model.saved, returns):
        losses.append(-logp * (R - value.item()) + nn.functional.smooth_l1_loss(value, torch.tensor([R])))
    loss = torch.stack(losses).sum()
    loss.backward()
    del model.rewards[:]
    del model.saved[:]
for i in range(2):
    state = torch.zeros(4)
    for t in range(1, 6):
        probs, value = model(state)
        m = Categorical(probs)
        a = m.sample()
        model.saved.append((m.log_prob(a), value))
        model.rewards.append(float(a.item()))
        state = torch.rand(4)
    finish()
n = Normal(torch.zeros(2, 3), torch.ones(3))
print(n.rsample((5,)).shape, n.log_prob(torch.zeros(2, 3)).sum(-1).shape)
