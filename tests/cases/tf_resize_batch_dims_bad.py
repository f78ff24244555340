import tensorflow as tf

mask = tf.zeros((128, 128))
small = tf.image.resize(mask, (64, 64))  # raises
