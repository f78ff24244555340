"""Every layer's rule held against Keras, by one call each."""

from __future__ import annotations

import pytest
import tensorflow as tf

from shapelens.rules.registry import layers
from shapelens.values import Tensor
from tests.rules.coverage import UNKNOWN
from tests.rules.keras.callables import entries
from tests.rules.keras.harness import Either, Layer, X, check_layer


def test_layers() -> None:
    """All but those that run something else than Keras."""
    unknown = [e.name for e in entries() if e.family == "keras.layers" and e.kind == UNKNOWN]
    assert unknown == ["FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"]


VOLUME, IMAGE, SEQUENCE, ROW = X((2, 8, 8, 8, 3)), X((2, 8, 9, 3)), X((2, 8, 3)), X((2, 6))
BY_RANK = {1: SEQUENCE, 2: IMAGE, 3: VOLUME}
TEXT = Either(tf.fill((3,), "a word"), Tensor((3,), "string", "tensorflow"))
STATE = X((2, 4))
CELL = Layer("keras.layers.GRUCell", (4,))
WORDS = {"vocabulary": ["a", "b"]}

# What a layer is made with, and called with.
CALLS = {
    "Activation": (("relu",), [ROW]),
    "AdaptiveAveragePooling": ((2,), []), "AdaptiveMaxPooling": ((2,), []),
    "AdditiveAttention": ((), [[SEQUENCE, SEQUENCE]]), "Attention": ((), [[SEQUENCE, SEQUENCE]]),
    "AveragePooling": ((2,), []), "MaxPooling": ((2,), []),
    "Bidirectional": ((Layer("keras.layers.LSTM", (4,)),), [SEQUENCE]),
    "CategoryEncoding": ((4,), [X((2, 3), "int32")]), "Discretization": (([0.0, 1.0],), [ROW]),
    "CenterCrop": ((4, 4), [IMAGE]), "RandomCrop": ((4, 4), [IMAGE]), "Resizing": ((4, 4), [IMAGE]),
    "Conv": ((4, 3), []), "ConvTranspose": ((4, 3), []), "SeparableConv": ((4, 3), []), "DepthwiseConv": ((3,), []),
    "ConvLSTM": ((4, 3), []),
    "Cropping": ((1,), []), "ZeroPadding": ((1,), []), "UpSampling": ((2,), []),
    "GlobalAveragePooling": ((), []), "GlobalMaxPooling": ((), []), "SpatialDropout": ((0.5,), []),
    "Dense": ((4,), [ROW]), "EinsumDense": (("ab,bc->ac", 4), [ROW]),
    "Dot": ((1,), [[ROW, ROW]]), "Dropout": ((0.5,), [ROW]), "AlphaDropout": ((0.5,), [ROW]),
    "GaussianDropout": ((0.5,), [ROW]), "GaussianNoise": ((0.5,), [ROW]),
    "Embedding": ((5, 4), [X((2, 3), "int32")]), "ReversibleEmbedding": ((5, 4), [X((2, 3), "int32")]),
    "GroupNormalization": ((3,), [IMAGE]),
    "GroupQueryAttention": ((4, 4, 2), [SEQUENCE, SEQUENCE]), "MultiHeadAttention": ((2, 4), [SEQUENCE, SEQUENCE]),
    "GRU": ((4,), [SEQUENCE]), "LSTM": ((4,), [SEQUENCE]), "SimpleRNN": ((4,), [SEQUENCE]),
    "GRUCell": ((4,), [ROW, STATE]), "SimpleRNNCell": ((4,), [ROW, STATE]), "LSTMCell": ((4,), [ROW, [STATE, STATE]]),
    "HashedCrossing": ((5,), [[X((3,), "int64"), X((3,), "int64")]]), "Hashing": ((5,), [X((3,), "int64")]),
    "IntegerLookup": ({"vocabulary": [1, 2]}, [X((3,), "int64")]),
    "StringLookup": (WORDS, [TEXT]), "TextVectorization": ({**WORDS, "output_sequence_length": 4}, [TEXT]),
    "Lambda": ((Either(lambda x: x, lambda x: x),), [ROW]),
    "MaxNumBoundingBoxes": ((3,), [IMAGE]), "RandomPosterization": ((4,), [IMAGE]),
    "RandomTranslation": ((0.1, 0.1), [IMAGE]), "Rescaling": ((2.0,), [IMAGE]),
    "MelSpectrogram": ({"fft_length": 64, "sequence_stride": 16, "num_mel_bins": 4}, [X((2, 200))]),
    "STFTSpectrogram": ({"frame_length": 8, "window": None}, [X((2, 40, 1))]),
    "Permute": (((2, 1),), [SEQUENCE]), "RepeatVector": ((3,), [ROW]), "Reshape": (((3, 2),), [ROW]),
    "Pipeline": (([Layer("keras.layers.Rescaling", (2.0,))],), [IMAGE]),
    "RNN": ((CELL,), [SEQUENCE]), "StackedRNNCells": (([CELL],), [ROW, [STATE]]),
    "SpectralNormalization": ((Layer("keras.layers.Dense", (4,)),), [ROW]),
    "TimeDistributed": ((Layer("keras.layers.Dense", (4,)),), [SEQUENCE]),
    **dict.fromkeys(("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"), ((), [[ROW, ROW]])),
    **dict.fromkeys(("RandomBrightness", "RandomColorDegeneration", "RandomContrast", "RandomHue", "RandomRotation",
                     "RandomSaturation", "RandomSharpness", "RandomZoom"), ((0.2,), [IMAGE])),
    **dict.fromkeys(("AugMix", "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "CutMix", "Equalization",
                     "MixUp", "RandAugment", "RandomColorJitter", "RandomElasticTransform", "RandomErasing", "RandomFlip",
                     "RandomGaussianBlur", "RandomGrayscale", "RandomInvert", "RandomPerspective", "RandomShear",
                     "Solarization"), ((), [IMAGE])),
    **dict.fromkeys(("ReLU", "LeakyReLU", "ELU", "Softmax", "PReLU", "Identity", "Flatten", "ActivityRegularization",
                     "BatchNormalization", "LayerNormalization", "RMSNormalization", "UnitNormalization",
                     "Normalization"), ((), [ROW])),
    "Masking": ((), [SEQUENCE]),
}  # fmt: skip
ABSTRACT = ("Wrapper",)  # does nothing by itself
LAYERS = sorted(p.rpartition(".")[2] for p in layers if p.startswith("keras.layers."))


def _call(name: str) -> tuple[object, list[object]] | None:
    """What there is for a layer, or for those of its kind for all ranks: `Conv` for Conv1D."""
    rank = next((n for n in (1, 2, 3) if f"{n}D" in name), None)
    if rank is None:
        return CALLS.get(name)
    found = CALLS.get(name.replace(f"{rank}D", ""))
    if found is None:
        return None
    given = BY_RANK[rank]
    if name.startswith("ConvLSTM"):
        given = X((2, 3, *given.shape[1:]))
    return found[0], [given]


def test_every_layer_has_a_call() -> None:
    assert [name for name in LAYERS if _call(name) is None and name not in ABSTRACT] == []


@pytest.mark.parametrize("name", [name for name in LAYERS if name not in ABSTRACT])
def test_every_layer(name: str) -> None:
    found = _call(name)
    assert found is not None
    made, inputs = found
    args, kwargs = ((), made) if isinstance(made, dict) else (made, {})
    options = {"training": True} if name == "RandomCrop" else {}
    check_layer(f"keras.layers.{name}", args, kwargs, *inputs, symbolic=TEXT not in inputs, **options)
