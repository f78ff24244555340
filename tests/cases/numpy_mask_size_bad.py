import numpy as np

X = np.random.rand(120, 4)
y = np.random.randint(0, 3, 120)
train, test = X[:100], X[100:]
chosen = train[y == 1]  # raises
print(chosen.shape)
