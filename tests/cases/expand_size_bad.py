import torch

templates = torch.randn(1, 5, 256)
batch = templates.expand(8, 10, 256)  # raises
print(torch.bmm(batch, batch.transpose(1, 2)).shape)
