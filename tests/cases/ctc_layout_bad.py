"""CTC takes its scores time first."""

import torch
from torch import nn

T, N, C = 50, 16, 20
encoder = nn.GRU(40, C, batch_first=True)
scores, _ = encoder(torch.randn(N, T, 40))
log_probs = scores.log_softmax(2)
targets = torch.randint(1, C, (N, 30))
input_lengths = torch.full((N,), T, dtype=torch.long)
target_lengths = torch.randint(10, 30, (N,))
loss = nn.CTCLoss()(log_probs, targets, input_lengths, target_lengths)  # raises
