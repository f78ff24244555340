import keras
import numpy as np
from keras import layers

text_input = keras.Input(shape=(100,), name="text")
image_input = keras.Input(shape=(64,), name="image")
joined = layers.concatenate([layers.Dense(32)(text_input), layers.Dense(32)(image_input)])
model = keras.Model([text_input, image_input], layers.Dense(1)(joined))

texts, images = np.zeros((8, 100)), np.zeros((8, 64))
print(model.predict([texts], verbose=0).shape)  # raises
