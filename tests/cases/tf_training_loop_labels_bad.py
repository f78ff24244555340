import tensorflow as tf

features = tf.random.normal((64, 20))
labels = tf.one_hot(tf.random.uniform((64,), maxval=5, dtype=tf.int32), 5)
dataset = tf.data.Dataset.from_tensor_slices((features, labels)).batch(16, drop_remainder=True)

weight = tf.Variable(tf.random.normal((20, 5)))
bias = tf.Variable(tf.zeros(5))
optimizer = tf.keras.optimizers.SGD(0.1)

for x, y in dataset:
    with tf.GradientTape() as tape:
        logits = x @ weight + bias
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)  # raises
    gradients = tape.gradient(loss, [weight, bias])
    optimizer.apply_gradients(zip(gradients, [weight, bias]))
