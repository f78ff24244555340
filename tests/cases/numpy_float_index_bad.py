import numpy as np

signal = np.random.rand(1000)
middle = len(signal) / 2
half = signal[:middle]  # raises
print(half.shape)
