import numpy as np
import tensorflow as tf


def prepare(image, label):
    image = tf.reshape(image, (28, 28, 1))
    return tf.image.resize(image, (32, 32)), tf.one_hot(label, 10)


images = np.zeros((100, 784), dtype=np.float32)
labels = np.zeros(100, dtype=np.int64)
dataset = tf.data.Dataset.from_tensor_slices((images, labels)).map(prepare).batch(16)
for x, y in dataset:
    print(x.shape, y.shape)
