import numpy as np


class Tokenizer:
    def __init__(self, texts):
        words = sorted({w for text in texts for w in text.split()})
        self.index = {w: i + 1 for i, w in enumerate(words)}

    def encode(self, texts, length):
        ids = np.zeros((len(texts), length), dtype=np.int64)
        for row, text in enumerate(texts):
            tokens = [self.index[w] for w in text.split()][:length]
            ids[row, : len(tokens)] = tokens
        return ids


def layer_norm(x, eps=1e-5):
    mean = x.mean(-1, keepdims=True)
    var = x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(var + eps)


def attention(q, k, v, mask=None):
    scores = q @ k.swapaxes(-2, -1) / np.sqrt(q.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -1e9)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights @ v, weights


def split_heads(x, heads):
    b, t, d = x.shape
    return x.reshape(b, t, heads, d // heads).transpose(0, 2, 1, 3)


def positions(length, width):
    pos = np.arange(length)[:, np.newaxis]
    i = np.arange(width)[None, :]
    angles = pos / np.power(10000, 2 * (i // 2) / width)
    angles[:, 0::2] = np.sin(angles[:, 0::2])
    angles[:, 1::2] = np.cos(angles[:, 1::2])
    return angles


texts = ["the cat sat", "a dog ran home fast", "the dog sat"]
tokenizer = Tokenizer(texts)
ids = tokenizer.encode(texts, 6)
rng = np.random.default_rng(1)
table = rng.normal(0, 0.02, (12, 16))
x = table[ids] + positions(6, 16)
Wq, Wk, Wv, Wo = (rng.normal(size=(16, 16)) for _ in range(4))
q, k, v = (split_heads(x @ w, 4) for w in (Wq, Wk, Wv))
causal = np.tril(np.ones((6, 6), dtype=bool))
padding = (ids != 0)[:, None, None, :]
out, weights = attention(q, k, v, causal & padding)
merged = out.transpose(0, 2, 1, 3).reshape(3, 6, 16)
y = layer_norm(x + merged @ Wo)
hidden = np.maximum(0, y @ rng.normal(size=(16, 64)))
logits = (hidden @ rng.normal(size=(64, 16))) @ table.T
last = logits[:, -1]
best = np.argpartition(last, -3, axis=-1)[:, -3:]
scores = np.take_along_axis(last, best, axis=-1)
mixed = np.einsum("bhqk,bhkd->bqhd", weights, v)
pooled = (y * (ids != 0)[..., None]).sum(1) / (ids != 0).sum(1, keepdims=True)
similar = pooled @ pooled.T / np.outer(np.linalg.norm(pooled, axis=1), np.linalg.norm(pooled, axis=1))

h = np.zeros((3, 8))
Wx, Wh, b = rng.normal(size=(16, 8)), rng.normal(size=(8, 8)), np.zeros(8)
outputs = []
for step in range(y.shape[1]):
    h = np.tanh(y[:, step] @ Wx + h @ Wh + b)
    outputs.append(h)
sequence = np.stack(outputs, axis=1)


class Replay:
    def __init__(self, capacity, shape):
        self.states = np.empty((capacity, *shape), dtype=np.float32)
        self.actions = np.zeros(capacity, dtype=np.int32)
        self.size, self.at = 0, 0

    def add(self, state, action):
        self.states[self.at] = state
        self.actions[self.at] = action
        self.at = (self.at + 1) % len(self.states)
        self.size = min(self.size + 1, len(self.states))

    def sample(self, count):
        picked = np.random.randint(0, self.size, size=count)
        return self.states[picked], self.actions[picked]


replay = Replay(100, (4,))
for _ in range(10):
    replay.add(np.random.rand(4), np.random.randint(2))
states, actions = replay.sample(5)
targets = np.zeros((5, 2))
targets[np.arange(5), actions] = states.max(axis=1)
print(best.shape, scores.shape, mixed.shape, similar.shape, sequence.shape, targets.shape, states.dtype)
