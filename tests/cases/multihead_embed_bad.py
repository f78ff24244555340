import torch
from torch import nn

attention = nn.MultiheadAttention(embed_dim=128, num_heads=4, batch_first=True)
sequence = torch.randn(5, 30, 96)
out, weights = attention(sequence, sequence, sequence)  # raises
print(out.shape, weights.shape)
