import contextlib

import torch
from torch import nn


@contextlib.contextmanager
def raises(kind):
    try:
        yield
    except kind as error:
        print("as expected:", error)
    else:
        raise AssertionError(f"no {kind.__name__}")


def test_linear_rejects_wrong_width():
    layer = nn.Linear(10, 5)
    try:
        layer(torch.randn(3, 11))
    except RuntimeError as error:
        assert "cannot be multiplied" in str(error)
    else:
        raise AssertionError


def test_cat_rejects_ranks():
    with raises(RuntimeError):
        torch.cat([torch.zeros(2, 3), torch.zeros(2)])
    with contextlib.suppress(RuntimeError, ValueError):
        torch.zeros(2, 3).view(7)
    with contextlib.suppress(Exception):
        nn.Conv2d(3, 8, 3)(torch.zeros(1, 4, 8, 8))


def fits(layer, shape):
    try:
        layer(torch.empty(shape))
        return True
    except Exception:
        return False


test_linear_rejects_wrong_width()
test_cat_rejects_ranks()
sizes = [n for n in range(1, 40) if fits(nn.Conv2d(3, 4, 7), (1, 3, n, n))]
print(min(sizes), fits(nn.Linear(3, 4), (2, 5)))

batch_size = 64
while True:
    try:
        out = torch.randn(batch_size, 10) @ torch.randn(10, 3)
        if batch_size > 16:
            raise MemoryError
        break
    except MemoryError:
        batch_size //= 2
print(out.shape)
