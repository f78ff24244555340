"""Windows of a series and their targets have one feature each."""

import numpy as np
import torch
from torch import nn

series = np.sin(np.arange(0, 100, 0.5)).astype(np.float32)
windows = np.stack([series[i : i + 20] for i in range(10)])[..., None]
lstm = nn.LSTM(1, 32, batch_first=True)
out, _ = lstm(torch.from_numpy(windows))
