"""What a function gives is now one thing, now another: what one of them cannot do is no error."""

import numpy as np
import torch


def scores(x, table=True):
    if x.mean() < 0.1:
        return x[1]
    return {"out": x, "in": x.T}


x = torch.ones(2, 3)
y = scores(x)["out"]
z = scores(x).get("in")

a = np.ones((2, 3))
b = scores(a)["out"]
c = scores(a).get("in")


def last(x):
    try:
        x = x[-1]
    except IndexError:
        x = np.linalg.qr(x)[0]
    return x


row = last(a)
rank = np.zeros(row.shape[0]), row[..., :2], row.mean(-1)
