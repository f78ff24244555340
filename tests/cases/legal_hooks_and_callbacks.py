"""Lists and tables that hooks, callbacks and other methods fill."""

import torch
from torch import nn

seen = []


def keep(module, inputs, output):
    seen.append(output)


model = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
model[0].register_forward_hook(keep)
model(torch.ones(2, 3))
assert torch.cat(seen).shape == (2, 4)
seen.clear()
model(torch.ones(5, 3))
assert torch.cat(seen).shape == (5, 4)


def features(net, layer, x):
    found = {}
    order = []

    def hook(module, inputs, output):
        found["output"] = output
        order.append(output)

    handle = layer.register_forward_hook(hook)
    net(x)
    handle.remove()
    return found["output"], torch.cat(order)


def gradients(x):
    grads = []
    x.register_hook(lambda g: grads.append(g))
    x.sum().backward()
    return torch.stack(grads)


def collected(runner, x):
    parts = []

    def on_batch(batch):
        parts.append(batch)

    runner.run(x, on_batch)
    return torch.cat(parts)


class Runner:
    def run(self, x, on_batch):
        for part in x:
            on_batch(part)


class Statistics:
    def __init__(self):
        self.parts = {"loss": []}
        self.all = []

    def add(self, x):
        self.parts["loss"].append(x)
        self.all.append(x)

    def result(self):
        return torch.cat(self.parts["loss"]) + torch.cat(self.all)


class Validator:
    def __init__(self):
        self.statistics = Statistics()

    def update(self, x):
        self.statistics.add(x)

    def summary(self):
        return self.statistics.result()


class Wrapped(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def flat(self):
        return torch.cat([p.flatten() for p in self.parameters()])


first, second = features(model, model[0], torch.ones(2, 3))
assert first.shape == second.shape == (2, 4)
assert gradients(torch.ones(3, requires_grad=True)).shape == (1, 3)
assert collected(Runner(), torch.ones(2, 3)).shape == (6,)
validator = Validator()
validator.update(torch.ones(2))
assert validator.summary().shape == (2,)
assert Wrapped(nn.Linear(2, 3)).flat().shape == (9,)
