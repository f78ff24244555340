import torch

labels = torch.randint(0, 10, (16, 1))
one_hot = torch.zeros(16, 10).scatter_(1, labels.float(), 1.0)  # raises
