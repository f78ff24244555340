import keras
import numpy as np
from keras import layers

inputs = keras.Input(shape=(12,), name="features")
hidden = layers.Dense(16, activation="relu")(inputs)
label = layers.Dense(3, activation="softmax", name="label")(hidden)
box = layers.Dense(2, name="box")(hidden)
model = keras.Model(inputs, {"label": label, "box": box})
model.compile(optimizer="adam", loss={"label": "sparse_categorical_crossentropy", "box": "mse"})
x = np.zeros((32, 12))
model.fit(x, {"label": np.zeros((32,)), "box": np.zeros((32, 4))}, verbose=0)  # raises
