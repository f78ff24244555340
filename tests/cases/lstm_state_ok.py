import torch
from torch import nn

layers, hidden = 2, 20
lstm = nn.LSTM(10, hidden, num_layers=layers)
steps = torch.randn(15, 4, 10)
h0 = torch.zeros(layers, 4, hidden)
c0 = torch.zeros(layers, 4, hidden)
output, (hn, cn) = lstm(steps, (h0, c0))
