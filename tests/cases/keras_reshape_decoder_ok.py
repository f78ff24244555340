import keras
from keras import layers

decoder = keras.Sequential(
    [
        keras.Input((2,)),
        layers.Dense(7 * 7 * 64, activation="relu"),
        layers.Reshape((7, 7, 64)),
        layers.Conv2DTranspose(32, 3, strides=2, padding="same"),
    ]
)
