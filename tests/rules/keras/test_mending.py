"""Fixes for programs of Keras and NumPy: the edited program runs, and no fix is offered that its library does not know."""

from __future__ import annotations

import sys

import pytest

import tests.rules.keras.harness  # noqa: F401  keeps TensorFlow quiet
from shapelens.analysis.mending.sources import changed
from shapelens.analysis.session import Session
from shapelens.report.problems import reported

HEAD = """
import numpy as np
import tensorflow as tf
from keras import Input, Model, Sequential, layers
"""

PROGRAMS = {
    "missing channels": (
        """
model = Sequential([Input((8, 8, 1)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(2)])
images = np.zeros((4, 8, 8), dtype="float32")
out = model.predict(images, verbose=0) if False else layers.Conv2D(4, 3)(images)
""",
        ["Insert [..., None] after images"],
    ),
    "channels first": (
        """
conv = layers.Conv2D(4, 3)
first = conv(np.zeros((2, 8, 8, 3), dtype="float32"))
images = np.zeros((2, 3, 8, 8), dtype="float32")
out = conv(images)
""",
        ["Insert .transpose(0, 2, 3, 1) after images"],
    ),
    "groups": (
        """
x = tf.zeros((2, 4, 4, 48))
out = layers.GroupNormalization()(x)
""",
        ["Add groups=16 to GroupNormalization", "Change 48 to 32 in zeros (line 6)"],
    ),
    "activation": (
        """
out = layers.Dense(4, activation="Relu")(tf.zeros((2, 3)))
""",
        ['Change activation to "relu" in Dense'],
    ),
    "window": (
        """
out = layers.Conv2D(4, 5)(tf.zeros((2, 3, 3, 1)))
""",
        ['Add padding="same" to Conv2D', "Change kernel_size to 3 in Conv2D"],
    ),
    "symbolic": (
        """
a, b = Input((8, 8, 4)), Input((6, 6, 4))
out = layers.Concatenate()([a, b])
""",
        [],
    ),
}


def problems_of(path, text):
    session = Session((path.parent,), sys.executable)
    session.update(str(path), text)
    analysis = session.analyse(str(path))
    return [session.mended(analysis, p, seconds=20) for p in reported(analysis) if p.severity == "error"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_fixes(name, tmp_path):
    body, titles = PROGRAMS[name]
    text, path = HEAD + body, tmp_path / "program.py"
    with pytest.raises(Exception):  # noqa: B017, PT011  of whatever kind Keras raises
        exec(compile(text, str(path), "exec"), {})
    problems = problems_of(path, text)
    assert len(problems) == 1
    assert [fix.title for fix in problems[0].fixes] == titles
    for fix in problems[0].fixes:
        mended = changed(text, fix)
        assert problems_of(path, mended) == []
        exec(compile(mended, str(path), "exec"), {})


BRANCHES = """
import sys

dense, norm, conv = layers.Dense(10), layers.BatchNormalization(), layers.Conv2D(3, 3)
if len(sys.argv) > 100:
    x = dense(tf.zeros((2, 64)))
    z = norm(tf.zeros((2, 64, 3)))
else:
    x = dense(tf.zeros((2, 128)))
y = dense(tf.zeros((2, 128)))
z = norm(tf.zeros((2, 64)))
while len(sys.argv) > 100:
    y = conv(tf.zeros((2, 8, 8, 4)))
    conv = layers.Conv2D(3, 3)
y = conv(tf.zeros((2, 8, 8, 3)))
"""


def test_a_layer_that_one_branch_builds_and_another_builds_otherwise(tmp_path):
    text, path = HEAD + BRANCHES, tmp_path / "program.py"
    exec(compile(text, str(path), "exec"), {})
    assert problems_of(path, text) == []


def test_a_size_that_input_leaves_open(tmp_path):
    text = HEAD + "x = layers.Flatten()(Input((None, None, 3)))\ny = layers.Dense(4)(x)\n"
    found = problems_of(tmp_path / "program.py", text)
    assert [p.message for p in found] == [
        "Dense must know its number of features (axis -1) to make its weights, and a None of Input leaves it open: "
        "got (B, 3·H·W)"
    ]


def test_names_of_a_star_import(tmp_path):
    text = "from keras.layers import *\n\nx = Input((4,))\ny = Add()([Dense(3)(x), Dense(3)(x)])\n"
    session = Session((tmp_path,), sys.executable)
    session.update(str(tmp_path / "program.py"), text)
    analysis = session.analyse(str(tmp_path / "program.py"))
    assert {f.name: f.values[0].shape[1:] for f in analysis.facts if f.name in "xy"} == {"x": (4,), "y": (3,)}
