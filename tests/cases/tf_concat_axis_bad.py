import tensorflow as tf

text = tf.random.normal((32, 128))
image = tf.random.normal((32, 256))
both = tf.concat([text, image], axis=0)  # raises
