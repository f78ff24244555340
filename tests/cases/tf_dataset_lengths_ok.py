import numpy as np
import tensorflow as tf

images = np.zeros((1000, 28, 28), dtype=np.float32)
labels = np.zeros(1000, dtype=np.int64)
dataset = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(100).batch(32)
