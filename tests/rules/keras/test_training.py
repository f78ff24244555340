"""What `fit` and `evaluate` do with data, losses, metrics and callbacks, and where KerasTensors do not go, against Keras."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.keras.programs import agree

NET = """
        model = Sequential([Input((4,)), layers.Dense(3)])
        x, y = np.zeros((6, 4)), np.zeros((6, 3))
"""
OWN_LOSS = """
        class Own(keras.losses.Loss):
            def __init__(self, **others):
                super().__init__(**others)
                self.scale = tf.constant([1.0, 2.0, 3.0])

            def call(self, y_true, y_pred):
                return tf.reduce_mean(tf.abs(y_true - y_pred) * self.scale, axis=-1)
"""
OWN_METRIC = """
        class Own(keras.metrics.Metric):
            def __init__(self):
                super().__init__(name="own")
                self.total = self.add_weight(name="total", initializer="zeros")

            def update_state(self, y_true, y_pred, sample_weight=None):
                self.total.assign_add(tf.reduce_sum(tf.cast(y_true, tf.float32) - y_pred))

            def result(self):
                return self.total
"""
CALLBACK = """
        class Watch(keras.callbacks.Callback):
            def __init__(self, data):
                super().__init__()
                self.data = data

            def on_epoch_end(self, epoch, logs=None):
                self.model.predict(self.data, verbose=0)

            def on_train_batch_end(self, batch, logs=None):
                if logs is not None:
                    self.seen = batch
"""

PROGRAMS = {
    "float64 becomes float32": f"""{NET}
        class Step(Model):
            def train_step(self, data):
                x, y = data
                return {{"loss": tf.reduce_mean(self(x) - y)}}
        inputs = Input((4,))
        step = Step(inputs, layers.Dense(3)(inputs))
        step.compile("sgd")
        step.fit(x, y, verbose=0)
    """,
    "function as loss": f"""{NET}
        def loss(y_true, y_pred):
            return tf.reduce_mean((y_true - y_pred) * np.array([1, 2, 3], "float32"), axis=-1)
        model.compile("sgd", loss)
        model.evaluate(x, y.astype("int64"), verbose=0)
    """,
    "function as loss, vector labels": """
        def loss(y_true, y_pred):
            return tf.square(tf.concat([y_true, y_pred], axis=1) - 1.0)
        model = Sequential([Input((4,)), layers.Dense(1)])
        model.compile("sgd", loss)
        model.evaluate(np.zeros((6, 4)), np.zeros(6), verbose=0)
    """,
    "class as loss": f"""{NET}{OWN_LOSS}
        model.compile("sgd", Own())
        model.evaluate(x, y, verbose=0)
        number = Own()(np.zeros((2, 3)), tf.ones((2, 3)))
        each = Own(reduction="none")(np.zeros((2, 3)), tf.ones((2, 3)))
    """,
    "class as loss, wrong": f"""{NET}{OWN_LOSS}
        model.compile("sgd", Own())
        model.evaluate(x, np.zeros((6, 2)), verbose=0)
    """,
    "class as loss, called wrong": f"""{OWN_LOSS}
        Own()(np.zeros((2, 3)), tf.ones((2, 4)))
    """,
    "class as metric": f"""{NET}{OWN_METRIC}
        model.compile("sgd", "mse", metrics=[Own()])
        model.evaluate(x, y, verbose=0)
        metric = Own()
        metric.update_state(np.zeros((2, 3)), tf.ones((2, 3)))
    """,
    "class as metric, wrong": f"""{NET}{OWN_METRIC.replace("- y_pred", "- y_pred[:, :2]")}
        model.compile("sgd", "mse", metrics=[Own()])
        model.evaluate(x, y, verbose=0)
    """,
    "function as metric, wrong": f"""{NET}
        def metric(y_true, y_pred):
            return tf.reduce_mean(y_pred - tf.ones((5,)), axis=-1)
        model.compile("sgd", "mse", metrics=[metric])
        model.evaluate(x, y, verbose=0)
    """,
    "metrics as a text": f"""{NET}
        model.compile("sgd", "mse", metrics="mae")
    """,
    "callback": f"""{NET}{CALLBACK}
        model.compile("sgd", "mse")
        model.fit(x, y, verbose=0, callbacks=[Watch(np.zeros((2, 4)))])
    """,
    "callback, wrong": f"""{NET}{CALLBACK}
        model.compile("sgd", "mse")
        model.fit(x, y, verbose=0, callbacks=[Watch(np.zeros((2, 5)))])
    """,
    "lambda as callback, wrong": f"""{NET}
        model.compile("sgd", "mse")
        hook = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: np.zeros(3) + np.zeros(4))
        model.fit(x, y, verbose=0, callbacks=[hook])
    """,
    "weights": f"""{NET}
        layer = model.layers[0]
        w, b = layer.get_weights()
        layer.set_weights([w * 2, b + 1])
        model.set_weights(model.get_weights())
        Sequential([Input((4,)), layers.Dropout(0.5), layers.Dense(3)]).set_weights(model.get_weights())
    """,
    "weights, transposed": f"""{NET}
        w, b = model.get_weights()
        model.set_weights([w.T, b])
    """,
    "weights, too many": f"""{NET}
        deep = Sequential([Input((4,)), layers.Dense(3), layers.Flatten(), layers.Dense(3)])
        model.set_weights(deep.get_weights())
    """,
    "symbolic call, last axis 1": """
        image = Input((8, 8, 3))
        net = Model(image, layers.Conv2D(4, 3)(image))
        line = Sequential([Input((7,)), layers.Dense(3)])
        net(Input((8, 8, 1)))
        line(Input((1,)))
    """,
    "symbolic call, wrong": """
        image = Input((8, 8, 3))
        Model(image, layers.Conv2D(4, 3)(image))(Input((8, 8, 4)))
    """,
    "symbolic call of a Sequential, wrong": """
        net = Sequential([Input((8, 8, 3)), layers.Conv2D(4, 3), layers.GlobalMaxPooling2D()])
        a, b = net(np.zeros((1, 9, 8, 3))), net(Input((8, 8, 3)))
        net(Input((9, 8, 3)))
    """,
    "states of a wrong size": """
        sequence, h, c = Input((5, 3)), Input((4,)), Input((6,))
        y, s, t = layers.LSTM(6, return_state=True)(sequence, initial_state=[h, c])
        model = Model([sequence, h, c], y)
        model.predict([np.zeros((2, 5, 3)), np.zeros((2, 4)), np.zeros((2, 6))], verbose=0)
    """,
    "states of another batch": """
        layers.GRUCell(6)(np.zeros((4, 3), "float32"), [tf.zeros((8, 6))])
    """,
    "a layer of two models, one of them wrong": """
        sequence, h, right = Input((5, 3)), Input((4,)), Input((6,))
        gru = layers.GRU(6)
        wrong = Model([sequence, h], gru(sequence, initial_state=h))
        model = Model([sequence, right], gru(sequence, initial_state=right))
        y = model.predict([np.zeros((2, 5, 3)), np.zeros((2, 6))], verbose=0)
        wrong.predict([np.zeros((2, 5, 3)), np.zeros((2, 4))], verbose=0)
    """,
    "attention that cannot run": """
        q, k = Input((5, 8)), Input((7, 6))
        y = layers.Attention()([q, k])
        Model([q, k], y)([np.zeros((2, 5, 8)), np.zeros((2, 7, 6))])
    """,
    "attention of several batches": """
        q, k = Input(batch_shape=(2, 5, 8)), Input(batch_shape=(3, 7, 8))
        y = layers.MultiHeadAttention(2, 4)(q, k)
        z = layers.Softmax(axis=5)(q)
    """,
    "masks": """
        q, k = np.ones((2, 5, 8), "float32"), np.ones((2, 7, 8), "float32")
        attend = layers.MultiHeadAttention(2, 4)
        a, b = attend(q, k, attention_mask=np.ones((2, 5, 7), bool)), attend(q, k, attention_mask=np.ones((1, 7), bool))
        attend(q, k, attention_mask=np.ones((2, 5, 5), bool))
    """,
    "adapted": """
        scale = layers.Normalization()
        scale.adapt(np.random.rand(10, 4))
        y = scale(np.zeros((2, 4)))
        scale(np.zeros((2, 5)))
    """,
    "optimizer and loss in the wrong order": "Sequential([layers.Dense(3)]).compile('mse', 'adam')",
    "an embedding that is set": """
        table = layers.Embedding(10, 4)
        table.build((1,))
        table.set_weights([np.zeros((10, 5))])
    """,
    "parts of a dataset": """
        data = tf.data.Dataset.from_tensor_slices((np.zeros((8, 4)), np.zeros(8), np.zeros(8))).batch(2)
        for x, *rest in data:
            kept = x
        for x, y, w in data:
            kept = x
        for x, y in data:
            kept = x
    """,
    "an item of a tensor": """
        v = tf.Variable(tf.zeros((3, 3)))
        v[0, 0].assign(1.0)
        x = tf.zeros((3, 3))
        x[0, 0] = 1.0
    """,
    "a shape that is one number": "y = keras.random.normal(4)",
    "labels in a list": f"""{NET}
        model.compile("sgd", "mse")
        model.evaluate(x, [0, 1, 0, 1, 0, 1], verbose=0)
        model.evaluate([x], [y], verbose=0)
    """,
    "a list of numbers": f"""{NET}
        z = model.predict([x], verbose=0)
        model.predict([[1.0, 2.0, 3.0, 4.0]], verbose=0)
    """,
    "what is given by position": """
        class Own(layers.Layer):
            def call(self, x, y=None, flag=False):
                return x
        x = tf.ones((2, 3))
        a, b, c = Own()(x, None), Own()(x, np.ones(3)), Own()(x, [])
        d, e = Own()(x, flag=True), layers.Dropout(0.5)(x, training=True)
        f = layers.Rescaling(2.0)(3.0)
        Own()(x, x, True)
    """,
    "defaults of a call that nobody makes": """
        class Own(layers.Layer):
            def call(self, x, training=True, scale=2.0):
                return x * scale if training else x
    """,
    "training by position": "layers.BatchNormalization()(tf.ones((2, 3)), True)",
    "training by position, Sequential": "Sequential([layers.Dense(1)])(tf.ones((2, 3)), True)",
    "KerasTensor in TensorFlow": "y = tf.concat([Input((3,)), Input((3,))], axis=1)",
    "KerasTensor in NumPy": "y = np.square(Input((3,)))",
    "KerasTensor behind an array": "y = np.ones(3) + Input((3,))",
    "KerasTensor before an array": """
        x = Input((3,))
        a, b, c = x * np.ones(3), tf.constant(2.0) * x, x @ np.ones((3, 2))
        d = keras.ops.square(x)
    """,
    "KerasTensor tested": """
        x = Input((3,))
        if x > 0:
            y = x
    """,
    "KerasTensor iterated": "a, b = layers.GRU(4)(Input((2, 3)))",
    "KerasTensor's method": "y = Input((3,)).numpy()",
    "KerasTensor's shape": "y = layers.Dense(3)(Input((3,))).get_shape()",
    "KerasTensor in a layer's call": """
        class Square(layers.Layer):
            def call(self, x):
                if x.shape[-1] == 3:
                    x = tf.square(x)
                return tf.concat([x, x.get_shape()[-1] * x], axis=-1)
        y = Square()(Input((3,)))
        z = layers.Lambda(lambda t: tf.reduce_sum(t, axis=1))(y)
    """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    agree(PROGRAMS[name])


@settings(max_examples=8, deadline=None)
@given(
    st.integers(1, 3), st.sampled_from(["'mse'", "['mse']", "['mse', 'mse']", "['mse', None]", "['mse'] * 3"]),
    st.integers(0, 3), st.sampled_from(["None", "['mae']", "['mae', 'mae']"]),
)  # fmt: skip
def test_labels_losses_and_metrics_for_outputs(outputs: int, loss: str, labels: int, metrics: str) -> None:
    made = ", ".join(["layers.Dense(2)(x)"] * outputs)
    given = ", ".join(["np.zeros((6, 2))"] * labels)
    agree(f"""
        x = Input((4,))
        model = Model(x, [{made}])
        model.compile("sgd", {loss}, metrics={metrics})
        model.evaluate(np.zeros((6, 4)), {f"[{given}]" if labels else "np.zeros((6, 2))"}, verbose=0)
    """)
