import keras
from keras import layers

model = keras.Sequential()
model.add(layers.Embedding(input_dim=5000, output_dim=32, input_shape=(80,)))
model.add(layers.LSTM(64, return_sequences=True))
model.add(layers.LSTM(32))
model.add(layers.Dense(1, activation="sigmoid"))
