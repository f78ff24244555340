import tensorflow as tf

series = tf.random.normal((1000,))
dataset = tf.data.Dataset.from_tensor_slices(series)
dataset = dataset.window(25, shift=1, drop_remainder=True)
dataset = dataset.flat_map(lambda window: window.batch(25))
dataset = dataset.map(lambda window: (window[:-1], window[-1])).batch(32, drop_remainder=True)
for x, y in dataset:
    weight = tf.zeros((24, 1))
    prediction = x @ weight
