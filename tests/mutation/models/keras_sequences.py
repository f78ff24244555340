import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras.layers import LSTM, Bidirectional, Dense, Dropout, RepeatVector, TimeDistributed

series = np.sin(np.arange(200) / 10.0)
window = 24


def windowed(values, size):
    x, y = [], []
    for start in range(40):
        x.append(values[start : start + size])
        y.append(values[start + size])
    return np.array(x), np.array(y)


x, y = windowed(series, window)
x = x.reshape((40, 24, 1))
dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(40).batch(8, drop_remainder=True)

model = keras.Sequential()
model.add(keras.Input((24, 1)))
model.add(Bidirectional(LSTM(16, return_sequences=True)))
model.add(Dropout(0.2))
model.add(LSTM(12))
model.add(Dense(1))
model.compile(loss="mae", optimizer="adam")
model.fit(dataset, epochs=1, verbose=0)

forecaster = keras.Sequential(
    [
        keras.Input((24, 1)),
        LSTM(10, activation="tanh"),
        RepeatVector(6),
        LSTM(10, return_sequences=True),
        TimeDistributed(Dense(1)),
    ]
)
forecaster.compile(loss="mse", optimizer="adam")
targets = np.stack([series[i + 24 : i + 30] for i in range(40)]).reshape(40, 6, 1)
forecaster.fit(x, targets, batch_size=10, verbose=0)
