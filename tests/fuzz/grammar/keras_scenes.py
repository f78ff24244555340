"""Whole scenes of Keras programs: custom layers, models of several inputs, training loops, pipelines, traced functions.

Each proposes sizes that fit most of the time: what raises ends the program, as it would a person's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.fuzz.grammar.blocks import some
from tests.fuzz.grammar.scope import Scope, indented

SIZES = (1, 2, 3, 4, 5, 6, 8)


def _size(s: Scope) -> int:
    return s.rng.choice(SIZES)


def _near(s: Scope, n: int) -> str:
    """Text for a size that should be this; now and then it is another."""
    return s.size(n if s.rng.random() < 0.9 else max(1, n + s.rng.choice([-1, 1])))


def _last(s: Scope, text: str) -> bool:
    """Statements, which are kept if they raise: whether they did not."""
    if s.run(text):
        return True
    s.lines += text.split("\n")
    return False


def _all(s: Scope, texts: Sequence[str]) -> None:
    for text in texts:
        if not _last(s, text):
            return


def custom_layer(s: Scope) -> None:
    """A layer that makes its own weights, alone, in a Sequential, or in a functional model."""
    w = s.writer
    width, units, batch = _size(s), _size(s), _size(s)
    name = w.fresh(some(s, "Linear", "Projection", "ScaledDense", "MyLayer"))
    size = some(s, "input_shape[-1]", "input_shape[-1]", "int(input_shape[-1])", _near(s, width))
    bias = s.rng.random() < 0.6
    product = some(
        s,
        "keras.ops.matmul(inputs, self.kernel)",
        "inputs @ self.kernel",
        "tf.matmul(inputs, self.kernel)",
        "keras.ops.dot(inputs, self.kernel)",
        "tf.einsum('...i,io->...o', inputs, self.kernel)",
    )
    build = [
        f"self.kernel = self.add_weight(shape=({size}, self.units), initializer='glorot_uniform', name='kernel')",
        *(["self.bias = self.add_weight(shape=(self.units,), initializer='zeros', name='bias')"] if bias else []),
        *some(s, "", "self.built = True", "super().build(input_shape)").split("\n"),
    ]
    call = [
        f"outputs = {product}",
        *(["outputs = outputs + self.bias"] if bias else []),
        *some(s, "", "outputs = keras.ops.relu(outputs)", "outputs = keras.activations.softmax(outputs)").split("\n"),
        some(s, "return outputs", "return outputs * self.scale", "return keras.layers.LayerNormalization()(outputs)"),
    ]
    lines = [
        f"class {name}(keras.layers.Layer):",
        f"    def __init__(self, units={units}, scale=1.0, **kwargs):",
        "        super().__init__(**kwargs)",
        "        self.units = units",
        "        self.scale = scale",
        "",
        "    def build(self, input_shape):",
        *indented(indented([line for line in build if line])),
        "",
        "    def call(self, inputs):",
        *indented(indented([line for line in call if line])),
    ]
    if s.rng.random() < 0.3:
        lines += ["", "    def get_config(self):", "        return {**super().get_config(), 'units': self.units}"]
    if s.rng.random() < 0.2:
        lines += [
            "",
            "    def compute_output_shape(self, input_shape):",
            "        return (*input_shape[:-1], self.units)",
        ]
    w.need("import tensorflow as tf")
    if not w.define(lines):
        return
    rank = s.rng.choice([1, 1, 2])
    shape = ", ".join([*(["4"] if rank == 2 else []), _near(s, width)])
    made = some(s, f"{name}()", f"{name}({_near(s, units)})", f"{name}(units={_size(s)}, name='own')")
    x, y, model = w.fresh("x"), w.fresh("y"), w.fresh("model")
    use = s.rng.randrange(3)
    if use == 0:
        _all(
            s,
            [
                f"{x} = tf.random.normal(({batch}, {shape}))",
                f"layer = {made}",
                f"{y} = layer({x})",
                f"{y} = layer({y})",
            ],
        )
    elif use == 1:
        listed = some(s, f"{made}, layers.Dense(3)", f"layers.Dense({_near(s, width)}), {made}", made)
        _all(s, [f"{model} = keras.Sequential([{listed}])", f"{y} = {model}(np.random.rand({batch}, {shape}))"])
    else:
        text = f"{x} = keras.Input(({shape},))\n{y} = {made}({x})\n{model} = keras.Model({x}, layers.Dense(2)({y}))"
        _all(s, [text, f"out = {model}(np.ones(({batch}, {shape}), dtype='float32'))"])


def tokens(s: Scope) -> None:
    """Token ids through an embedding to a recurrent or attentive classifier."""
    w = s.writer
    vocabulary, length, width, batch = 20, s.rng.choice((4, 5, 6)), s.rng.choice((2, 4, 6)), _size(s)
    ids, h, model = w.fresh("ids"), w.fresh("h"), w.fresh("model")
    body = [
        f"{ids} = keras.Input(shape=({some(s, 'None', str(length), str(length))},){some(s, '', ', dtype=' + repr('int32'))})",
        f"{h} = layers.Embedding({vocabulary}, {s.size(width)})({ids})",
    ]
    for _ in range(s.rng.choice([1, 2])):
        n = s.size(_size(s))
        body.append(
            some(
                s,
                f"{h} = layers.LSTM({n}, return_sequences=True)({h})",
                f"{h}, state = layers.GRU({n}, return_sequences=True, return_state=True)({h})",
                f"{h}, state_h, state_c = layers.LSTM({n}, return_sequences=True, return_state=True)({h})",
                f"{h} = layers.Bidirectional(layers.GRU({n}, return_sequences=True), merge_mode={some(s, repr('sum'), repr('concat'), 'None and 1')})({h})",
                f"{h} = layers.MultiHeadAttention(num_heads=2, key_dim={n})({h}, {h})",
                f"{h} = {h} + layers.MultiHeadAttention(2, {n})({h}, {h}, use_causal_mask=True)",
                f"{h}, scores = layers.MultiHeadAttention(2, {n})({h}, {h}, return_attention_scores=True)",
                f"{h} = layers.Conv1D({n}, 3, padding='same', activation='relu')({h})",
                f"{h} = layers.LayerNormalization()({h} + layers.Dense({_near(s, width)})({h}))",
                f"{h} = layers.Dense({h}.shape[-1])(layers.Dense({n}, activation='gelu')({h}))",
                f"pos = layers.Embedding({length}, {_near(s, width)})(keras.ops.arange({length}))\n{h} = {h} + pos",
                f"{h} = layers.TimeDistributed(layers.Dense({n}))({h})",
                f"{h} = layers.Attention()([{h}, {h}])",
                f"{h} = layers.RNN(layers.LSTMCell({n}), return_sequences=True)({h})",
            )
        )
    body += [
        some(
            s,
            f"{h} = layers.GlobalAveragePooling1D()({h})",
            f"{h} = layers.LSTM({_size(s)})({h})",
            f"{h} = {h}[:, -1]",
            f"{h} = keras.ops.max({h}, axis=1)",
            f"{h} = layers.Flatten()({h})",
        ),
        f"{model} = keras.Model({ids}, layers.Dense({s.size(_size(s))}, activation='softmax')({h}))",
        f"{w.fresh('probs')} = {model}(np.random.randint(0, {vocabulary}, ({batch}, {_near(s, length)})))",
    ]
    _all(s, body)


def several_inputs(s: Scope) -> None:
    """Inputs of several kinds merged, outputs of several, called with lists and dicts, and a model in a model."""
    w = s.writer
    a, b, batch = _size(s), _size(s), _size(s)
    left, right, model = w.fresh("left_in"), w.fresh("right_in"), w.fresh("model")
    n, k = _size(s), _size(s)
    tower = w.fresh("tower")
    shared = s.rng.random() < 0.4
    body = [
        f"{left} = keras.Input(({a},), name='{left}')",
        f"{right} = keras.Input(({a if shared else b},), name='{right}')",
    ]
    if shared:
        body += [
            f"{tower} = keras.Sequential([layers.Dense({n}, activation='relu'), layers.Dense({k})], name='{tower}')",
            f"u = {tower}({left})\nv = {tower}({right})",
        ]
    else:
        body.append(f"u = layers.Dense({n})({left})\nv = layers.Dense({_near(s, n)})({right})")
    body.append(
        some(
            s,
            "m = layers.Concatenate()([u, v])",
            "m = layers.Add()([u, v])",
            "m = layers.Dot(axes=1, normalize=True)([u, v])",
            "m = keras.ops.abs(u - v)",
            "m = layers.concatenate([u, v, u * v])",
            "m = keras.ops.stack([u, v], axis=1)",
            "m = layers.Lambda(lambda t: t[0] - t[1])([u, v])",
            "m = keras.ops.einsum('bi,bj->bij', u, v)\nm = layers.Flatten()(m)",
        )
    )
    outputs = some(s, "layers.Dense(2)(m)", "[layers.Dense(2)(m), u]", "{'score': layers.Dense(2)(m), 'left': u}")
    body.append(f"{model} = keras.Model(inputs=[{left}, {right}], outputs={outputs})")
    first, second = w.fresh("xa"), w.fresh("xb")
    body.append(
        f"{first} = np.random.rand({batch}, {_near(s, a)}).astype('float32')\n"
        f"{second} = np.random.rand({batch}, {a if shared else b}).astype('float32')"
    )
    body.append(
        f"res = {model}([{first}, {second}])"
        if s.rng.random() < 0.7
        else f"res = {model}(({first}, {second}), training=True)"
    )
    body.append(
        "score, rest = res"
        if outputs.startswith("[")
        else "score = res['score']"
        if outputs.startswith("{")
        else "score = res * 1"
    )
    _all(s, body)


def training_loop(s: Scope) -> None:
    """A step by hand: a tape, a loss, gradients, an optimizer; traced or not."""
    w = s.writer
    w.need("import tensorflow as tf")
    width, classes, batch = _size(s), s.rng.choice((2, 3, 4)), s.rng.choice((2, 3, 4))
    model, step = w.fresh("net"), w.fresh("train_step")
    loss, labels = s.rng.choice(
        [
            ("keras.losses.SparseCategoricalCrossentropy(from_logits=True)", f"tf.zeros(({batch},), tf.int32)"),
            ("keras.losses.MeanSquaredError()", f"tf.random.normal(({batch}, {_near(s, classes)}))"),
            ("keras.losses.CategoricalCrossentropy()", f"tf.one_hot([0] * {batch}, {_near(s, classes)})"),
            ("keras.losses.BinaryCrossentropy(from_logits=True)", f"tf.zeros(({_near(s, batch)}, {classes}))"),
            ("keras.losses.Huber(reduction=None)", f"tf.zeros(({batch}, {classes}))"),
        ]
    )
    hidden = s.size(_size(s))
    lines = [
        *([some(s, "@tf.function", "@tf.function(reduce_retracing=True)")] if s.rng.random() < 0.6 else []),
        f"def {step}(model, loss_fn, images, labels):",
        "    with tf.GradientTape() as tape:",
        f"        logits = model(images{some(s, '', ', training=True')})",
        f"        loss = {some(s, 'loss_fn(labels, logits)', 'tf.reduce_mean(loss_fn(labels, logits))')}",
        "    grads = tape.gradient(loss, model.trainable_variables)",
        f"    {some(s, 'pairs = list(zip(grads, model.trainable_variables))', 'optimizer.apply_gradients(zip(grads, model.trainable_variables))')}",
        f"    return {some(s, 'loss', 'loss, logits', 'tf.argmax(logits, axis=-1)')}",
    ]
    s.run("optimizer = keras.optimizers.SGD(0.1)")
    w.env["optimizer"] = s.env["optimizer"]
    if not s.run("\n".join([*lines, "", ""])):
        return
    _all(
        s,
        [
            f"{model} = keras.Sequential([layers.Dense({hidden}, activation='relu'), layers.Dense({classes})])",
            f"images = tf.random.normal(({batch}, {s.size(width)}))",
            f"labels = {labels}",
            f"loss_fn = {loss}",
            f"result = {step}({model}, loss_fn, images, labels)",
            f"first = {model}.layers[0].kernel\ncount = len({model}.trainable_variables)",
        ],
    )


def pipeline(s: Scope) -> None:
    """Arrays through tf.data into a loop or into `fit`."""
    w = s.writer
    w.need("import tensorflow as tf")
    count, width, batch = s.rng.choice((6, 7, 8)), _size(s), s.rng.choice((2, 3, 4))
    data, x, y = w.fresh("ds"), w.fresh("features"), w.fresh("targets")
    body = [
        f"{x} = np.random.rand({count}, {s.size(width)}).astype('float32')",
        f"{y} = np.random.randint(0, 3, ({_near(s, count)},))",
        f"{data} = tf.data.Dataset.from_tensor_slices(({x}, {y}))",
    ]
    stages = [
        f"{data} = {data}.shuffle(10)",
        f"{data} = {data}.map(lambda a, b: (a * 2.0, b))",
        f"{data} = {data}.map(lambda a, b: (tf.reshape(a, ({_near(s, width)}, 1)), b), num_parallel_calls=tf.data.AUTOTUNE)",
        f"{data} = {data}.map(lambda a, b: (a, tf.one_hot(b, 3)))",
        f"{data} = {data}.repeat(2).take(5)",
        f"{data} = {data}.filter(lambda a, b: b >= 0)",
        f"{data} = {data}.cache()",
        f"{data} = {data}.enumerate().map(lambda i, ab: ab)",
    ]
    body += s.rng.sample(stages, s.rng.choice([0, 1, 2]))
    drop = some(s, "", ", drop_remainder=True")
    body.append(f"{data} = {data}.batch({batch}{drop}){some(s, '', '.prefetch(1)', '.prefetch(tf.data.AUTOTUNE)')}")
    body.append(
        some(
            s,
            f"for xb, yb in {data}:\n    mean = tf.reduce_mean(xb, axis=0)\n    total = xb + mean",
            f"for xb, yb in {data}.take(1):\n    flat = tf.reshape(xb, (xb.shape[0], -1))",
            f"xb, yb = next(iter({data}))\nh = layers.Dense(3)(xb)",
            f"for i, (xb, yb) in enumerate({data}):\n    both = tf.concat([xb, xb], axis=-1)",
            f"model = keras.Sequential([layers.Flatten(), layers.Dense(3)])\nfor xb, yb in {data}:\n    out = model(xb)",
            f"xb, yb = list({data})[0]\nk = tf.shape(xb)[0]\npadded = tf.zeros((k, 2))",
        )
    )
    _all(s, body)


_OPS = (
    "keras.ops.mean({x}, axis={d})", "keras.ops.sum({x}, axis={d}, keepdims=True)", "keras.ops.reshape({x}, (-1,))",
    "keras.ops.transpose({x})", "keras.ops.concatenate([{x}, {x}], axis={d})", "keras.ops.stack([{x}, {x}], axis={d})",
    "keras.ops.expand_dims({x}, {d})", "keras.ops.squeeze({x})", "keras.ops.swapaxes({x}, 0, {d})", "keras.ops.flip({x}, {d})",
    "keras.ops.matmul({x}, keras.ops.ones(({n}, {k})))", "keras.ops.einsum('...i,...i->...', {x}, {x})",
    "keras.ops.split({x}, 2, axis={d})[0]", "keras.ops.softmax({x}, axis={d})", "keras.ops.one_hot(keras.ops.argmax({x}, {d}), {n})",
    "keras.ops.where({x} > 0, {x}, 0.0)", "keras.ops.take({x}, [0, 0], axis={d})", "keras.ops.pad({x}, [[0, 1]] * {rank})",
    "keras.ops.repeat({x}, 2, axis={d})", "keras.ops.tile({x}, 2)", "keras.ops.cumsum({x}, axis={d})", "keras.ops.sort({x}, axis={d})",
    "keras.ops.argmax({x}, axis={d})", "keras.ops.top_k({x}, k=1)[0]", "keras.ops.broadcast_to({x}, (2, *{x}.shape))",
    "keras.ops.moveaxis({x}, {d}, 0)", "keras.ops.norm({x}, axis={d})", "keras.ops.cast({x}, 'int32')", "keras.ops.var({x}, axis={d})",
    "keras.ops.tensordot({x}, {x}, axes=[[0], [0]])", "keras.ops.outer({x}, {x})", "keras.ops.diag({x})", "keras.ops.roll({x}, 1, {d})",
    "keras.ops.unstack({x}, axis={d})[0]", "keras.ops.logsumexp({x}, axis={d})", "keras.ops.arange({k})", "keras.ops.eye({k})",
    "keras.ops.linspace(0, 1, {k})", "keras.ops.full(({k}, 2), 1.0)", "keras.ops.zeros_like({x})", "keras.ops.maximum({x}, 0)",
    "keras.ops.tril({x})", "keras.ops.vectorized_map(lambda t: t * 2, {x})", "keras.ops.meshgrid(keras.ops.arange(2), keras.ops.arange({k}))[0]",
    "keras.ops.average_pool({x}, 2)", "keras.ops.conv({x}, keras.ops.ones((1, {n}, {k})))", "keras.ops.dot({x}, {x})",
    "keras.ops.segment_sum({x}, keras.ops.zeros(({x}.shape[0],), 'int32'))", "keras.ops.slice({x}, [0] * {rank}, [1] * {rank})",
    "keras.ops.image.resize({x}, (3, {k}))", "keras.random.normal(({k}, {n})) @ keras.ops.transpose({x})", "keras.ops.ravel({x})",
    "keras.ops.nn.relu({x})", "keras.activations.gelu({x})", "{x} + keras.random.uniform(({n},))", "{x}[..., None]", "{x}[:, :{k}]",
    "layers.Dense({k})({x})", "layers.LayerNormalization()({x})", "keras.ops.convert_to_numpy({x})", "keras.ops.std({x}, {d}, keepdims=True)",
)  # fmt: skip


def operations(s: Scope) -> None:
    """A chain of `keras.ops`."""
    w, r = s.writer, s.rng
    shape = [_size(s) for _ in range(r.choice([1, 2, 2, 3, 3, 4]))]
    x = w.fresh("t")
    if not s.run(f"{x} = keras.random.{some(s, 'normal', 'uniform')}(({', '.join(s.size(n) for n in shape)},))"):
        return
    for _ in range(r.choice([3, 4, 6])):
        known = s.pick()
        if known is None:
            return
        dims = s.shape(known)
        i = r.randrange(max(len(dims), 1))
        d = i - len(dims) if dims and r.random() < 0.5 else i
        n = s.size(dims[-1] or 1) if dims else "1"
        text = r.choice(_OPS).format(x=known, d=d, n=n, k=s.size(_size(s)), rank=len(dims))
        if not s.run(f"{s.target()} = {text}") and r.random() < 0.04:
            s.lines.append(f"{w.fresh('last')} = {text}")
            return


def residual(s: Scope) -> None:
    """Images through blocks that add what came in, down and up again, or over patches."""
    w, r = s.writer, s.rng
    h, c, n, batch = r.choice((4, 6, 8)), r.choice((1, 3)), r.choice((2, 4, 6)), r.choice((1, 2, 3))
    f, x, model = w.fresh("res_block"), w.fresh("img"), w.fresh("model")
    stride = some(s, "1", "1", "2")
    lines = [
        f"def {f}(x, filters, stride={stride}):",
        "    shortcut = x",
        f"    x = layers.Conv2D(filters, 3, strides=stride, padding='same'{some(s, '', ', use_bias=False')})(x)",
        "    x = layers.BatchNormalization()(x)",
        "    x = layers.ReLU()(x)",
        "    x = layers.Conv2D(filters, 3, padding='same')(x)",
        *some(
            s,
            "    if stride != 1 or shortcut.shape[-1] != filters:\n        shortcut = layers.Conv2D(filters, 1, strides=stride)(shortcut)",
            "    if shortcut.shape[-1] != filters:\n        shortcut = layers.Conv2D(filters, 1)(shortcut)",
            "    shortcut = layers.Conv2D(filters, 1, strides=stride, padding='same')(shortcut)",
            "",
        ).split("\n"),
        "    return layers.Add()([x, shortcut])",
    ]
    if not w.define([line for line in lines if line]):
        return
    body = [
        f"{x} = keras.Input(({s.size(h)}, {s.size(h)}, {c}))",
        f"y = layers.Conv2D({n}, 3, padding='same')({x})",
        some(
            s,
            f"for filters in ({n}, {_near(s, n)}):\n    y = {f}(y, filters)",
            f"y = {f}(y, {n})\ny = {f}(y, {n * 2}, stride=2)",
            f"y = {f}(y, {_near(s, n)})",
        ),
        some(
            s,
            "skip = y\ny = layers.MaxPooling2D()(y)\ny = layers.UpSampling2D()(y)\ny = layers.Concatenate()([y, skip])",
            f"skip = y\ny = layers.Conv2D({n}, 3, strides=2, padding='same')(y)\ny = layers.Conv2DTranspose({n}, 2, strides=2)(y)\ny = layers.concatenate([skip, y])",
            f"se = layers.GlobalAveragePooling2D()(y)\nse = layers.Dense(y.shape[-1], activation='sigmoid')(se)\nse = layers.Reshape((1, 1, {some(s, 'y.shape[-1]', '-1')}))(se)\ny = y * se",
            f"p = layers.Conv2D({n}, 2, strides=2)(y)\np = layers.Reshape((-1, {_near(s, n)}))(p)\np = p + layers.MultiHeadAttention(2, 3)(p, p)\ny = layers.LayerNormalization()(p)",
            "y = layers.DepthwiseConv2D(3, padding='same')(y)",
            "y = layers.Permute((3, 1, 2))(y)\ny = layers.Reshape((y.shape[1], -1))(y)",
        ),
        some(
            s,
            f"{model} = keras.Model({x}, y)",
            f"{model} = keras.Model({x}, layers.Dense(3)(layers.Flatten()(y)))",
            f"{model} = keras.Model(inputs={x}, outputs=[y, layers.Flatten()(y)])",
        ),
        f"out = {model}(np.zeros(({batch}, {_near(s, h)}, {h}, {c}), dtype='float32'))",
    ]
    if r.random() < 0.3:
        body.append(
            f"inner = keras.Model({model}.input, {model}.layers[{r.choice([1, 2, 3])}].output)\nfeatures = inner(np.zeros((1, {h}, {h}, {c})))"
        )
    if r.random() < 0.3:
        body.append(f"outer = keras.Input(({h}, {h}, {c}))\nagain = {model}(outer)")
    _all(s, body)


def autoencoder(s: Scope) -> None:
    """A subclassed model of two parts, with what a variational one samples."""
    w, r = s.writer, s.rng
    width, latent, batch = _size(s), _size(s), _size(s)
    name = w.fresh(some(s, "AutoEncoder", "VAE"))
    sampled = r.random() < 0.5
    lines = [
        f"class {name}(keras.Model):",
        f"    def __init__(self, width={width}, latent={latent}):",
        "        super().__init__()",
        f"        self.encoder = keras.Sequential([layers.Dense({_size(s)}, activation='relu'), layers.Dense({'2 * ' if sampled else ''}latent)])",
        f"        self.decoder = keras.Sequential([layers.Dense({_size(s)}, activation='relu'), layers.Dense({some(s, 'width', 'width', _near(s, width))})])",
        "",
        "    def encode(self, x):",
        *(
            ["        mean, logvar = keras.ops.split(self.encoder(x), 2, axis=-1)", "        return mean, logvar"]
            if sampled
            else ["        return self.encoder(x)"]
        ),
        "",
        "    def call(self, x):",
        *(
            [
                "        mean, logvar = self.encode(x)",
                "        z = mean + keras.random.normal(keras.ops.shape(mean)) * keras.ops.exp(logvar / 2)",
            ]
            if sampled
            else ["        z = self.encode(x)"]
        ),
        "        y = self.decoder(z)",
        f"        {some(s, 'return y', 'error = keras.ops.mean((y - x) ** 2, axis=-1)' + chr(10) + '        return y, error')}",
    ]
    if not w.define("\n".join(lines).split("\n")):
        return
    model, x, out = w.fresh("model"), w.fresh("x"), w.fresh("out")
    _all(
        s,
        [
            f"{model} = {name}({some(s, '', str(width), f'latent={_size(s)}')})",
            f"{x} = keras.random.normal(({s.size(batch)}, {_near(s, width)}))",
            f"{out} = {model}({x})",
            f"code = {model}.encode({x})",
        ],
    )


def traced(s: Scope) -> None:
    """Functions that TensorFlow traces: with loops, branches on tensors, sizes of tensors, and signatures."""
    w = s.writer
    w.need("import tensorflow as tf")
    a, b, batch = _size(s), _size(s), _size(s)
    f = w.fresh(some(s, "apply", "forward", "step", "attend"))
    signature = some(
        s, "", "", f"(input_signature=[tf.TensorSpec((None, {a}), tf.float32), tf.TensorSpec(({a}, {b}), tf.float32)])"
    )
    body = some(
        s,
        "y = tf.matmul(x, w)\nreturn tf.nn.relu(y)",
        "y = x @ w\nif tf.reduce_sum(y) > 0:\n    y = y * 2\nelse:\n    y = -y\nreturn y",
        "total = tf.zeros((tf.shape(x)[0], w.shape[1]))\nfor _ in range(2):\n    total = total + x @ w\nreturn total",
        "total = x @ w\nfor i in tf.range(3):\n    total += 1.0\nreturn total",
        "y = tf.einsum('bi,ij->bj', x, w)\nreturn tf.nn.softmax(y, axis=-1), tf.reduce_mean(y)",
        "n = tf.shape(x)[0]\ny = tf.reshape(tf.tile(x, [1, 2]), (n, 2, -1))\nreturn y",
        "s = tf.matmul(x, x, transpose_b=True)\na = tf.nn.softmax(s)\nreturn a @ x",
        "y = tf.map_fn(lambda row: tf.linalg.matvec(w, row, transpose_a=True), x)\nreturn y",
        "i = tf.constant(0)\ny = x\nwhile i < 2:\n    y = y + x\n    i += 1\nreturn y @ w",
        "parts = tf.split(x, 2, axis=0)\nreturn tf.concat(parts[::-1], axis=0) @ w",
        "batch, width = x.shape\nreturn tf.reshape(x, (batch * width, 1))",
    )
    if not w.define([f"@tf.function{signature}", f"def {f}(x, w):", *indented(body.split("\n"))]):
        return
    x, v = w.fresh("x"), w.fresh("w")
    _all(
        s,
        [
            f"{x} = tf.random.normal(({s.size(batch)}, {s.size(a)}))",
            f"{v} = tf.Variable(tf.random.normal(({_near(s, a)}, {s.size(b)})))",
            f"result = {f}({x}, {v})",
            f"again = {f}(tf.ones(({_size(s)}, {_near(s, a)})), {v})",
        ],
    )


SCENES: tuple[Callable[[Scope], None], ...] = (
    custom_layer, custom_layer, tokens, tokens, several_inputs, several_inputs, training_loop, pipeline, operations,
    operations, residual, residual, autoencoder, traced,
)  # fmt: skip
