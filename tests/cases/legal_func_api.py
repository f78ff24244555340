import torch
from torch import nn
from torch.func import functional_call, vmap, grad, stack_module_state, jacrev, jvp, vjp
import copy
model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
params = {k: v.detach() for k, v in model.named_parameters()}
buffers = {k: v.detach() for k, v in model.named_buffers()}
def loss_fn(params, buffers, sample, target):
    batch, targets = sample.unsqueeze(0), target.unsqueeze(0)
    pred = functional_call(model, (params, buffers), (batch,))
    return nn.functional.mse_loss(pred, targets)
ft = vmap(grad(loss_fn), in_dims=(None, None, 0, 0))
x, y = torch.rand(6, 3), torch.rand(6, 1)
g = ft(params, buffers, x, y)
print({k: v.shape for k, v in g.items()})
models = [nn.Linear(3, 2) for _ in range(4)]
p, b = stack_module_state(models)
base = copy.deepcopy(models[0]).to("meta")
def call(p, b, x):
    return functional_call(base, (p, b), (x,))
out = vmap(call, in_dims=(0, 0, None))(p, b, x)
print(out.shape)
def f(x):
    return (x ** 2).sum()
print(grad(f)(torch.ones(3)).shape, jacrev(torch.sin)(torch.ones(3)).shape)
dots = torch.vmap(torch.dot)(torch.rand(5, 3), torch.rand(5, 3))
pair = torch.vmap(lambda a, b: a @ b.T + a.sum(), in_dims=(0, None))(torch.rand(5, 2, 3), torch.rand(4, 3))
print(dots.shape, pair.shape)
