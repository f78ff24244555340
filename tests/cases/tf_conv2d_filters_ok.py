import tensorflow as tf

images = tf.random.normal((8, 32, 32, 3))
filters = tf.Variable(tf.random.normal((3, 3, 3, 16)))
features = tf.nn.relu(tf.nn.conv2d(images, filters, strides=2, padding="SAME"))
pooled = tf.reduce_mean(features, axis=[1, 2])
classes = tf.matmul(pooled, tf.zeros((16, 10)))
