import numpy as np

losses = np.array([0.9, 0.7])
for step in range(3):
    losses = np.append(losses, 0.5)
print(losses.shape)
