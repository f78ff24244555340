import keras
import numpy as np
import tensorflow as tf
from keras import layers


def embedding_network(shape, size):
    inputs = layers.Input(shape)
    x = layers.Conv2D(8, (5, 5), activation="tanh")(inputs)
    x = layers.AveragePooling2D(pool_size=(2, 2))(x)
    x = layers.Conv2D(16, (5, 5), activation="tanh")(x)
    x = layers.AveragePooling2D(pool_size=(2, 2))(x)
    x = layers.Flatten()(x)
    x = layers.BatchNormalization()(x)
    return keras.Model(inputs, layers.Dense(size, activation="tanh")(x))


shape = (28, 28, 1)
tower = embedding_network(shape, 10)
left = layers.Input(shape)
right = layers.Input(shape)
first, second = tower(left), tower(right)
distance = layers.Lambda(lambda pair: tf.math.abs(pair[0] - pair[1]), output_shape=(10,))([first, second])
outputs = layers.Dense(1, activation="sigmoid")(layers.BatchNormalization()(distance))
siamese = keras.Model(inputs=[left, right], outputs=outputs)
siamese.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=["accuracy"])

pairs = np.random.rand(8, 2, 28, 28, 1)
labels = np.random.randint(0, 2, 8)
siamese.fit([pairs[:, 0], pairs[:, 1]], labels, batch_size=4, verbose=0)
matrix = keras.ops.matmul(tower(pairs[:, 0]), keras.ops.transpose(tower(pairs[:, 1])))
print(keras.ops.reshape(matrix, (4, 16)).shape)
