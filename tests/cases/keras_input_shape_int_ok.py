import keras

inputs = keras.Input(shape=(784,))
outputs = keras.layers.Dense(10)(inputs)
model = keras.Model(inputs, outputs)
