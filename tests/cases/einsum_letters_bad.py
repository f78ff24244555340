import torch


def attend(queries, keys, values):
    scores = torch.einsum("bhqd,bhkd->bhqk", queries, keys) / 8
    weights = scores.softmax(-1)
    return torch.einsum("bhqk,bhqd->bhkd", weights, values)  # raises


q = torch.randn(2, 4, 10, 64)
k = torch.randn(2, 4, 25, 64)
v = torch.randn(2, 4, 25, 64)
print(attend(q, k, v).shape)
