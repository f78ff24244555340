import numpy as np


def gaussian_kernel(size, sigma):
    ax = np.arange(size) - size // 2
    xx, yy = np.meshgrid(ax, ax)
    kernel = np.exp(-(xx**2 + yy**2) / (2.0 * sigma**2))
    return kernel / kernel.sum()


def filter2d(image, kernel):
    k = kernel.shape[0] // 2
    padded = np.pad(image, ((k, k), (k, k)), mode="edge")
    out = np.zeros_like(image)
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            window = padded[i : i + 2 * k + 1, j : j + 2 * k + 1]
            out[i, j] = np.sum(window * kernel)
    return out


def im2col(images, size, stride=1):
    n, h, w, c = images.shape
    windows = np.lib.stride_tricks.sliding_window_view(images, (size, size), axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    cols = windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, size * size * c)
    return cols


rng = np.random.RandomState(0)
image = rng.randint(0, 256, size=(24, 32, 3)).astype(np.uint8)
gray = image @ np.array([0.299, 0.587, 0.114])
gray2 = np.dot(image[..., :3], [0.299, 0.587, 0.114])
blurred = filter2d(gray, gaussian_kernel(5, 1.0))
edges = np.hypot(*np.gradient(blurred))
normal = (image / 255.0).astype(np.float32)
mean, std = normal.mean(axis=(0, 1)), normal.std(axis=(0, 1))
standard = (normal - mean) / std
flipped = standard[:, ::-1]
rotated = np.rot90(standard)
crop = standard[4:-4, 8:-8, :]
chw = crop.transpose(2, 0, 1)
back = np.moveaxis(chw, 0, -1)
batch = np.stack([crop] * 4)
batch2 = np.concatenate([batch, batch[:2]], axis=0)
cols = im2col(batch2, 3, 2)
weights = rng.randn(27, 8)
feature = (cols @ weights).reshape(6, 7, 7, 8)
pooled = feature[:, :6, :6].reshape(6, 3, 2, 3, 2, 8).max(axis=(2, 4))
flat = pooled.reshape(len(pooled), -1)
bright = image[image.sum(axis=2) > 400]
image[image > 250] = 250
image[2:4, :, 0] = 0
image[0] = [1, 2, 3]
hist, bins = np.histogram(gray, bins=16, range=(0, 256))
cdf = hist.cumsum() / hist.sum()
equalized = np.interp(gray.ravel(), bins[:-1], cdf).reshape(gray.shape)
ys, xs = np.where(edges > edges.mean())
box = np.array([xs.min(), ys.min(), xs.max(), ys.max()])
points = np.column_stack((xs, ys))
binary = (gray > 128).astype(np.uint8) * 255
inverted = 255 - image
blend = np.clip(0.5 * image + 0.5 * inverted, 0, 255).astype(image.dtype)
tiled = np.tile(gray[:8, :8], (2, 3))
big = np.repeat(np.repeat(gray, 2, axis=0), 2, axis=1)
small = gray.reshape(12, 2, 16, 2).mean(axis=(1, 3))
mosaic = np.block([[small, small], [small, small]])
rows = np.vsplit(mosaic, 4)
print(flat.shape, blend.dtype, box, tiled.shape, big.shape, len(rows), equalized.max())
