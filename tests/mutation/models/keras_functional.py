import keras
import numpy as np
from keras import layers

vocabulary, tags, departments = 500, 12, 4

title = keras.Input(shape=(20,), name="title")
body = keras.Input(shape=(60,), name="body")
marks = keras.Input(shape=(tags,), name="tags")

title_features = layers.Embedding(vocabulary, 16)(title)
body_features = layers.Embedding(vocabulary, 16)(body)
title_features = layers.LSTM(32)(title_features)
body_features = layers.LSTM(24)(body_features)

x = layers.concatenate([title_features, body_features, marks])
x = layers.Dense(68, activation="relu")(x)
x = layers.add([x, layers.concatenate([title_features, body_features, marks])])
x = layers.Reshape((4, 17))(x)
x = layers.Conv1D(8, 3, padding="same")(x)
x = layers.Flatten()(x)

priority = layers.Dense(1, name="priority")(x)
department = layers.Dense(departments, name="department")(x)

model = keras.Model(inputs=[title, body, marks], outputs=[priority, department])
model.compile(
    optimizer="rmsprop",
    loss=[keras.losses.BinaryCrossentropy(from_logits=True), keras.losses.CategoricalCrossentropy(from_logits=True)],
    loss_weights=[1.0, 0.2],
)

titles = np.random.randint(0, vocabulary, size=(12, 20))
bodies = np.random.randint(0, vocabulary, size=(12, 60))
flags = np.random.randint(0, 2, size=(12, 12)).astype("float32")
urgent = np.random.random(size=(12, 1))
sections = np.random.randint(0, 2, size=(12, departments))
model.fit([titles, bodies, flags], [urgent, sections], epochs=1, batch_size=6, verbose=0)
