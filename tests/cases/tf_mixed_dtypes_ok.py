import tensorflow as tf

logits = tf.random.normal((4, 10))
labels = tf.constant([1, 2, 3, 4])
correct = tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), labels)
accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))
