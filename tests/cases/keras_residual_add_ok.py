import keras
from keras import layers


def residual_block(x, filters):
    shortcut = x
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(filters, 3, padding="same")(x)
    return layers.add([shortcut, x])


inputs = keras.Input((64, 64, 3))
x = layers.Conv2D(64, 7, strides=2, padding="same")(inputs)
x = residual_block(x, 64)
outputs = layers.Dense(10)(layers.Flatten()(x))
model = keras.Model(inputs=inputs, outputs=outputs)
