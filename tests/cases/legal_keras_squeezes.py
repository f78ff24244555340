import keras
import numpy as np
from keras import layers

# Keras adds and drops a last axis of 1, broadcasts in mse, casts integers and indices: none of this raises.
images = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)])
print(images.predict(np.zeros((4, 28, 28)), verbose=0).shape)

rows = keras.Sequential([keras.Input((5,)), layers.Dense(3)])
print(rows.predict(np.zeros((4, 5, 1)), verbose=0).shape)
rows.compile(loss="mse", optimizer="sgd")
rows.fit(np.zeros((8, 5)), np.zeros((8, 1)), verbose=0)

steps = keras.Sequential([keras.Input((7, 2)), layers.Dense(1)])
steps.compile(loss="mse", optimizer="sgd")
steps.fit(np.zeros((8, 7, 2)), np.zeros((8, 7)), verbose=0)

single = keras.Sequential([keras.Input((5,)), layers.Dense(1, activation="sigmoid")])
single.compile(loss="binary_crossentropy", optimizer="sgd", metrics=["accuracy"])
single.fit(np.zeros((8, 5)), np.zeros((8,), dtype="int64"), verbose=0)

classes = keras.Sequential([keras.Input((5,)), layers.Dense(4, activation="softmax")])
classes.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
classes.fit(np.zeros((8, 5)), np.zeros((8, 1)), verbose=0)

words = keras.Sequential([layers.Embedding(100, 8), layers.GlobalAveragePooling1D(), layers.Dense(1)])
print(words(np.zeros((2, 6))).shape)

pixels = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.GlobalMaxPooling2D()])
print(pixels.predict(np.zeros((2, 8, 8, 3), dtype="uint8"), verbose=0).shape)

added = layers.Add()([keras.Input((4,)), keras.Input((3, 4))])
