import numpy as np


class Net:
    def __init__(self):
        self.W1 = np.random.randn(784, 128) * 0.01
        self.b1 = np.zeros(128)
        self.W2 = np.random.randn(128, 10) * 0.01
        self.b2 = np.zeros(10)

    def forward(self, x):
        hidden = np.maximum(0, x @ self.W1 + self.b1)
        return np.dot(hidden, self.W2) + self.b2


# try: Net().forward(np.zeros((5, 784)))
