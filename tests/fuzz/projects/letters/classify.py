import keras
import numpy as np
from keras import layers

from words import LENGTH, VOCABULARY, samples, windows

UNITS = 32


def encoder(units=UNITS):
    inputs = keras.Input((LENGTH,), dtype="int32")
    x = layers.Embedding(VOCABULARY, 16)(inputs)
    x = layers.Bidirectional(layers.LSTM(units))(x)
    return keras.Model(inputs, x)


class Head(layers.Layer):
    def __init__(self, classes, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(classes, activation="softmax")

    def call(self, x):
        return self.dense(x)


def classifier():
    base = encoder()
    out = Head(2)(base.output)
    return keras.Model(base.input, out)


model = classifier()
model.compile("adam", "categorical_crossentropy")
x, y = samples()
model.fit(x, y, batch_size=8)
scores = model.predict(x)
mean = scores.mean(axis=0)
w = windows(np.arange(10.0), 3)
