import numpy as np

before, after = np.random.rand(10) > 0.5, np.random.rand(10) > 0.5
changed = after ^ before
print(changed.sum())
