import tensorflow as tf

weight = tf.Variable(tf.random.normal((20, 5)))
x = tf.random.normal((8, 20))
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(x @ weight)
gradient = tape.gradient(loss, weight)
weight.assign_sub(0.1 * gradient)
