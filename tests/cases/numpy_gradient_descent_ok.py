import numpy as np

X = np.hstack([np.ones((100, 1)), np.random.rand(100, 3)])
y = np.random.rand(100)
w = np.zeros(3)
for _ in range(5):
    error = X[:, 1:] @ w - y
    w -= 0.1 * (X[:, 1:].T @ error) / len(y)
print(w)
