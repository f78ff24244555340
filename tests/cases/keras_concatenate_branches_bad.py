from keras import Input, Model, layers

inputs = Input(shape=(32, 32, 3))
a = layers.Conv2D(16, 3, strides=1, padding="same")(inputs)
b = layers.Conv2D(16, 3, strides=2, padding="same")(inputs)
merged = layers.Concatenate()([a, b])  # raises
outputs = layers.Dense(4)(layers.GlobalAveragePooling2D()(merged))
model = Model(inputs, outputs)
