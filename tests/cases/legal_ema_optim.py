import copy
import math
import torch
from torch import nn
from torch.optim import Optimizer
class EMA:
    def __init__(self, model, decay=0.99, tau=20):
        self.ema = copy.deepcopy(model).eval()
        self.updates = 0
        self.decay = lambda x: decay * (1 - math.exp(-x / tau))
        for p in self.ema.parameters():
            p.requires_grad_(False)
    def update(self, model):
        self.updates += 1
        d = self.decay(self.updates)
        msd = model.state_dict()
        for k, v in self.ema.state_dict().items():
            if v.dtype.is_floating_point:
                v *= d
                v += (1 - d) * msd[k].detach()
class Lion(Optimizer):
    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), wd=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, wd=wd))
    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                p.data.mul_(1 - group["lr"] * group["wd"])
                state = self.state[p]
                if len(state) == 0:
                    state["exp_avg"] = torch.zeros_like(p)
                exp_avg = state["exp_avg"]
                b1, b2 = group["betas"]
                p.add_(torch.sign(exp_avg * b1 + p.grad * (1 - b1)), alpha=-group["lr"])
                exp_avg.mul_(b2).add_(p.grad, alpha=1 - b2)
        return loss
net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
decay, nodecay = [], []
for name, p in net.named_parameters():
    (nodecay if p.ndim <= 1 or name.endswith(".bias") else decay).append(p)
opt = Lion([{"params": decay, "wd": 0.1}, {"params": nodecay}])
ema = EMA(net)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min(1.0, s / 10))
for _ in range(3):
    def closure():
        opt.zero_grad()
        loss = net(torch.rand(5, 3)).pow(2).mean()
        loss.backward()
        return loss
    loss = opt.step(closure)
    sched.step()
    ema.update(net)
flat = torch.cat([p.detach().flatten() for p in net.parameters()])
i = 0
for p in net.parameters():
    n = p.numel()
    p.data.copy_(flat[i:i + n].view_as(p))
    i += n
total = sum(p.numel() for p in net.parameters() if p.requires_grad)
norm = torch.norm(torch.stack([torch.norm(p.detach(), 2) for p in net.parameters()]), 2)
print(total, norm, ema.ema(torch.rand(2, 3)).shape, torch.nn.utils.parameters_to_vector(net.parameters()).shape)
