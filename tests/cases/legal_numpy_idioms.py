import functools
import itertools
import operator

import numpy as np

rng = np.random.default_rng(3)
x = rng.random((6, 4))
n = np.int64(5)
img = np.full((4, 5, 3), 200, dtype=np.uint8)
mask = x > 0.5

# what grows, shrinks and is reshaped in place
grown = np.array([])
for i in range(4):
    grown = np.append(grown, i)
rows = np.empty((0, 4))
for row in x:
    rows = np.vstack([rows, row])
kept = np.zeros((0,))
kept = np.concatenate([kept, x[:, 0]])
order = np.argsort(x[:, 0])
while order.size > 0:
    order = order[1:]
flat = np.arange(6)
flat.shape = (2, 3)
flat.resize((3, 3), refcheck=False)
stack = None
for part in (x[:2], x[2:]):
    stack = part if stack is None else np.concatenate((stack, part))


def quicksort(values):
    if len(values) <= 1:
        return values
    pivot = values[len(values) // 2]
    less, same, more = values[values < pivot], values[values == pivot], values[values > pivot]
    return np.concatenate([quicksort(less), same, quicksort(more)])


def scaled(values, factor=2.0, offset=None):
    values = np.asarray(values)
    if offset is not None:
        values = values - offset
    return values[0] * factor if values.ndim else values * factor


def norms(points, weights=1.0):
    weights = np.atleast_1d(weights)
    return np.sqrt((points**2).sum(axis=-1)) * weights[0]


# numbers, sizes and truth
sizes = np.zeros(n), np.zeros((n, 2)), np.ones(shape=(2, int(np.ceil(2.5)))), np.zeros([2, 3], float)
table = [0] * int(n)
label_count = np.max([0, 2, 1]) + 1
hot = np.zeros((3, label_count))
hot[np.arange(3), [0, 2, 1]] = 1
if mask.any() and not (x < 0).any() and x.size and len(x):
    x = x * 1.0
if np.array([1.0]):
    pass
if x[0, 0] > 0.3 or x.max() > 2:
    pass
assert x.shape == (6, 4) and x.ndim == 2
first = np.where(mask[:, 0])[0]
first = first[0] if len(first) else -1
bits = (37 >> np.arange(8)) & 1
count = int(mask.sum())
largest, total = max(x[0]), sum(x[:, 0])
mean_text = f"{x.mean():.2f} {float(x[0, 0]):.1f}"
as_list, as_set = list(x[0]), set(bits.tolist())
pairs = sorted(zip(x[:, 0], x[:, 1]))
chosen = x[[0, 2]], x[[True, False] * 3], x[mask[:, 0], 1:], x[np.ix_([0, 1], [2, 3])], x[tuple([0, 1])], x[..., None, 0]
window = (slice(1, 3), slice(None))
inner = x[window]

# writing
y = x.copy()
y[mask] = 0
y[mask] += 1
y[:, [0, 1]] = x[:, [1, 0]]
y[[0, 1], [2, 3]] = [5, 6]
y[0] = range(4)
y[1:3] = x[3:5]
y[4, ...] = np.arange(4)[None]
y[:, 0] = 1
y.flat[0] = 2
y.T[0] = 3
np.add.at(y, ([0, 1], [1, 1]), 1)
np.fill_diagonal(y, 0)
y.sort(axis=0)
np.random.shuffle(y)
whole = np.arange(6)
whole += 2
whole //= 2
whole *= np.int32(3)
logic = mask.copy()
logic &= x > 0.2
logic |= ~mask

# dtypes of NumPy 2
bright = img + 10, img * 2, 255 - img, img * 1.5, img.astype(int) - 300, img / 255
small = np.float32(2) * np.ones(3, np.float32) * 0.5
halves = np.ones(3, np.float16) / 3
z = np.exp(1j * x)
parts = z.real, z.imag, np.abs(z), z.conj(), (z * np.conj(z)).real
texts = np.array(["a", "b", "a"])
picked = np.arange(3)[texts == "a"]
records = np.zeros(3, dtype=[("name", "U5"), ("age", int)])
ages = records["age"] + 1
days = np.arange("2020-01-01", "2020-01-05", dtype="datetime64[D]")
later = np.datetime64("2020-01-01") + np.arange(5)
objects = np.array([None, [1, 2], "x"], dtype=object)
masked = np.ma.masked_array([1, 2, 3], mask=[0, 1, 0])
filled = masked.filled(0)
line = np.poly1d([1, 2])(x)

# functions of functions
chained = functools.reduce(np.dot, [x, x.T, x])
product = operator.matmul(x, x.T)
normal = np.apply_along_axis(lambda r: r / r.sum(), 1, x)
mapped = np.array(list(map(lambda r: r.sum(), x)))
outer = np.subtract.outer(x[:, 0], x[:, 1])
either = np.logical_or.reduce([x > 0.9, x < 0.1, mask])
running = np.maximum.accumulate(x, axis=1)
cells = [x[i, j] for i, j in itertools.product(range(6), range(4))]
for (i, j), value in np.ndenumerate(x):
    cells.append(value)
for index in np.ndindex(2, 3):
    cells.append(x[index])
a, b, *others = x
px, py = x[:, :2].T
(q, r), s = np.linalg.qr(x), np.linalg.svd(x, compute_uv=False)
chunks = np.split(x, np.cumsum([1, 2, 3])[:-1])
folds = np.array_split(x, 4)
for fold in folds:
    center = fold - fold.mean(axis=0)
spread = x.max(axis=0) - x.min(axis=0)
scaled_x = (x - x.min(axis=0)) / np.where(spread == 0, 1, spread)
close = np.linalg.norm(x - y) < 1e-6
if close:
    print("same")
try:
    np.ones((2, 3)) + np.ones(4)
except ValueError:
    pass
biggest = np.array([np.array([1, 2]), np.array([3, 4])])
print(quicksort(x[:, 0]).shape, scaled([1, 2]), scaled(3), norms(x), norms(x, np.ones(6)), stack.shape, rows.shape, mean_text)
print(hot.shape, sizes[1].shape, inner.shape, outer.shape, either.shape, len(chunks), ages, days.shape, later.shape, filled, line.shape)
