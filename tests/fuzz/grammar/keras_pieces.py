"""Pieces of Keras programs: Sequential, functional and subclassed models, and fitting them to arrays."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.fuzz.grammar.blocks import Words, some, steps
from tests.fuzz.grammar.keras_scenes import SCENES
from tests.fuzz.grammar.plain import configuration, puzzle
from tests.fuzz.grammar.scope import Scope, Writer, indented

SIZES = (1, 2, 3, 4, 5, 6, 8)


def is_tensor(value: Any) -> bool:
    """A symbolic tensor of Keras, or one of TensorFlow."""
    if isinstance(value, tf.Tensor):
        return value.shape.rank is not None
    return isinstance(value, keras.KerasTensor) and value.shape is not None


def program(rng: random.Random) -> str:
    """A program, which may raise."""
    keras.utils.set_random_seed(0)
    w = Writer(rng, is_tensor, _WORDS)
    w.need("import numpy as np")
    w.need(
        rng.choice(
            [
                "import keras\nfrom keras import layers",
                "from tensorflow import keras\nfrom tensorflow.keras import layers",
                "import keras\nfrom keras import layers, ops",
            ]
        )
    )
    if rng.random() < 0.6:
        configuration(w)
    script = Scope(w, w.env)
    w.scopes.append(script)
    if rng.random() < 0.5:
        rng.choice(SCENES)(script)
    else:
        for _ in range(rng.choice([1, 1, 2])):
            rng.choice([_sequential, _functional, _functional, _subclassed, _tensors])(script)
    return w.text(script.lines)


# -- layers --------------------------------------------------------------------------------------------------------


def layer(s: Scope, x: Any) -> str:
    """A layer that may suit a tensor."""
    r = s.rng
    rank = len(x.shape)
    n, k = s.size(r.choice(SIZES), 0.3), some(s, "1", "2", "3", "(3, 1)")
    activation = some(s, "", "", ", activation='relu'", ", activation='softmax'", ", activation=None")
    plain = some(
        s,
        f"layers.Dense({n}{activation})",
        f"layers.Dense({n}{activation})",
        f"layers.Dense(units={n})",
        "layers.Dropout(0.2)",
        "layers.BatchNormalization()",
        "layers.LayerNormalization()",
        "layers.Flatten()",
        "layers.Activation('relu')",
        "layers.ReLU()",
        "layers.LeakyReLU(0.1)",
        "layers.Softmax()",
        f"layers.Reshape((-1, {s.size(2)}))",
        f"layers.Reshape(({s.size(r.choice(SIZES))}, -1))",
        "layers.Rescaling(1.0 / 255)",
        "layers.GaussianNoise(0.1)",
        f"layers.RepeatVector({s.size(3)})",
        "layers.UnitNormalization()",
        "layers.PReLU()",
        "layers.Lambda(lambda t: t * 2)",
        "layers.Identity()",
        "layers.Lambda(lambda t: t[:, ::2])",
    )
    if rank == 4:
        pad = some(s, "", ", padding='same'", ", strides=2", ", strides=2, padding='same'", activation)
        return some(s, f"layers.Conv2D({n}, {k}{pad})", f"layers.Conv2D({n}, {k}{pad})", f"layers.Conv2D(filters={n}, kernel_size=3, padding='same'{activation})", "layers.MaxPooling2D()", f"layers.MaxPooling2D({some(s, '2', '(2, 1)', 'pool_size=2, strides=1')})", "layers.AveragePooling2D(2, padding='same')", "layers.GlobalAveragePooling2D()", "layers.GlobalMaxPooling2D(keepdims=True)", f"layers.Conv2DTranspose({n}, 3, strides=2, padding='same')", "layers.UpSampling2D()", "layers.ZeroPadding2D(1)", "layers.Cropping2D(1)", f"layers.SeparableConv2D({n}, 3)", "layers.DepthwiseConv2D(3, padding='same')", "layers.Permute((3, 1, 2))", f"layers.Resizing({s.size(4)}, {s.size(6)})", f"layers.TimeDistributed(layers.Dense({n}))", "layers.SpatialDropout2D(0.1)", "layers.RandomFlip()", "layers.GroupNormalization(1)", plain)  # fmt: skip
    if rank == 3:
        return some(s, f"layers.LSTM({n}{some(s, '', ', return_sequences=True')})", f"layers.GRU({n}{some(s, '', ', return_sequences=True')})", f"layers.Bidirectional(layers.LSTM({n}{some(s, '', ', return_sequences=True')}))", f"layers.Conv1D({n}, {some(s, '1', '2', '3')}{some(s, '', ', padding=' + repr('same'), ', padding=' + repr('causal'), ', strides=2')})", "layers.MaxPooling1D(2)", "layers.GlobalAveragePooling1D()", "layers.GlobalMaxPooling1D()", "layers.Permute((2, 1))", f"layers.TimeDistributed(layers.Dense({n}))", f"layers.SimpleRNN({n})", "layers.ZeroPadding1D(1)", "layers.UpSampling1D(2)", "layers.AveragePooling1D()", "layers.Cropping1D(1)", f"layers.Conv1DTranspose({n}, 2)", plain, plain)  # fmt: skip
    return plain


def data_shape(s: Scope) -> list[int]:
    """Sizes of one sample."""
    r = s.rng
    rank = r.choice([1, 1, 2, 2, 3, 3])
    shape = [r.choice(SIZES) for _ in range(rank)]
    if rank == 3:
        shape[:2] = [r.choice((4, 6, 8)), r.choice((4, 5, 8))]
    return shape


def _shape_text(s: Scope, shape: Sequence[int]) -> str:
    sizes = ", ".join(s.size(n, 0.4) for n in shape)
    return f"({sizes},)" if len(shape) == 1 else f"({sizes})"


def _layers(s: Scope, shape: Sequence[int], count: int) -> list[str]:
    """Texts of layers that fit one behind the other."""
    x: Any = keras.KerasTensor((None, *shape))
    found: list[str] = []
    for _ in range(count * 5):
        text = layer(s, x)
        try:
            y = eval(text, s.env)(x)
        except Exception:
            continue
        if is_tensor(y) and all(n is None or 0 < n < 200 for n in y.shape) and len(y.shape) <= 5:
            found.append(text)
            x = y
        if len(found) >= count:
            break
    return found


# -- models --------------------------------------------------------------------------------------------------------


def _sequential(s: Scope) -> None:
    w, r = s.writer, s.rng
    shape = data_shape(s)
    texts = _layers(s, shape, r.choice([1, 2, 3, 4]))
    if not texts:
        return
    model = w.fresh(r.choice(["model", "net", "classifier"]))
    head = some(
        s,
        f"keras.Input({_shape_text(s, shape)})",
        f"keras.Input(shape={_shape_text(s, shape)})",
        f"layers.Input({_shape_text(s, shape)})",
        "",
    )
    listed = [t for t in [head, *texts] if t]
    if r.random() < 0.5:
        ok = s.run(f"{model} = keras.Sequential([{', '.join(listed)}])")
    elif r.random() < 0.5:
        ok = s.run("\n".join([f"{model} = keras.models.Sequential()", *(f"{model}.add({t})" for t in listed)]))
    else:
        f = w.fresh("build_model")
        ok = s.run(
            "\n".join(
                [
                    f"def {f}(width={r.choice(SIZES)}):",
                    *indented(["net = keras.Sequential()", *(f"net.add({t})" for t in listed), "return net"]),
                    "",
                    "",
                    f"{model} = {f}()",
                ]
            )
        )
    if ok:
        _use(s, model, shape)


def _merge(s: Scope, xs: Sequence[str]) -> str:
    listed = f"[{', '.join(xs)}]"
    return some(
        s,
        f"layers.Concatenate()({listed})",
        f"layers.concatenate({listed})",
        f"layers.Add()({listed})",
        f"layers.add({listed})",
        f"layers.Concatenate(axis={some(s, '1', '-1', '2')})({listed})",
        f"{xs[0]} + {xs[-1]}",
        f"{xs[0]} * {xs[-1]}",
        f"layers.Multiply()({listed})",
        f"layers.Dot(axes={some(s, '1', '-1', '(1, 2)')})({listed})",
        f"layers.Average()({listed})",
        f"layers.Subtract()([{xs[0]}, {xs[-1]}])",
        f"layers.MultiHeadAttention(2, 3)({xs[0]}, {xs[-1]})",
        f"layers.Attention()({listed})",
        f"keras.ops.matmul({xs[0]}, {xs[-1]})",
        f"layers.Maximum()({listed})",
    )


def _connect(s: Scope, count: int) -> None:
    """Connect symbolic tensors with layers."""
    for _ in range(count):
        names = [n for n in s.tensors() if isinstance(s.env[n], keras.KerasTensor)]
        x = s.pick(lambda v: isinstance(v, keras.KerasTensor))
        if x is None:
            return
        y = s.target() if s.rng.random() < 0.5 else x if x in s.own else s.target()
        roll = s.rng.random()
        if roll < 0.55:
            s.run(f"{y} = {layer(s, s.env[x])}({x})")
        elif roll < 0.75:
            other = s.rng.choice(names)
            s.run(f"{y} = {_merge(s, [x, other])}")
        elif roll < 0.85:
            n = s.size(s.rng.choice(SIZES))
            s.run(
                some(
                    s,
                    f"{y} = {x}\nfor units in ({n}, {s.size(3)}):\n    {y} = layers.Dense(units)({y})",
                    f"shortcut = {x}\n{y} = layers.Dense({x}.shape[-1])({x})\n{y} = layers.add([{y}, shortcut])",
                    f"{y} = layers.Dense({x}.shape[-1] // 2 + 1)({x})",
                    f"{y} = {x}\nfor i in range(2):\n    {y} = layers.Dense({n} * (i + 1), name=f'fc_{y}_{{i}}')({y})",
                    f"{y} = layers.Concatenate()([layers.Dense(k)({x}) for k in ({n}, 2)])",
                    f"{y} = layers.Conv2D({x}.shape[-1], 3, padding='same')({x})\n{y} = layers.Add()([{x}, {y}])",
                    f"{y} = {x}[:, 0]",
                    f"{y} = keras.ops.mean({x}, axis=1)",
                    f"{y} = {x}[..., :{s.size(2)}]",
                    f"{y} = keras.ops.reshape({x}, (-1, {n}))",
                    f"{y} = keras.ops.transpose({x}, (0, 2, 1))",
                    f"{y} = keras.ops.expand_dims({x}, -1)",
                    f"{y} = keras.ops.softmax({x}, axis=-1)",
                    f"b = layers.BatchNormalization()\n{y} = layers.Activation('relu')(b({x}))",
                    f"{y} = (lambda t: layers.Dense({n})(t))({x})",
                )
            )
        else:
            puzzle(s)


def _functional(s: Scope) -> None:
    w, r = s.writer, s.rng
    inputs: list[str] = []
    shapes = []
    for _ in range(r.choice([1, 1, 1, 2])):
        shape = data_shape(s)
        name = w.fresh("inputs")
        if s.run(
            some(
                s,
                f"{name} = keras.Input({_shape_text(s, shape)})",
                f"{name} = keras.Input(shape={_shape_text(s, shape)})",
                f"{name} = layers.Input(shape={_shape_text(s, shape)}, name='{name}')",
            )
        ):
            inputs.append(name)
            shapes.append(shape)
    if not inputs:
        return
    if r.random() < 0.3:
        _block(s, inputs[0])
    _connect(s, r.choice([2, 3, 5]))
    names = [n for n in s.tensors() if isinstance(s.env[n], keras.KerasTensor) and n not in inputs]
    if not names:
        return
    model, out = w.fresh("model"), names[-1]
    ins = inputs[0] if len(inputs) == 1 else f"[{', '.join(inputs)}]"
    if len(inputs) == 1 and s.run(
        some(
            s,
            f"{model} = keras.Model({ins}, {out})",
            f"{model} = keras.Model(inputs={ins}, outputs={out})",
            f"{model} = keras.models.Model({ins}, {out}, name='m')",
        )
    ):
        if r.random() < 0.15:
            s.run(
                some(
                    s,
                    f"sub = keras.Model({model}.input, {model}.layers[-1].output)\n{w.fresh('emb')} = sub.output",
                    f"{w.fresh('last')} = {model}.layers[-1].output",
                    f"{model}.trainable = False",
                    f"{w.fresh('more')} = layers.Dense(2)({model}.output)",
                )
            )
        _use(s, model, shapes[0])
    elif len(inputs) > 1:
        s.run(f"{model} = keras.Model({ins}, {out})")


def _block(s: Scope, x: str) -> None:
    """A function that adds layers."""
    w, r = s.writer, s.rng
    f = w.fresh(r.choice(["block", "conv_block", "residual"]))
    with s.inner("t", "units") as inner:
        for name in inner.tensors():
            del inner.env[name]
        inner.env.update(t=s.env[x], units=r.choice(SIZES))
        value = inner.env["units"]
        _connect(inner, r.choice([1, 2]))
        result = inner.pick(lambda v: isinstance(v, keras.KerasTensor))
        body = [*inner.lines, f"return {result}"]
    s.run("\n".join([f"def {f}(t, units={value}):", *indented(body), "", "", f"{w.fresh('h')} = {f}({x})"]))


def _subclassed(s: Scope) -> None:
    w, r = s.writer, s.rng
    shape = data_shape(s)
    n = r.choice((2, 3, 4))
    is_layer = r.random() < 0.3
    name = w.fresh(r.choice(["Net", "Encoder", "MyModel", "Scale"]))
    option = r.choice(SIZES)
    init = Scope(w, {k: v for k, v in w.env.items() if not is_tensor(v)} | {"units": option}, ["units"])
    texts = _layers(init, shape, r.choice([1, 2, 3]))
    lines = [
        f"class {name}(keras.{'layers.Layer' if is_layer else 'Model'}):",
        f"    def __init__(self, units={option}, **kwargs):",
        "        super().__init__(**kwargs)",
    ]
    style = r.randrange(3)
    if style == 0:
        lines += [f"        self.block = keras.Sequential([{', '.join(texts)}])"]
        call = ["x = self.block(inputs)"]
    elif style == 1:
        lines += [f"        self.stack = [{', '.join(texts)}]"]
        call = ["x = inputs", "for one in self.stack:", "    x = one(x)"]
    else:
        lines += [f"        self.layer{i} = {t}" for i, t in enumerate(texts)]
        call = ["x = inputs", *(f"x = self.layer{i}(x)" for i in range(len(texts)))]
    if r.random() < 0.3:
        lines += [
            "",
            "    def build(self, input_shape):",
            f"        self.w = self.add_weight(shape=(input_shape[-1],{some(s, '', ' 2')}), initializer='ones')",
        ]
        call = [
            some(
                s, "inputs = inputs * self.w", "inputs = keras.ops.matmul(inputs, self.w)", "scaled = inputs * self.w"
            ),
            *call,
        ]
        if style == 0:
            lines += ["        self.block.build(input_shape)"] if r.random() < 0.3 else []
    call += [
        some(
            s,
            "return x",
            "return x",
            "y = keras.ops.mean(x, axis=-1)\nreturn y",
            "return keras.ops.concatenate([x, x], axis=-1)",
            "y = x + 1.0\nreturn y",
        )
    ]
    lines += [
        "",
        f"    def call(self, inputs{some(s, '', ', training=False')}):",
        *indented(indented("\n".join(call).split("\n"))),
    ]
    if not w.define(lines):
        return
    model = w.fresh("model")
    if is_layer:
        t = w.fresh("inputs")
        s.run(f"{t} = keras.Input({_shape_text(s, shape)})\n{model} = keras.Model({t}, {name}()({t}))")
    elif not s.run(f"{model} = {name}({some(s, '', f'units={s.size(option)}')})"):
        return
    data, y = w.fresh("x"), w.fresh("y")
    s.run(f"{data} = np.random.rand({s.size(n)}, {', '.join(s.size(k) for k in shape)}).astype('float32')")
    text = f"{y} = {model}({data})"
    if not s.run(text):
        s.lines.append(text)
    elif r.random() < 0.3:
        _fit(s, model, shape)


def _use(s: Scope, model: str, shape: Sequence[int]) -> None:
    r, w = s.rng, s.writer
    n = r.choice((2, 3, 4))
    x, y = w.fresh("x"), w.fresh("y")
    if r.random() < 0.35:
        _fit(s, model, shape)
        return
    s.run(f"{x} = np.{some(s, 'random.rand', 'random.randn')}({s.size(n)}, {', '.join(s.size(k) for k in shape)})")
    text = some(
        s,
        f"{y} = {model}({x})",
        f"{y} = {model}({x}, training=False)",
        f"{y} = {model}({x}.astype('float32'))",
        f"{y} = {model}(keras.ops.convert_to_tensor({x}))",
    )
    if not s.run(text):
        s.lines.append(text)
        return
    if r.random() < 0.5:
        s.writer.need("import tensorflow as tf")
        steps(s, 2)


def _fit(s: Scope, model: str, shape: Sequence[int]) -> None:
    """Fit to arrays; nothing is run here, it takes long."""
    r, w = s.rng, s.writer
    value = s.env[model]
    try:
        out = (
            list(value.output_shape[1:])
            if getattr(value, "inputs", None)
            else list(value(np.zeros((2, *shape), "float32")).shape[1:])
        )
    except Exception:
        out = [3]
    n, m = r.choice((4, 5, 6)), w.fresh("labels")
    x = w.fresh("x_train")
    sample = ", ".join(s.size(k) for k in shape)
    if not s.run(f"{x} = np.random.rand({n}, {sample})"):
        return
    k = out[-1] if out and out[-1] else 3
    loss, label = r.choice(
        [
            ("mse", f"np.random.rand({', '.join(map(str, [n, *(d or 1 for d in out)]))})"),
            (
                "sparse_categorical_crossentropy",
                f"np.random.randint(0, {k}, size=({', '.join(map(str, [n, *(d or 1 for d in out[:-1])]))},))",
            ),
            ("categorical_crossentropy", f"np.eye({k})[np.zeros({n}, dtype=int)]"),
            ("binary_crossentropy", f"np.random.randint(0, 2, size=({n}, {k}))"),
        ]
    )
    s.run(f"{m} = {label}")
    s.run(
        some(
            s,
            f"{model}.compile(optimizer='adam', loss='{loss}')",
            f"{model}.compile('sgd', '{loss}', metrics=['accuracy'])",
            f"{model}.compile(loss='{loss}', optimizer=keras.optimizers.Adam(1e-3))",
        )
    )
    s.lines += some(
        s,
        f"{model}.fit({x}, {m}, epochs=1, verbose=0)",
        f"history = {model}.fit({x}, {m}, batch_size=2, epochs=1, verbose=0)\npred = {model}.predict({x}, verbose=0)",
        f"{model}.fit({x}, {m}, batch_size=2, verbose=0, validation_split=0.5)",
        f"pred = {model}.predict({x}, verbose=0)\nbest = pred.argmax(axis=-1)",
        f"score = {model}.evaluate({x}, {m}, verbose=0)",
    ).split("\n")


# -- tensors of TensorFlow -----------------------------------------------------------------------------------------


def _tensors(s: Scope) -> None:
    r, w = s.rng, s.writer
    w.need("import tensorflow as tf")
    shape = ", ".join(s.size(n) for n in [r.choice(SIZES) for _ in range(r.choice([2, 2, 3, 4]))])
    x = w.fresh("x")
    if s.run(
        some(
            s,
            f"{x} = tf.random.normal(({shape}))",
            f"{x} = tf.zeros([{shape}])",
            f"{x} = tf.ones(({shape}))",
            f"{x} = tf.constant(np.random.rand({shape}))",
            f"{x} = tf.random.uniform([{shape}], maxval=5, dtype=tf.int32)",
        )
    ):
        steps(s, r.choice([3, 5]))


def expression(s: Scope, x: str) -> str:
    """Some expression of a tensor, which may not work."""
    if "tf" not in s.env:
        return x
    r = s.rng
    shape = s.shape(x)
    rank = len(shape)
    i = r.randrange(max(rank, 1))
    d = str(i - rank if r.random() < 0.5 and rank else i)
    k = s.size(r.choice(SIZES))
    n = s.size(shape[i] or 1) if rank else "1"
    order = list(range(rank))
    r.shuffle(order)
    q = next((q for q in (2, 3, 5) if rank and shape[i] and shape[i] % q == 0), 1)
    split = ", ".join(str(v) for v in [*shape[:i], q, -1, *shape[i + 1 :]])
    return some(s, f"tf.nn.relu({x})", f"{x} * 2", f"{x} + 1.0", f"-{x}", f"tf.square({x})", f"tf.cast({x}, tf.{some(s, 'float32', 'int32', 'float64', 'bool')})", f"tf.reduce_mean({x}, axis={d})", f"tf.reduce_sum({x}, {d}, keepdims=True)", f"tf.reduce_max({x})", f"tf.argmax({x}, axis={d})", f"tf.reshape({x}, [{split}])", f"tf.reshape({x}, (-1,))", f"tf.reshape({x}, (tf.shape({x})[0], -1))", f"tf.transpose({x})", f"tf.transpose({x}, perm={order})", f"tf.expand_dims({x}, {d})", f"tf.squeeze({x})", f"{x}[0]", f"{x}[:, 0]", f"{x}[..., tf.newaxis]", f"{x}[:, ::2]", f"{x}[..., :{k}]", f"{x}[:, None]", f"tf.concat([{x}, {x}], axis={d})", f"tf.stack([{x}, {x}], {d})", f"tf.concat([{x}] * {k}, {d})", f"tf.tile({x}, [{', '.join(['1'] * (rank - 1) + ['2'])}])", f"tf.matmul({x}, {x}, transpose_b=True)", f"{x} @ tf.ones(({s.size(shape[-1] or 1) if rank else 1}, {k}))", f"tf.einsum('...i,...i->...', {x}, {x})", f"tf.gather({x}, [0, 0], axis={d})", f"tf.split({x}, 2, axis={d})[0]", f"tf.unstack({x}, axis={d})[0]", f"tf.where({x} > 0, {x}, tf.zeros_like({x}))", f"{x} > 0", f"tf.boolean_mask({x}, {x} > 0)", f"tf.one_hot(tf.cast({x}, tf.int32), {k})", f"tf.nn.softmax({x}, axis={d})", f"tf.pad({x}, [[0, 0]] * {rank - 1} + [[1, 1]])", f"{x} + tf.random.normal(({n},))", f"{x} - tf.reduce_mean({x}, axis=0)", f"tf.norm({x}, axis={d})", f"tf.linalg.matmul({x}, tf.transpose({x}))", f"tf.image.resize({x}, ({k}, 4))", f"tf.nn.max_pool2d({x}, 2, 2, 'SAME')", f"keras.ops.sum({x}, axis={d})", f"{x}.numpy()", f"np.array({x})", f"tf.range({k})", f"tf.fill([{k}, 2], 1.0)", f"tf.repeat({x}, 2, axis={d})", f"tf.reverse({x}, [{d}])", f"tf.cumsum({x}, {d})", f"tf.math.top_k({x}, 1).values", f"tf.broadcast_to({x}, (2, *{x}.shape))", f"tf.slice({x}, [0] * {rank}, [1] * {rank})", f"tf.roll({x}, 1, {d})", f"tf.tensordot({x}, {x}, axes=[[0], [0]])", f"layers.Dense({k})({x})", f"tf.map_fn(lambda t: t * 2, {x})", f"tf.clip_by_value({x}, 0, 1)", f"tf.vectorized_map(lambda t: t[0], {x})", f"tf.sort({x}, axis={d})", f"tf.meshgrid(tf.range(3), tf.range({k}))[0]", f"tf.add_n([{x}, {x}])", f"tf.cond(tf.reduce_sum({x}) > 0, lambda: {x}, lambda: {x} * 2)", f"tf.identity({x})", f"tf.Variable({x}) * 1")  # fmt: skip


def _condition(s: Scope, x: str) -> str:
    rank = len(s.shape(x))
    k = s.rng.choice(list(s.ints()) or ["1"])
    return some(
        s,
        f"len({x}.shape) == {rank}",
        f"{x}.shape[0] == {s.shape(x)[0] if rank else 1}",
        f"{k} > 2",
        f"not {k}",
        f"{x}.dtype == 'float32'",
        f"{x}.shape.rank > 2" if "tf" in s.env else "True",
        f"isinstance({x}, tuple)",
    )


def _unpacking(s: Scope, x: str) -> bool:
    a, b = s.writer.fresh("left"), s.writer.fresh("right")
    dims = [s.writer.fresh(n) for n in "bchwd"[: len(s.shape(x))]]
    return s.run(
        some(
            s,
            f"{', '.join(dims)}{',' if len(dims) == 1 else ''} = {x}.shape",
            f"{a}, *{b} = {x}.shape",
            f"{a}, {b} = tf.split({x}, 2, axis=-1)",
            f"{a}, {b} = {x}[0], {x}[-1]",
            f"{a} = {x}.shape.as_list()\n{b} = tf.zeros({a})",
            f"{a} = tf.shape({x})[0]\n{b} = tf.zeros(({a}, 2))",
            f"{a} = {x}.shape[-1]\n{b} = tf.ones([{a}, 3])",
            f"{a}, {b} = tf.nn.moments({x}, axes=[0])",
            f"{a} = {{'x': {x}}}\n{b} = {a}['x'][:1]",
            f"{a} = int({x}.shape[0])\n{b} = np.zeros({a})",
            f"with tf.GradientTape() as tape:\n    tape.watch({x})\n    {a} = tf.reduce_sum({x} ** 2)\n{b} = tape.gradient({a}, {x})",
        )
    )


_WORDS = Words(
    "tf",
    "axis",
    "tf.stack",
    "tf.concat",
    "tf.abs",
    ("abs", "reduce_sum", "sort"),
    (),
    expression,
    _condition,
    _unpacking,
    _unpacking,
)
