import keras
import numpy as np
from keras import layers

inputs = keras.Input((64, 64, 3))
x = layers.Conv2D(4, 3)(inputs)
outputs = layers.Dense(5)(layers.Flatten()(x))
model = keras.Model(inputs, outputs)
image = np.zeros((64, 64, 3), dtype="float32")
print(model.predict(image[np.newaxis], verbose=0).shape)
