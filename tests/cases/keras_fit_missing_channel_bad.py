import numpy as np
import tensorflow as tf

x_train = np.random.rand(48, 32, 32).astype("float32")
y_train = np.random.randint(0, 10, (48,))

model = tf.keras.models.Sequential(
    [
        tf.keras.layers.Input(shape=(32, 32, 3)),
        tf.keras.layers.Conv2D(4, 3, padding="same", activation="relu"),
        tf.keras.layers.GlobalAveragePooling2D(),
        tf.keras.layers.Dense(10),
    ]
)
loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile("adam", loss=loss)
model.fit(x_train, y_train, epochs=1, verbose=0)  # raises
