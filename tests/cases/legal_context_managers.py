import contextlib

import torch
from torch import nn


class evaluating:
    def __init__(self, *models):
        self.models = models

    def __enter__(self):
        self.before = [model.training for model in self.models]
        for model in self.models:
            model.eval()
        return self.models if len(self.models) > 1 else self.models[0]

    def __exit__(self, *error):
        for model, training in zip(self.models, self.before):
            model.train(training)
        return False


@contextlib.contextmanager
def head_of(model, width):
    kept, model.head = model.head, nn.Linear(4, width)
    try:
        yield model
    finally:
        model.head = kept


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.norm(x))


net = Net()
with evaluating(net) as quiet, torch.no_grad():
    print(quiet(torch.ones(1, 4)).shape)
with head_of(net, 7) as wide:
    print(wide(torch.ones(3, 4)) @ torch.ones(7, 1))
print(net(torch.ones(3, 4)) @ torch.ones(2, 1))
with contextlib.ExitStack() as stack:
    for part in (net, net.head):
        stack.enter_context(evaluating(part))
    y = net(torch.zeros(1, 4))
with contextlib.nullcontext(torch.ones(2, 2)) as z, torch.enable_grad():
    z = z @ y.t()
with torch.profiler.record_function("step"):
    z = z.sum(0)
print(z.shape, contextlib.suppress(ValueError))
