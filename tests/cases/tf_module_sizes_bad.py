import tensorflow as tf


class Dense(tf.Module):
    def __init__(self, inputs, outputs, name=None):
        super().__init__(name=name)
        self.weight = tf.Variable(tf.random.normal([inputs, outputs]))
        self.bias = tf.Variable(tf.zeros([outputs]))

    def __call__(self, x):
        return tf.nn.relu(tf.matmul(x, self.weight) + self.bias)  # also


class Net(tf.Module):
    def __init__(self):
        super().__init__()
        self.first = Dense(28 * 28, 128)
        self.second = Dense(64, 10)

    @tf.function
    def __call__(self, x):
        x = tf.reshape(x, [tf.shape(x)[0], -1])
        return self.second(self.first(x))


net = Net()
logits = net(tf.zeros((32, 28, 28)))  # raises
