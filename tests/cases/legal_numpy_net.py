import numpy as np


def one_hot(labels, count):
    encoded = np.zeros((labels.shape[0], count))
    encoded[np.arange(len(labels)), labels] = 1.0
    return encoded


class Linear:
    def __init__(self, n_in, n_out, rng):
        bound = np.sqrt(6.0 / (n_in + n_out))
        self.W = rng.uniform(-bound, bound, size=(n_in, n_out))
        self.b = np.zeros((1, n_out))

    def forward(self, x):
        self.x = x
        out = np.dot(x, self.W) + self.b
        return out

    def backward(self, grad, lr=0.1):
        dW = self.x.T.dot(grad) / len(grad)
        db = np.mean(grad, axis=0, keepdims=True)
        dx = grad @ self.W.T
        self.W -= lr * dW
        self.b -= lr * db
        return dx


class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return np.where(self.mask, x, 0)

    def backward(self, grad):
        return grad * self.mask


def softmax(x):
    z = x - np.max(x, axis=1, keepdims=True)
    e = np.exp(z)
    return e / np.sum(e, axis=1, keepdims=True)


def cross_entropy(p, y):
    n = y.shape[0]
    picked = p[range(n), y]
    loss = -np.log(picked + 1e-12)
    return loss.mean()


rng = np.random.default_rng(42)
X = rng.standard_normal((500, 20)).astype(np.float32)
y = rng.integers(0, 3, size=500)
order = rng.permutation(len(X))
split = int(0.8 * len(X))
train_idx, test_idx = order[:split], order[split:]
X_train, X_test, y_train, y_test = X[train_idx], X[test_idx], y[train_idx], y[test_idx]
mu, sigma = X_train.mean(axis=0), X_train.std(axis=0)
X_train = (X_train - mu) / (sigma + 1e-8)
X_test = (X_test - mu) / (sigma + 1e-8)
layers = [Linear(20, 32, rng), ReLU(), Linear(32, 3, rng)]
history = []
for epoch in range(3):
    shuffled = rng.permutation(X_train.shape[0])
    for start in range(0, len(X_train), 64):
        batch = shuffled[start : start + 64]
        xb, yb = X_train[batch], y_train[batch]
        out = xb
        for layer in layers:
            out = layer.forward(out)
        probs = softmax(out)
        grad = probs - one_hot(yb, 3)
        for layer in reversed(layers):
            grad = layer.backward(grad)
    history.append(cross_entropy(probs, yb))
history = np.array(history)
out = X_test
for layer in layers:
    out = layer.forward(out)
pred = out.argmax(axis=1)
accuracy = np.mean(pred == y_test)
confusion = np.zeros((3, 3), dtype=int)
for t, p in zip(y_test, pred):
    confusion[t, p] += 1
precision = np.diag(confusion) / np.maximum(confusion.sum(axis=0), 1)
if accuracy > 0.9 and history[-1] < history[0]:
    print("learnt")
best = history.min() if history.size else None
print(accuracy, precision, best)
