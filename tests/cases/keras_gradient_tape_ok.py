import keras
import tensorflow as tf

model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(10)])
optimizer = keras.optimizers.Adam()
loss_fn = keras.losses.CategoricalCrossentropy(from_logits=True)

x = tf.random.normal((16, 20))
y = tf.zeros((16, 10))
with tf.GradientTape() as tape:
    logits = model(x, training=True)
    loss = loss_fn(y, logits)
gradients = tape.gradient(loss, model.trainable_variables)
optimizer.apply_gradients(zip(gradients, model.trainable_variables))
