import numpy as np

labels = np.array([0, 2, 1, 4])
one_hot = np.zeros((4, 4))
one_hot[np.arange(labels.size), labels] = 1  # raises
print(one_hot)
