import keras
import numpy as np

model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)])
model.compile(loss="mse", optimizer="sgd")
x, y = np.zeros((100, 5)), np.zeros((100, 1))
model.fit(x, y, verbose=0)
