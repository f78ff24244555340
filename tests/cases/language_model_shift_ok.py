"""The labels of a language model are shifted against its scores, both of them."""

import torch
from torch import nn

logits = torch.randn(4, 16, 100)
ids = torch.randint(0, 100, (4, 16))
shift_logits = logits[..., :-1, :].contiguous()
shift_labels = ids[..., 1:].contiguous()
loss = nn.CrossEntropyLoss()(shift_logits.view(-1, shift_logits.size(-1)), shift_labels.view(-1))
