import numpy as np

x, y = np.linspace(0, 1, 20), np.linspace(0, 1, 30)
xx, yy = np.meshgrid(x, y)
z = np.zeros((20, 30)) + xx * yy  # raises
print(z.shape)
