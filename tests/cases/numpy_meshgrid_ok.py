import numpy as np

x, y = np.linspace(0, 1, 20), np.linspace(0, 1, 30)
xx, yy = np.meshgrid(x, y)
z = np.zeros((30, 20)) + xx * yy
print(z.shape)
