import keras
import tensorflow as tf


class Linear(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")

    def call(self, inputs):
        return tf.matmul(inputs, self.kernel)


layer = Linear(16)
print(layer(tf.ones((4, 10, 24))).shape)
