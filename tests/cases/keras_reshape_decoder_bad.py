import keras
from keras import layers

decoder = keras.Sequential(  # raises
    [
        keras.Input((2,)),
        layers.Dense(7 * 7 * 64, activation="relu"),
        layers.Reshape((7, 7, 32)),
        layers.Conv2DTranspose(32, 3, strides=2, padding="same"),
    ]
)
