import numpy as np
import tensorflow as tf

# Arrays and numbers are cast to the tensor's dtype; shapes of comparisons that do not broadcast are no error.
x = tf.random.normal((4, 6))
y = x @ np.ones((6, 2))
z = np.arange(6) * x + 1
same = tf.zeros(3) == tf.zeros(4)
mean = tf.reduce_mean(tf.constant([1, 2, 3]))
half = tf.constant([1, 2]) / 2
counted = tf.reduce_sum(tf.cast(x > 0, tf.int32), axis=-1, keepdims=True)
masked = tf.boolean_mask(x, x[:, 0] > 0)
rows = x[x[:, 0] > 0]
for row in x:
    print(row.shape[0])
batch, size = x.shape
flat = tf.reshape(x, [tf.shape(x)[0] * tf.shape(x)[1]])
heads = tf.transpose(tf.reshape(tf.zeros((2, 5, 12)), (tf.shape(x)[0] // 2, -1, 3, 4)), perm=[0, 2, 1, 3])
parts = tf.split(tf.zeros((9, 4)), [2, 3, -1], axis=0)
a, b, c = tf.unstack(tf.zeros((3, 2)))
one = tf.squeeze(tf.zeros((1, 4, 1)), axis=0)
picked = tf.gather(tf.zeros((5, 3, 2)), [0, 1], axis=1)
along = tf.gather(tf.zeros((2, 5)), [[0, 1], [2, 3]], batch_dims=1)
where = tf.where(x > 0, x, 0.0)
broadcast = tf.zeros((4, 1)) + tf.zeros((1, 6))
values, indices = tf.math.top_k(x, k=2)
mu, sigma = tf.nn.moments(x, axes=[0])
normal = (x - mu) / tf.sqrt(sigma + 1e-6)
strings = tf.constant(["a", "bc"])
lengths = tf.strings.length(strings)
ragged = tf.ragged.constant([[1], [2, 3]])
padded = ragged.to_tensor()
sparse = tf.sparse.to_dense(tf.sparse.from_dense([[0, 1]]))


@tf.function
def step(n):
    total = tf.zeros((2, 3))
    for i in tf.range(n):
        if total[0, 0] > 3:
            break
        total += tf.cast(i, tf.float32)
    return total


print(step(tf.constant(5)).shape, step(3) @ tf.zeros((3, 1)))


def twice(function):
    return tf.function(lambda v: function(function(v)))


print(twice(tf.nn.relu)(x) + x)
states = tf.TensorArray(tf.float32, size=3)
for i in range(3):
    states = states.write(i, tf.zeros((2,)))
stacked = states.stack() + tf.zeros((3, 2))
table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a"], [1]), -1)
found = table.lookup(strings) + 1
