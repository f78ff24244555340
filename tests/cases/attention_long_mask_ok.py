"""Attention takes a mask of booleans or floats."""

import torch
import torch.nn.functional as F

q = k = v = torch.randn(2, 4, 6, 16)
mask = torch.ones(6, 6, dtype=torch.bool).tril()
out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
