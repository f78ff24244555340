"""Methods that subclasses override, attributes that other methods change, values that are one thing or another."""

import numpy as np
import torch
from torch import nn


class Counts:
    def log_prob(self, gram):
        raise NotImplementedError

    def completions(self, grams):
        found = []
        for gram in grams:
            found.append((gram, self.log_prob(gram)))
        return found

    def best(self, grams):
        names, scores = zip(*self.completions(grams))
        return names[int(np.argmax(scores))]


class Lengths(Counts):
    def log_prob(self, gram):
        return -float(len(gram))


class Environment:
    def __init__(self, size):
        self.table = np.random.rand(10, 4)
        self.users = np.zeros(size)
        self.history = []

    def observe(self):
        self.users = np.random.randint(0, 10, size=3)
        self.history = [np.ones(2)]
        return self.users

    def ratings(self):
        return self.table[self.users]

    def past(self):
        return np.concatenate(self.history)


class Loose(nn.Linear):
    def __init__(self, **options):
        super().__init__(**options)

    def doubled(self, x):
        return 2 * self(x)


def observations(with_arms):
    if with_arms:
        return {"global": torch.ones(2, 3)}
    return torch.ones(2, 3)


def reward(with_arms):
    seen = observations(with_arms)
    return seen["global"].sum() if with_arms else seen.sum()


def side(weights):
    weights = np.array(weights)
    grid = int(np.sqrt(weights.shape[1] - 1))
    return weights.reshape(-1, grid**2 + 1)


assert Lengths().best(["ab", "c"]) == "c"
environment = Environment(3)
environment.observe()
assert environment.ratings().shape == (3, 4)
assert environment.past().shape == (2,)
assert Loose(in_features=3, out_features=4).doubled(torch.ones(2, 3)).shape == (2, 4)
assert reward(True) == reward(False)
assert side(np.ones((2, 17))).shape == (2, 17)


def options(table):
    return dict(table)


def configured(size, *, scale):
    return torch.ones(size) * scale


def reduced(x, kept):
    dims = list(range(x.dim()))
    dims.pop(kept)
    spatial = list(range(2, x.dim()))
    return torch.sum(x, dim=dims)[0], x.sum(spatial).sum([0, 1])


assert configured(**options([("size", 3), ("scale", 2.0)])).shape == (3,)
assert reduced(torch.ones(2, 3, 4), 1)[0].shape == ()
