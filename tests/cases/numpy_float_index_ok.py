import numpy as np

signal = np.random.rand(1000)
middle = len(signal) / 2
half = signal[: int(middle)]
print(half.shape)
