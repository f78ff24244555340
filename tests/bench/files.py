"""The files that the benchmark is typed into, in a workspace of its own."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Case:
    """A file to type into, and the one whose hints are waited for, which may import it."""

    name: str
    edited: Path
    shown: Path

    @property
    def lines(self) -> int:
        """How long the edited file is."""
        return len(self.edited.read_text("utf-8").splitlines())


def workspace(folder: Path, is_quick: bool = False) -> list[Case]:
    """Writes all files into the folder. With `is_quick` only small ones."""

    def file(name: str, text: str) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def alone(name: str, path: Path) -> Case:
        return Case(name, path, path)

    cases = [
        alone("30-line model", file("small.py", SMALL)),
        alone("60-line model", file("medium.py", (ROOT / "examples" / "cifar10.py").read_text("utf-8"))),
        alone("Keras script", file("keras_script.py", keras_script(3))),
    ]
    vision = torchvision()
    if vision is not None and not is_quick:
        shutil.copytree(vision, folder / "torchvision", ignore=_only_python)
        models = folder / "torchvision" / "models"
        cases += [alone("torchvision resnet.py", models / "resnet.py")]
        cases += [alone("torchvision swin_transformer.py", models / "swin_transformer.py")]
    if not is_quick:
        cases.append(alone("3,000-line file", file("large.py", synthetic(3000))))
    model = library(folder, 6 if is_quick else 60)
    cases.append(alone("model of a 60-file library", model))
    cases.append(Case("library file of that model", folder / "blocks" / "block_3.py", model))
    return cases


def torchvision() -> Path | None:
    """The folder of torchvision's source beside this Python."""
    spec = importlib.util.find_spec("torchvision")
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


def _only_python(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".py") and not Path(folder, name).is_dir()]


SMALL = """import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 3, stride=2, padding=1)
        self.norm2 = nn.BatchNorm2d(64)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(64 * 8 * 8, 128)
        self.fc2 = nn.Linear(128, classes)

    def forward(self, x):
        x = F.relu(self.norm1(self.conv1(x)))
        x = F.relu(self.norm2(self.conv2(x)))
        x = self.pool(x)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        return self.fc2(x)


model = Net()
images = torch.randn(4, 3, 32, 32)
logits = model(images)
loss = F.cross_entropy(logits, torch.randint(0, 10, (4,)))
loss.backward()
"""

_TORCH = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
_MODEL = """

class Block{n}(nn.Module):
    def __init__(self, channels, expansion=4, stride=1):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, channels * expansion, 3, stride=stride, padding=1)
        self.conv2 = nn.Conv2d(channels * expansion, channels, 1)
        self.skip = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()

    def forward(self, x):
        y = self.norm(x)
        y = F.gelu(self.conv1(y))
        y = self.conv2(y)
        return y + self.skip(x)


class Model{n}(nn.Module):
    def __init__(self, width={width}, classes={classes}):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 4, stride=4)
        self.blocks = nn.Sequential(*[Block{n}(width, stride=2 if i == 1 else 1) for i in range(3)])
        self.attend = nn.MultiheadAttention(width, 4, batch_first=True)
        self.head = nn.Linear(width, classes)

    def forward(self, images):
        x = self.stem(images)
        x = self.blocks(x)
        tokens = x.flatten(2).transpose(1, 2)
        tokens = tokens + self.attend(tokens, tokens, tokens)[0]
        pooled = tokens.mean(dim=1)
        return self.head(pooled)


def loss{n}(model, images, labels):
    logits = model(images)
    probabilities = logits.softmax(-1)
    best = probabilities.argmax(-1)
    accuracy = (best == labels).float().mean()
    return F.cross_entropy(logits, labels), accuracy
"""


def synthetic(lines: int) -> str:
    """A PyTorch file of about so many lines: one model after the other, with its blocks and its loss."""
    text, number = _TORCH, 0
    while text.count("\n") < lines - 3:
        text += _MODEL.format(n=number, width=16 * (number % 5 + 1), classes=10 + number)
        number += 1
    return text + "\n\nout = Model0()(torch.randn(2, 3, 64, 64))\n"


_KERAS = "import numpy as np\nimport keras\nfrom keras import layers\n\nclasses = 10\n"
_KERAS_PART = """

class Gate{n}(layers.Layer):
    def __init__(self, units, rate=0.1, **kwargs):
        super().__init__(**kwargs)
        self.value = layers.Dense(units)
        self.gate = layers.Dense(units, activation="sigmoid")
        self.drop = layers.Dropout(rate)
        self.norm = layers.LayerNormalization()

    def call(self, x, training=False):
        y = self.value(x) * self.gate(x)
        y = self.drop(y, training=training)
        return self.norm(x + y)


def residual{n}(x, filters, stride=1):
    shortcut = x
    y = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
    y = layers.BatchNormalization()(y)
    y = layers.ReLU()(y)
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization()(y)
    if stride > 1 or shortcut.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, strides=stride)(shortcut)
    return layers.ReLU()(layers.Add()([y, shortcut]))


def classifier{n}(size={size}, width=16):
    inputs = keras.Input((size, size, 3))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(width, 7, strides=2, padding="same")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    for stage in range(3):
        x = residual{n}(x, width * 2**stage, 2 if stage else 1)
        x = residual{n}(x, width * 2**stage)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(64, activation="gelu")(x)
    x = Gate{n}(64)(x)
    outputs = layers.Dense(classes, activation="softmax")(x)
    return keras.Model(inputs, outputs)


def reader{n}(words=5000, length=80):
    model = keras.Sequential([keras.Input((length,), dtype="int32")])
    model.add(layers.Embedding(words, 64))
    model.add(layers.Bidirectional(layers.LSTM(32, return_sequences=True)))
    model.add(layers.Conv1D(64, 5, activation="relu"))
    model.add(layers.GlobalMaxPooling1D())
    model.add(layers.Dense(1, activation="sigmoid"))
    return model


def unet{n}(size=64):
    inputs = keras.Input((size, size, 1))
    skips, x = [], inputs
    for filters in (8, 16, 32):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        skips.append(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(64, 3, padding="same", activation="relu")(x)
    for filters in (32, 16, 8):
        x = layers.Conv2DTranspose(filters, 2, strides=2)(x)
        x = layers.concatenate([x, skips.pop()])
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(x))


images{n} = np.zeros((100, {size}, {size}, 3), "float32")
labels{n} = np.zeros((100,), "int64")
net{n} = classifier{n}()
net{n}.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
net{n}.fit(images{n}, labels{n}, batch_size=20, epochs=3)
scores{n} = net{n}.predict(images{n})
best{n} = scores{n}.argmax(axis=1)

texts{n} = np.zeros((40, 80), "int32")
sentiment{n} = reader{n}()
sentiment{n}.compile("adam", "binary_crossentropy")
sentiment{n}.fit(texts{n}, np.zeros((40, 1)), epochs=2)

masks{n} = unet{n}()(np.zeros((2, 64, 64, 1), "float32"))
"""


def keras_script(parts: int) -> str:
    """A Keras script of about 100 lines for each part: a layer, three models, data and training."""
    return _KERAS + "".join(_KERAS_PART.format(n=n, size=32 * (n + 1)) for n in range(parts))


_BLOCK = """import torch
import torch.nn as nn
{imports}

class Block{n}(nn.Module):
    \"\"\"Halves nothing, keeps the channels.\"\"\"

    def __init__(self, channels, expansion={expansion}):
        super().__init__()
        hidden = channels * expansion
        self.norm = nn.BatchNorm2d(channels)
        self.expand = nn.Conv2d(channels, hidden, 1)
        self.depthwise = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden)
        self.project = nn.Conv2d(hidden, channels, 1)
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x):
        y = self.norm(x)
        y = torch.relu(self.expand(y))
        y = torch.relu(self.depthwise(y))
        y = self.project(y) * self.scale
        return x + y


def block_{n}(channels, depth=2):
    layers = [Block{n}(channels) for _ in range(depth)]
    return nn.Sequential({inner}*layers)
"""


def library(folder: Path, files: int) -> Path:
    """A package of so many files, each using one before it, and the model that is assembled from all of them."""
    blocks = folder / "blocks"
    blocks.mkdir(parents=True, exist_ok=True)
    (blocks / "__init__.py").write_text("".join(f"from .block_{n} import block_{n}\n" for n in range(files)))
    for n in range(files):
        imports = f"\nfrom .block_{n // 4} import Block{n // 4}\n" if n > 3 else ""
        inner = f"Block{n // 4}(channels), " if n > 3 else ""
        text = _BLOCK.format(n=n, imports=imports, inner=inner, expansion=n % 3 + 1)
        (blocks / f"block_{n}.py").write_text(text)
    names = "".join(f"    block_{n},\n" for n in range(files))
    path = folder / f"assembled_{files}.py"
    path.write_text(
        f"import torch\nimport torch.nn as nn\n\nfrom blocks import (\n{names})\n{_ASSEMBLED}{_listed(files)}"
    )
    return path


def _listed(files: int) -> str:
    makers = ", ".join(f"block_{n}" for n in range(files))
    return f"\n\nmodel = Assembled([{makers}])\nlogits = model(torch.randn(2, 3, 64, 64))\n"


_ASSEMBLED = """

class Assembled(nn.Module):
    def __init__(self, makers, width=48, classes=100):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 4, stride=4)
        self.stages = nn.ModuleList([make(width) for make in makers])
        self.head = nn.Linear(width, classes)

    def forward(self, images):
        x = self.stem(images)
        for stage in self.stages:
            x = stage(x)
        pooled = x.mean(dim=(2, 3))
        return self.head(pooled)
"""
