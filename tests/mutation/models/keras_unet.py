import keras
import numpy as np
from keras import layers


def conv_block(x, filters, kernel=3):
    for _ in range(2):
        x = layers.Conv2D(filters, kernel, padding="same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
    return x


def make_unet(size, classes, widths=(8, 16, 32)):
    inputs = keras.Input(shape=size + (3,))
    skips = []
    x = inputs
    for width in widths[:-1]:
        x = conv_block(x, width)
        skips.append(x)
        x = layers.MaxPooling2D(2)(x)
    x = conv_block(x, widths[-1])
    for width, skip in zip(reversed(widths[:-1]), reversed(skips)):
        x = layers.Conv2DTranspose(width, 2, strides=2, padding="same")(x)
        x = layers.Concatenate(axis=-1)([x, skip])
        x = conv_block(x, width)
    outputs = layers.Conv2D(classes, 1, activation="softmax")(x)
    return keras.Model(inputs, outputs)


model = make_unet((32, 48), 5)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
masks = np.random.randint(0, 5, (4, 32, 48, 1))
model.fit(np.random.rand(4, 32, 48, 3), masks, batch_size=2, verbose=0)
