import numpy as np
import tensorflow as tf

AUTOTUNE = tf.data.AUTOTUNE
images, labels = np.zeros((103, 32, 32, 3), dtype=np.uint8), np.zeros((103, 1), dtype=np.int64)


def decode(path):
    image = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
    image = tf.image.resize(image, [64, 64])
    label = tf.strings.split(path, "/")[-2]
    return image, label


def augment(image, label):
    image = tf.image.convert_image_dtype(image, tf.float32)
    image = tf.image.random_flip_left_right(image)
    image = tf.image.resize_with_crop_or_pad(image, 36, 36)
    image = tf.image.random_crop(image, size=[32, 32, 3])
    if tf.random.uniform(()) > 0.5:
        image = tf.image.rgb_to_grayscale(image)
        image = tf.image.grayscale_to_rgb(image)
    return tf.image.random_brightness(image, 0.1), label


files = tf.data.Dataset.from_tensor_slices(["a/b.jpg", "c/d.jpg"]).map(decode, num_parallel_calls=AUTOTUNE)
dataset = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(50).map(augment).batch(10).prefetch(AUTOTUNE)
for x, y in dataset.take(2):
    features = tf.reshape(x, (tf.shape(x)[0], -1)) @ tf.zeros((3072, 5))
    loss = tf.reduce_mean(tf.keras.losses.sparse_categorical_crossentropy(y, features))
size = sum(int(x.shape[0]) for x, _ in dataset)
first, rest = dataset.take(1), dataset.skip(1)
for index, (x, y) in dataset.enumerate():
    print(int(index), x.shape)
pairs = tf.data.Dataset.zip((dataset, dataset.repeat(2)))
for (x, _), (other, _) in pairs:
    print(tf.concat([x, other], axis=0).shape)


def numbers():
    for n in range(5):
        yield np.zeros(n + 1, dtype=np.float32), n


sequences = tf.data.Dataset.from_generator(
    numbers, output_signature=(tf.TensorSpec([None], tf.float32), tf.TensorSpec([], tf.int32))
)
for values, lengths in sequences.padded_batch(2, padded_shapes=([None], [])):
    mask = tf.sequence_mask(lengths + 1, tf.shape(values)[1], dtype=tf.float32)
    print((values * mask).shape)
for values, _ in sequences.padded_batch(2, padded_shapes=([8], [])):
    print((values @ tf.zeros((8, 2))).shape)
named = tf.data.Dataset.from_tensor_slices({"x": images, "y": labels}).map(lambda row: (row["x"], row["y"][0])).batch(4)
x, y = next(iter(named))
array = next(named.as_numpy_iterator())[0].astype("float32") / 255
evens = tf.data.Dataset.range(10).filter(lambda n: n % 2 == 0).map(lambda n: n * n).batch(3)
print([b.numpy() for b in evens], len(list(evens)), evens.element_spec)
flat = tf.data.Dataset.from_tensor_slices(images).batch(7).unbatch().batch(5, drop_remainder=True)
for block in flat:
    total = tf.reshape(block, (5, 3072))
