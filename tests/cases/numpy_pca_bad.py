import numpy as np

X = np.random.rand(300, 10)
X = X - X.mean(axis=0)
U, S, Vt = np.linalg.svd(X, full_matrices=False)
projected = X @ Vt[:2]  # raises
print(projected.shape)
