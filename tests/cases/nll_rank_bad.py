import torch
from torch import nn

segmenter = nn.Conv2d(3, 21, 1)
out = segmenter(torch.randn(2, 3, 40, 40)).log_softmax(1)
target = torch.randint(21, (2,))
loss = nn.NLLLoss()(out, target)  # raises
