import tensorflow as tf

image = tf.zeros((28, 28, 3), tf.uint8)
scaled = tf.cast(image, tf.float32) * 0.5
