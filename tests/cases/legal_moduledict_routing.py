import torch
from torch import nn
class Router(nn.Module):
    def __init__(self, heads):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(6, 8), nn.ReLU())
        self.heads = nn.ModuleDict({name: nn.Linear(8, n) for name, n in heads.items()})
        self.acts = nn.ModuleDict([["relu", nn.ReLU()], ["none", nn.Identity()]])
    def forward(self, x, task=None, act="none"):
        z = self.acts[act](self.trunk(x))
        if task is None:
            return {k: head(z) for k, head in self.heads.items()}
        return self.heads[task](z)
net = Router({"age": 1, "color": 4})
out = net(torch.rand(3, 6))
print({k: tuple(v.shape) for k, v in out.items()}, net(torch.rand(3, 6), "color", "relu").shape)
loss = sum(v.pow(2).mean() for v in out.values())
for task in ["age", "color"]:
    y = net(torch.rand(2, 6), task)
    if task == "age":
        t = torch.rand(2, 1)
        l = nn.functional.mse_loss(y, t)
    else:
        l = nn.functional.cross_entropy(y, torch.tensor([0, 3]))
class MoE(nn.Module):
    def __init__(self, d=6, n=4, k=2):
        super().__init__()
        self.experts = nn.ModuleList([nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d)) for _ in range(n)])
        self.gate, self.k = nn.Linear(d, n), k
    def forward(self, x):
        shape = x.shape
        x = x.view(-1, shape[-1])
        w, idx = torch.topk(self.gate(x).softmax(-1), self.k)
        w = w / w.sum(-1, keepdim=True)
        out = torch.zeros_like(x)
        for i, expert in enumerate(self.experts):
            rows, slot = torch.where(idx == i)
            if rows.numel() == 0:
                continue
            out[rows] += w[rows, slot, None] * expert(x[rows])
        return out.view(*shape)
print(MoE()(torch.rand(2, 5, 6)).shape)
net.heads["size"] = nn.Linear(8, 2)
del net.heads["age"]
print(sorted(net.heads), "age" in net.heads, net(torch.rand(1, 6), "size").shape)
