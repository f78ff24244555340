import numpy as np
import tensorflow as tf
from tensorflow.keras import Model, Sequential, layers


class ResidualBlock(layers.Layer):
    def __init__(self, filters, stride=1):
        super().__init__()
        self.conv1 = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)
        self.bn1 = layers.BatchNormalization()
        self.conv2 = layers.Conv2D(filters, 3, padding="same", use_bias=False)
        self.bn2 = layers.BatchNormalization()
        if stride != 1:
            self.shortcut = Sequential([layers.Conv2D(filters, 1, strides=stride), layers.BatchNormalization()])
        else:
            self.shortcut = lambda x: x

    def call(self, x, training=False):
        y = tf.nn.relu(self.bn1(self.conv1(x), training=training))
        y = self.bn2(self.conv2(y), training=training)
        return tf.nn.relu(y + self.shortcut(x))


class SmallResNet(Model):
    def __init__(self, classes):
        super().__init__()
        self.stem = layers.Conv2D(16, 3, padding="same")
        self.stages = [ResidualBlock(16, 1), ResidualBlock(32, 2), ResidualBlock(64, 2)]
        self.head = layers.Dense(classes)

    def call(self, x, training=False):
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x, training=training)
        x = tf.reduce_mean(x, axis=[1, 2])
        return self.head(tf.reshape(x, (-1, 64)))


model = SmallResNet(7)
loss_fn = tf.keras.losses.CategoricalCrossentropy(from_logits=True)
optimizer = tf.keras.optimizers.SGD(0.1)
images = np.random.rand(6, 16, 16, 3).astype("float32")
labels = tf.one_hot(np.random.randint(0, 7, (6,)), 7)
for step in range(2):
    with tf.GradientTape() as tape:
        logits = model(images[step * 3 : step * 3 + 3], training=True)
        loss = loss_fn(labels[step * 3 : step * 3 + 3], logits)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
