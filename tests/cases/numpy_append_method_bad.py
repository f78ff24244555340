import numpy as np

losses = np.array([0.9, 0.7])
for step in range(3):
    losses.append(0.5)  # raises
print(losses.shape)
