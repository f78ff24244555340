import keras
import numpy as np
import tensorflow as tf
from tensorflow.keras import Input, Model, Sequential
from tensorflow.keras.layers import Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D


def conv_block(filters, drop):
    block = Sequential(name=f"block_{filters}")
    block.add(Conv2D(filters, (3, 3), padding="same"))
    block.add(BatchNormalization())
    block.add(Activation("relu"))
    block.add(MaxPooling2D())
    block.add(Dropout(drop))
    return block


def make_model(shape, classes, widths=(8, 16)):
    inputs = Input(shape)
    x = inputs
    for i, width in enumerate(widths):
        x = conv_block(width, 0.1 * i)(x)
    x = Flatten()(x)
    return Model(inputs, Dense(classes, activation="softmax")(x), name="net")


model = make_model((32, 32, 3), 10)
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
x, y = np.random.rand(20, 32, 32, 3), keras.utils.to_categorical(np.arange(20) % 10, 10)
history = model.fit(x, y, validation_split=0.2, batch_size=7, epochs=1, verbose=0)
probabilities = model.predict(x[:3], verbose=0)
print(probabilities.shape, np.argmax(probabilities, axis=-1).shape, history.history["loss"])

features = Model(model.inputs, model.layers[-2].output)
print(features.predict(x[:2], verbose=0).shape, model.get_layer("net" if False else model.layers[-1].name).units)


class Residual(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.blocks = [Dense(units, activation="relu") for _ in range(2)]
        self.project = None
        self.units = units

    def build(self, input_shape):
        if input_shape[-1] != self.units:
            self.project = Dense(self.units)
        super().build(input_shape)

    def call(self, x, training=None):
        shortcut = x if self.project is None else self.project(x)
        for block in self.blocks:
            x = block(x)
        return x + shortcut


class Custom(Model):
    def __init__(self):
        super().__init__()
        self.body = Sequential([Residual(16), Residual(16)])
        self.head = Dense(1)

    def call(self, inputs, training=False):
        x = self.body(inputs)
        if training:
            x = tf.nn.dropout(x, 0.1)
        return self.head(x)

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            prediction = self(x, training=True)
            loss = tf.reduce_mean(tf.square(prediction[:, 0] - tf.cast(y, prediction.dtype)))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        return {"loss": loss}


custom = Custom()
custom.compile(optimizer="sgd")
custom.fit(np.zeros((12, 6)), np.zeros((12,)), batch_size=5, verbose=0)
print(custom(np.zeros((3, 6))).shape, custom.count_params())

variable = keras.Input((None, None, 3))
pooled = keras.layers.GlobalAveragePooling2D()(Conv2D(4, 3)(variable))
anysize = Model(variable, pooled)
print(anysize(np.zeros((2, 40, 50, 3))).shape, anysize(np.zeros((2, 9, 12, 3))).shape)

shared = Dense(4)
left, right = Input((3,)), Input((3,))
twins = Model([left, right], keras.layers.Dot(axes=1)([shared(left), shared(right)]))
print(twins([np.zeros((5, 3)), np.zeros((5, 3))]).shape)
