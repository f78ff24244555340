import numpy as np
from tensorflow.keras import Input, Model
from tensorflow.keras.layers import Conv2D, Conv2DTranspose, Dense, Flatten, MaxPooling2D, Reshape, UpSampling2D

latent = 16

inputs = Input(shape=(32, 32, 3))
x = Conv2D(16, (3, 3), activation="relu", padding="same")(inputs)
x = MaxPooling2D((2, 2), padding="same")(x)
x = Conv2D(8, (3, 3), activation="relu", padding="same")(x)
x = MaxPooling2D((2, 2), padding="same")(x)
x = Flatten()(x)
code = Dense(latent, name="code")(x)
encoder = Model(inputs, code, name="encoder")

decoder_input = Input(shape=(latent,))
x = Dense(8 * 8 * 8, activation="relu")(decoder_input)
x = Reshape((8, 8, 8))(x)
x = Conv2DTranspose(8, 3, strides=2, activation="relu", padding="same")(x)
x = UpSampling2D((2, 2))(x)
outputs = Conv2D(3, (3, 3), activation="sigmoid", padding="same")(x)
decoder = Model(decoder_input, outputs, name="decoder")

autoencoder = Model(inputs, decoder(encoder(inputs)))
autoencoder.compile(optimizer="adam", loss="mse")
images = np.random.rand(8, 32, 32, 3)
autoencoder.fit(images, images, epochs=1, batch_size=4, verbose=0)
codes = encoder.predict(images, verbose=0)
print(decoder.predict(codes.reshape(8, 16), verbose=0).shape)
