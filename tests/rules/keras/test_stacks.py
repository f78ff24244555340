"""Random stacks of layers on a symbolic input, as programs: Keras and we agree on every shape, and on the line that raises.

`python -m tests.rules.keras.test_stacks SEED COUNT` tries more of them.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import tests.rules.keras.harness  # noqa: F401  keeps TensorFlow quiet
from shapelens.analysis.session import Session
from shapelens.report.problems import reported

HEAD = ["import tensorflow as tf", "import keras", "from keras import layers, Input, Model"]
INPUTS = [
    "(28, 28, 3)",
    "(16, 16, 1)",
    "(8, 12, 4)",
    "(20, 6)",
    "(12,)",
    "(None, 5)",
    "(None, None, 3)",
    "(7,)",
    "(30,)",
]

# By the rank of their input; a word in braces is one of these.
CHOICES = {
    "filters": ["4", "8", "16"],
    "kernel": ["1", "2", "3", "5", "(3, 3)", "(1, 3)"],
    "small": ["1", "2", "3"],
    "padding": ['"valid"', '"same"'],
    "activation": ["None", '"relu"', '"gelu"', "tf.nn.relu"],
    "flag": ["True", "False"],
    "pad": ["1", "(1, 2)", "((1, 0), (0, 1))"],
}
LAYERS = {
    4: [
        "Conv2D({filters}, {kernel}, strides={small}, padding={padding}, activation={activation})",
        "Conv2D({filters}, 3, dilation_rate=2)",
        "MaxPooling2D()",
        "MaxPooling2D({small}, strides={small})",
        "AveragePooling2D({small}, padding={padding})",
        "Conv2DTranspose({filters}, {small}, strides={small}, padding={padding})",
        "DepthwiseConv2D(3, depth_multiplier={small})",
        "SeparableConv2D(8, 3, padding={padding})",
        "UpSampling2D()",
        "ZeroPadding2D({pad})",
        "Cropping2D({small})",
        "GlobalAveragePooling2D()",
        "GlobalMaxPooling2D(keepdims={flag})",
        "BatchNormalization()",
        "GroupNormalization({small})",
        "PReLU(shared_axes=[1, 2])",
        "Permute((3, 1, 2))",
        "Reshape((-1, 4))",
        "Flatten()",
        "Flatten()",
    ],
    3: [
        "Conv1D({filters}, {small}, padding={padding})",
        'Conv1D({filters}, 3, padding="causal", dilation_rate={small})',
        "MaxPooling1D({small})",
        "GlobalMaxPooling1D()",
        "GlobalAveragePooling1D()",
        "Conv1DTranspose(4, 3, strides={small})",
        "UpSampling1D({small})",
        "Cropping1D((0, {small}))",
        "ZeroPadding1D({small})",
        "Permute((2, 1))",
        "LSTM(4, return_sequences={flag})",
        "Bidirectional(layers.GRU(3))",
        "TimeDistributed(layers.Dense(3))",
        "SpatialDropout1D(0.1)",
        "LayerNormalization()",
        "Flatten()",
    ],
    2: [
        "Dense({filters}, activation={activation})",
        "Dropout(0.5)",
        "BatchNormalization()",
        "Reshape(({small}, -1))",
        "Reshape((4, {small}))",
        "RepeatVector({small})",
        'Activation("softmax")',
        "LeakyReLU(0.1)",
        "UnitNormalization()",
        "RMSNormalization()",
        "Lambda(lambda t: t * 2)",
        "Lambda(lambda t: tf.expand_dims(t, -1))",
        "GaussianNoise(0.1)",
        "Embedding(50, 4)",
    ],
}


def drawn(choose: Callable[[Sequence[str]], str], rank: int, chance: float) -> str:
    """A layer, most often one for that rank."""
    text = choose(LAYERS[rank] if rank in LAYERS and chance < 0.85 else [t for ts in LAYERS.values() for t in ts])
    for word, values in CHOICES.items():
        while f"{{{word}}}" in text:
            text = text.replace(f"{{{word}}}", choose(values), 1)
    return text


def disagreement(seed: int, path: Path) -> str:
    """What Keras and we do not say alike of one stack; "" for nothing."""
    source = random.Random(seed)
    lines, scope, error, real = [*HEAD, f"x = Input({source.choice(INPUTS)})"], {}, "", []
    exec("\n".join(lines), scope)
    for _ in range(source.randint(1, 7)):
        lines.append(f"x = layers.{drawn(source.choice, len(scope['x'].shape), source.random())}(x)")
        try:
            exec(lines[-1], scope)
        except Exception as raised:
            error = str(raised)
            break
        real.append((len(lines), tuple(scope["x"].shape), scope["x"].dtype))
    session, text = Session((path.parent,), sys.executable), "\n".join(lines) + "\n"
    session.update(str(path), text)
    analysis = session.analyse(str(path))
    problems = [p for p in reported(analysis) if p.severity == "error"]
    if any(p.span.line != len(lines) for p in problems) or problems and not error:
        return f"{text}we say {[p.message for p in problems]}, Keras {error or 'nothing'}"
    if error and not problems:
        return f"{text}Keras says {error}, we nothing"
    ours = {f.span.line: f.values[0] for f in analysis.facts if f.kind == "assign" and f.name == "x"}
    for line, shape, dtype in real:
        found = ours.get(line)
        dims = found.shape if found is not None and isinstance(found.shape, tuple) else ()
        agrees = len(dims) == len(shape) and all(
            not isinstance(a, int) if b is None else a == b for a, b in zip(dims, shape)
        )
        if not problems and (found is None or not agrees or found.dtype != dtype):
            return f"{text}line {line}: Keras has {shape} {dtype}, we {found}"
    return ""


@pytest.mark.parametrize("seed", range(40))
def test_stack(seed, tmp_path):
    assert disagreement(seed, tmp_path / "stack.py") == ""


if __name__ == "__main__":
    first, count = int(sys.argv[1]), int(sys.argv[2])
    for each in range(first, first + count):
        print(disagreement(each, Path("stack.py").absolute()), end="")
