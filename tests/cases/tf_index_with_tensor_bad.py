import tensorflow as tf

table = tf.random.normal((100, 16))
rows = tf.constant([3, 7, 9])
picked = table[rows]  # raises
