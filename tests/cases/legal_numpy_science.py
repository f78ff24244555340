import numpy as np
from numpy.linalg import inv, norm

np.random.seed(0)
N, dt = 200, 0.01
t = np.linspace(0, 2 * np.pi, N, endpoint=False)
signal = np.sin(3 * t) + 0.5 * np.cos(7 * t) + 0.1 * np.random.randn(N)
spectrum = np.fft.rfft(signal)
freqs = np.fft.rfftfreq(N, d=t[1] - t[0])
power = np.abs(spectrum) ** 2
peak = freqs[np.argmax(power[1:]) + 1]
spectrum[power < power.max() * 0.1] = 0
clean = np.fft.irfft(spectrum, n=N)
smooth = np.convolve(signal, np.ones(5) / 5, mode="valid")
window = np.hanning(50)
frames = np.array([signal[i : i + 50] * window for i in range(0, N - 50 + 1, 25)])
stft = np.fft.rfft(frames, axis=1)
db = 20 * np.log10(np.abs(stft) + 1e-9)
coefficients = np.polyfit(t, signal, 3)
fitted = np.polyval(coefficients, t)
residual = signal - fitted
r2 = 1 - np.sum(residual**2) / np.sum((signal - signal.mean()) ** 2)

# Kalman filter
F = np.array([[1, dt], [0, 1]])
H = np.array([[1.0, 0.0]])
Q, R = np.eye(2) * 1e-4, np.array([[0.1]])
x, P = np.zeros((2, 1)), np.eye(2)
states = []
for z in signal:
    x = F @ x
    P = F @ P @ F.T + Q
    innovation = z - H @ x
    S = H @ P @ H.T + R
    K = P @ H.T @ inv(S)
    x = x + K @ innovation
    P = (np.eye(2) - K @ H) @ P
    states.append(x.ravel())
states = np.asarray(states)

# heat equation
u = np.zeros((50, 50))
u[0, :] = 100
for _ in range(10):
    u[1:-1, 1:-1] = 0.25 * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2])
laplacian = np.roll(u, 1, axis=0) + np.roll(u, -1, axis=0) - 2 * u

# Markov chain, n-body, Monte Carlo
T = np.random.rand(4, 4)
T /= T.sum(axis=1, keepdims=True)
values, vectors = np.linalg.eig(T.T)
stationary = np.real(vectors[:, np.argmin(np.abs(values - 1))])
stationary /= stationary.sum()
positions = np.random.uniform(-1, 1, (10, 3))
delta = positions[:, None, :] - positions[None, :, :]
dist = norm(delta, axis=-1)
np.fill_diagonal(dist, np.inf)
nearest = dist.argmin(axis=1)
force = (delta / dist[..., None] ** 3).sum(axis=1)
inside = (np.random.rand(1000, 2) ** 2).sum(axis=1) <= 1
pi = 4 * inside.mean()

# regression
X = np.c_[np.ones(30), np.random.rand(30, 2)]
beta, residuals, rank, sv = np.linalg.lstsq(X, np.random.rand(30), rcond=None)
normal_eq = np.linalg.solve(X.T @ X, X.T @ np.ones(30))
hat = X @ inv(X.T @ X) @ X.T
U, s, Vt = np.linalg.svd(X - X.mean(0), full_matrices=False)
k = 2
approx = U[:, :k] @ np.diag(s[:k]) @ Vt[:k]
cov = np.cov(X[:, 1:], rowvar=False)
corr = np.corrcoef(X[:, 1], X[:, 2])[0, 1]
L = np.linalg.cholesky(cov)
samples = np.random.multivariate_normal(np.zeros(2), cov, size=100)
unique, counts = np.unique(np.random.randint(0, 5, 100), return_counts=True)
probabilities = counts / counts.sum()
entropy = -(probabilities * np.log(probabilities)).sum()
labels = np.random.choice(["a", "b", "c"], size=30)
group_a = X[labels == "a"]
means = np.array([X[labels == name].mean(axis=0) for name in "abc"])
table = np.zeros((labels.size, 3))
life = (np.random.rand(16, 16) > 0.7).astype(int)
neighbours = sum(np.roll(np.roll(life, i, 0), j, 1) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0))
life = ((neighbours == 3) | (life & (neighbours == 2))).astype(int)
moving = np.cumsum(signal)
moving[5:] = moving[5:] - moving[:-5]
average = moving[4:] / 5
top = np.argsort(signal)[-10:][::-1]
ranked = signal[top]
matches = np.isin(np.arange(20), [3, 5, 7])
found = np.flatnonzero(matches)
assert np.allclose(hat @ X, X)
assert (dist > 0).all() and not np.isnan(signal).any()
print(peak, r2, pi, entropy, corr, stationary.shape, approx.shape, ranked[0], average.shape, table.shape, beta.shape, found)
