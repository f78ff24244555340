"""Lists that are filled through an index or a key that is not known."""

from collections import defaultdict
from itertools import chain

import torch


def by_index(xs, indices):
    groups = [[] for _ in range(3)]
    for i, x in zip(indices, xs):
        groups[i].append(x)
    return torch.cat(groups[0])


def by_key(xs):
    groups = {"train": [], "test": []}
    for name, x in xs.items():
        groups[name] += [x]
    return torch.cat(groups["train"])


def by_get(x, name):
    groups = {"train": [], "test": []}
    groups.get(name).append(x)
    return torch.cat(groups["test"])


def by_default(xs, key):
    groups = defaultdict(list)
    for name, x in xs.items():
        groups[name].append(x)
    return torch.cat(groups["a"]), torch.cat(groups[key]), torch.cat(list(chain.from_iterable(groups.values())))


def of_tables(x, key):
    tables = {"a": {}, "b": {}}
    tables[key]["x"] = x
    return torch.cat(list(tables["a"].values()))


def either(x, first):
    a, b = [], []
    chosen = a if first else b
    chosen.append(x)
    return torch.cat(a)


groups = [[], []]
for i, x in enumerate(torch.ones(4, 3)):
    groups[i % 2].append(x)
assert torch.cat(groups[0]).shape == (6,)
assert by_index(torch.ones(4, 3), [0, 1, 2, 0]).shape == (6,)
assert by_key({"train": torch.ones(2), "test": torch.ones(3)}).shape == (2,)
assert by_get(torch.ones(2), "test").shape == (2,)
assert len(by_default({"a": torch.ones(2), "b": torch.ones(3)}, "b")) == 3
assert of_tables(torch.ones(2), "a").shape == (2,)
assert either(torch.ones(2), True).shape == (2,)
