import keras
import tensorflow as tf
from keras import layers


class Encoder(keras.Model):
    def __init__(self, width):
        super().__init__()
        self.first = layers.Dense(width, activation="relu")
        self.gate = layers.Dense(64)
        self.last = layers.Dense(4)

    def call(self, x):
        h = self.first(x)
        return self.last(h * self.gate(x))  # raises


encoder = Encoder(128)
print(encoder(tf.zeros((8, 20))).shape)
