import tensorflow as tf

mask = tf.zeros((128, 128))
small = tf.image.resize(mask[..., tf.newaxis], (64, 64))
