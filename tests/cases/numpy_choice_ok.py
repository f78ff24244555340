import numpy as np

rng = np.random.default_rng(0)
picked = rng.choice(10, size=20)
print(picked)
