import numpy as np

VOCABULARY = 1000
LENGTH = 20


def samples(count=64):
    x = np.random.randint(0, VOCABULARY, (count, LENGTH))
    y = np.zeros((count, 2))
    return x, y


def windows(series, size=4):
    starts = np.arange(len(series) - size + 1)
    return series[starts[:, None] + np.arange(size)]
