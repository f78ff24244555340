import tensorflow as tf

image = tf.zeros((28, 28, 3), tf.uint8)
scaled = image * 0.5  # raises
