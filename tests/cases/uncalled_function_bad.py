import torch
import torch.nn.functional as F


def project(x, keys):
    """Scores of each row of x against 50 keys."""
    weight = torch.zeros(50, 20)
    scores = x @ weight + F.linear(x, weight)  # raises
    return scores + keys


# try: project(torch.randn(3, 20), torch.zeros(50))
