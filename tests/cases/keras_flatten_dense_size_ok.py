import numpy as np
import keras
from keras import layers

model = keras.Sequential()
model.add(keras.Input(shape=(28, 28, 1)))
model.add(layers.Conv2D(8, 3, activation="relu"))
model.add(layers.MaxPooling2D())
model.add(layers.Flatten())
model.add(layers.Dense(10))
model.compile(optimizer="adam", loss="mse")
print(model.output_shape)
out = model.predict(np.zeros((5, 28, 28, 1), dtype="float32"), verbose=0)
