import numpy as np
import tensorflow as tf


def shuffled(x, y):
    order = np.random.permutation(x.shape[0])
    return x[order], y[order]


def windows(series, size):
    n = series.shape[0]
    return np.stack([series[i : i + size] for i in range(n - size)])


def score(weights, features):
    (n,) = weights.shape
    return features @ weights


def reversed_channels(image):
    height, width = image.shape[:2]
    return image[..., [2, 1, 0]]


def masked(x, keep):
    if x.shape[0] != keep.shape[0]:
        raise ValueError("lengths differ")
    return x[keep]


def unscaled(image):
    rows, columns, channels = image.shape
    image[:, 0] = 0
    return (image.reshape(-1, channels) * 255).astype("uint8").T


a, b = shuffled(np.zeros((10, 3)), np.zeros(10))
print(windows(np.zeros(20), 5).shape, score(np.zeros(3), np.zeros((4, 3))).shape)
print(reversed_channels(np.zeros((8, 8, 3))).shape, masked(np.zeros((3, 2)), np.array([True, False, True])).shape)
print(unscaled(np.zeros((4, 4, 3))).shape, tf.constant(a).shape)
