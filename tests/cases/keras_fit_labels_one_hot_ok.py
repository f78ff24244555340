import numpy as np
import keras
from keras.layers import Dense, Flatten
from keras.models import Sequential

x_train = np.random.rand(64, 28, 28).astype("float32")
y_train = keras.utils.to_categorical(np.random.randint(0, 10, 64), 10)

model = Sequential([Flatten(input_shape=(28, 28)), Dense(128, activation="relu"), Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x_train, y_train, epochs=1, batch_size=16, verbose=0)
