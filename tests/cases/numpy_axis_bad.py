import numpy as np

scores = np.random.rand(30)
best = scores.argmax(axis=1)  # raises
print(best)
