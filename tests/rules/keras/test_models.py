"""Models of Keras, whole: how they are made, called and asked about themselves, against the real ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.keras.programs import agree

PROGRAMS = {
    "sequential_list": """
        model = Sequential([Input((28, 28)), layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(10)])
        shape_in, shape_out = model.input_shape, model.output_shape
        first, last, count = model.layers[0], model.layers[-1], len(model.layers)
        result = model(np.zeros((3, 28, 28)))
        array = model.predict(np.zeros((5, 28, 28)), verbose=0)
        number = model.count_params()
    """,
    "sequential_add": """
        model = Sequential(name="net")
        model.add(layers.Dense(8, input_shape=(5,)))
        model.add(layers.Dropout(0.5))
        model.add(layers.Dense(3, name="head"))
        popped = None
        head = model.get_layer("head").output
        width = model.get_layer(index=0).units
        model.pop()
        smaller = model.output_shape
    """,
    "sequential_deferred": """
        model = Sequential([layers.Dense(4), layers.Dense(2)])
        y = model(tf.zeros((7, 3)))
        known = model.input_shape[1:]
        z = model(tf.zeros((9, 3)))
    """,
    "sequential_built": """
        model = Sequential([layers.Dense(4), layers.Dense(2)])
        model.build((None, 6))
        out = model.output_shape
    """,
    "sequential_in_sequential": """
        encoder = Sequential([Input((12,)), layers.Dense(4)], name="encoder")
        decoder = Sequential([Input((4,)), layers.Dense(12)])
        both = Sequential([encoder, decoder])
        out = both.output_shape
        y = both(np.ones((2, 12)))
    """,
    "functional": """
        a = Input(shape=(16,), name="a")
        b = Input((8,), batch_size=4)
        x = layers.Dense(8)(a)
        model = Model(inputs=a, outputs=[x, layers.Dense(3)(x)], name="two")
        first, second = model(np.zeros((5, 16)))
        names = [layer.name for layer in model.layers]
        taps = Model(model.input, model.layers[1].output)
        tap = taps(np.zeros((2, 16)))
    """,
    "functional_dict": """
        inputs = {"left": Input((3,), name="left"), "right": Input((4,), name="right")}
        both = layers.Dense(5)(inputs["left"]) + layers.Dense(5)(inputs["right"])
        model = Model(inputs, {"sum": both, "last": layers.Dense(1)(both)})
        out = model({"left": np.zeros((2, 3)), "right": np.zeros((2, 4))})
        total = out["sum"]
    """,
    "nested": """
        inner_in = Input((6,))
        inner = Model(inner_in, layers.Dense(2)(inner_in), name="inner")
        x = Input((6,))
        y = inner(x)
        z = layers.Dense(3)(y)
        model = Model(x, z)
        out = model(np.zeros((4, 6)))
        names = [layer.name for layer in model.layers]
        same = model.get_layer("inner").layers[-1].units
    """,
    "shared_layer": """
        shared = layers.Dense(4)
        a, b = Input((3,)), Input((3,))
        x, y = shared(a), shared(b)
        model = Model([a, b], [x, y])
        kernel = shared.kernel
        out = model([np.zeros((2, 3)), np.zeros((2, 3))])
    """,
    "own_layer": """
        class Scale(layers.Layer):
            def __init__(self, units=4, **kwargs):
                super().__init__(**kwargs)
                self.units = units

            def build(self, input_shape):
                self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="zeros", name="w")
                self.b = self.add_weight(shape=(self.units,), dtype="float32")

            def call(self, x):
                return tf.matmul(x, self.w) + self.b

        layer = Scale(3)
        y = layer(tf.zeros((2, 5)))
        weight = layer.w
        z = Scale(name="again")(Input((7,)))
    """,
    "own_model": """
        class Net(keras.Model):
            def __init__(self, hidden):
                super().__init__()
                self.hidden = [layers.Dense(h) for h in hidden]
                self.head = layers.Dense(2)

            def call(self, x, training=False):
                for layer in self.hidden:
                    x = layer(x)
                return self.head(x), x

        net = Net([8, 4])
        out, features = net(np.zeros((3, 6)))
        symbolic, inside = net(Input((6,)))
    """,
    "batch_size_of_input": """
        x = Input((3,), batch_size=5)
        y = layers.Dense(2)(x)
        shape = y.shape
    """,
    "float64_is_cast": """
        layer = layers.Dense(2)
        y = layer(np.zeros((3, 4), dtype="float64"))
        half = layers.Dense(2, dtype="float16")(np.zeros((3, 4)))
        mixed = layers.Dense(2, dtype="mixed_float16")
        m = mixed(np.zeros((3, 4)))
        kernel = mixed.kernel
    """,
    "clone": """
        x = Input((3,))
        model = Model(x, layers.Dense(2)(x))
        copy = keras.models.clone_model(model)
        shape = copy.output_shape
    """,
    "unknown_input_rank": """
        model = Sequential([layers.Dense(4), layers.Dense(1)])
        model.compile(loss="mse", optimizer="sgd")
        model.fit(np.zeros((8, 3)), np.zeros((8, 1)), verbose=0)
        p = model.predict(np.zeros((6, 3)), verbose=0)
    """,
    "shape_is_an_int": "x = Input(shape=5)",
    "disagreeing_inputs": """
        x = Input((4,))
        model = Model(x, layers.Dense(2)(x))
        y = model(np.zeros((3, 5)))
    """,
    "missing_axis": """
        x = Input((4, 3))
        model = Model(x, layers.Dense(2)(x))
        y = model.predict(np.zeros((3, 4)), verbose=0)
    """,
    "one_input_too_many": """
        x = Input((4,))
        model = Model(x, layers.Dense(2)(x))
        y = model([np.zeros((3, 4)), np.zeros((3, 4))])
    """,
    "no_channels_needed": """
        x = Input((4, 1))
        model = Model(x, layers.Dense(2)(x))
        y = model(np.zeros((3, 4)))
    """,
    "samples_differ": """
        model = Sequential([Input((4,)), layers.Dense(1)])
        model.compile(loss="mse", optimizer="sgd")
        model.fit(np.zeros((8, 4)), np.zeros((7, 1)), verbose=0)
    """,
    "samples_differ_where_split": """
        model = Sequential([Input((4,)), layers.Dense(1)])
        model.compile(loss="mse", optimizer="sgd")
        model.fit(np.zeros((8, 4)), np.zeros((9, 1)), validation_split=0.25, verbose=0)
    """,
    "too_few_labels_where_split": """
        model = Sequential([Input((4,)), layers.Dense(1)])
        model.compile(loss="mse", optimizer="sgd")
        model.fit(np.zeros((8, 4)), np.zeros((7, 1)), validation_split=0.25, verbose=0)
    """,
    "another_number_of_channels_than_one": """
        x = Input((8, 8, 1))
        model = Model(x, layers.Conv2D(2, 3)(x))
        y = model.predict(np.zeros((2, 8, 8, 3)), verbose=0)
    """,
    "not_connected": """
        x, other = Input((4,)), Input((4,))
        model = Model(other, layers.Dense(2)(x))
    """,
    "not_connected_to_what_was_made_of_it": """
        x = Input((4,))
        model = Model(x * 2, layers.Dense(2)(x))
    """,
    "from_the_middle": """
        x = Input((4,))
        h = layers.Dense(3)(x)
        y = layers.Dense(2)(h)
        head = Model(h, y)
        out = head(np.zeros((5, 3)))
    """,
    "features_of_later_call": """
        layer = layers.Dense(3)
        a = layer(np.zeros((2, 5)))
        b = layer(np.zeros((2, 6)))
    """,
    "train_on_batch": """
        model = Sequential([Input((4,)), layers.Dense(1)])
        model.compile(loss="mse", optimizer="sgd")
        loss = model.train_on_batch(np.zeros((8, 4)), np.zeros((8, 1)))
        p = model.predict_on_batch(np.zeros((8, 4)))
    """,
}
NEED_NOT_KNOW = {"sequential_list": ("number",), "train_on_batch": ("loss",)}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    agree(PROGRAMS[name], *NEED_NOT_KNOW.get(name, ()))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_order_of_layers(data: st.DataObject) -> None:
    """`model.layers` of a random graph has Keras' own order."""
    lines = ["t0 = Input((4,))", "t1 = Input((4,))"]
    count = data.draw(st.integers(1, 7))
    for i in range(2, 2 + count):
        below = data.draw(st.lists(st.integers(0, i - 1), min_size=1, max_size=2, unique=True))
        call = f"layers.Dense(4)(t{below[0]})" if len(below) == 1 else f"layers.Add()([t{below[0]}, t{below[1]}])"
        lines.append(f"t{i} = {call}")
    last = data.draw(st.lists(st.integers(2, 1 + count), min_size=1, max_size=2, unique=True))
    ends = ", ".join(f"t{i}" for i in last)
    body = "\n".join(lines)
    used = _reached(body, last)
    ins = ", ".join(f"t{i}" for i in (0, 1) if i in used)
    agree(f"{body}\nmodel = Model([{ins}], [{ends}])\nnames = [layer.name for layer in model.layers]\n")


def _reached(body: str, ends: list[int]) -> set[int]:
    below = {}
    for line in body.splitlines():
        if line.startswith("t") and "](" not in line:
            name, _, made = line.partition(" = ")
            below[int(name[1:])] = [
                int(p) for p in "".join(c if c.isdigit() else " " for c in made.partition(")(")[2]).split()
            ]
    found: set[int] = set()
    stack = list(ends)
    while stack:
        each = stack.pop()
        if each not in found:
            found.add(each)
            stack.extend(below.get(each, ()))
    return found
