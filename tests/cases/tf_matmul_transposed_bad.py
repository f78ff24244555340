import tensorflow as tf

queries = tf.random.normal((8, 16, 64))
keys = tf.random.normal((8, 20, 64))
scores = tf.matmul(queries, keys) / tf.sqrt(64.0)  # raises
weights = tf.nn.softmax(scores)
