import itertools
import torch
from torch import nn
def batches(n, size):
    for i in range(0, n, size):
        yield torch.rand(min(size, n - i), 3), torch.randint(0, 2, (min(size, n - i),))
def cycle(it):
    while True:
        for x in it:
            yield x
def prefetch(gen, depth=2):
    buf = []
    for item in gen:
        buf.append(item)
        if len(buf) >= depth:
            yield buf.pop(0)
    yield from buf
net = nn.Linear(3, 2)
for x, y in prefetch(batches(10, 4)):
    loss = nn.functional.cross_entropy(net(x), y)
src = cycle([torch.rand(2, 3), torch.rand(5, 3)])
for step in range(3):
    out = net(next(src))
first, *rest = batches(6, 2)
print(first[0].shape, len(rest))
for (x, y), z in zip(batches(4, 2), itertools.repeat(torch.ones(2))):
    w = net(x) + z
pairs = list(itertools.islice(itertools.chain(batches(4, 4), batches(2, 2)), 2))
xs = torch.cat([p[0] for p in pairs])
print(xs.shape)
it = iter(batches(4, 2))
try:
    while True:
        a, b = next(it)
except StopIteration:
    pass
a, b = next(iter(batches(4, 4)), (None, None))
def co():
    total = None
    while True:
        x = yield total
        total = x if total is None else total + x
c = co()
next(c)
print(c.send(torch.rand(2)).shape, c.send(torch.rand(2)).shape)
