import torch

templates = torch.randn(1, 5, 256)
batch = templates.repeat(8, 2, 1)
print(torch.bmm(batch, batch.transpose(1, 2)).shape)
