import numpy as np
import tensorflow as tf


def read(index):
    return np.zeros((16, 8), dtype=np.float32)


def load(index):
    features = tf.numpy_function(read, [index], tf.float32)
    features.set_shape([16, 8])
    return features


dataset = tf.data.Dataset.range(10).map(load).batch(5)
weight = tf.zeros((16, 4))
for batch in dataset:
    print((batch @ weight).shape)  # raises
