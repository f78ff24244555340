"""keras.layers that turn words, categories, numbers and sound into what a model takes.

Normalization, Rescaling               keep the shape
CategoryEncoding, Hashing, lookups …   (B, T) of categories: "int" keeps the shape, "one_hot" (B, T, depth),
                                       "multi_hot", "count" and "tf_idf" (B, depth)
TextVectorization                      (B,) of strings  ->  (B, output_sequence_length) or (B, depth)
STFTSpectrogram                        (B, T, C)  ->  (B, frames, C·frequencies)
MelSpectrogram                         (B, T)  ->  (B, num_mel_bins, frames)

Source: keras.src.layers.preprocessing, keras.src.utils.numerical_utils.encode_categorical_inputs.
"""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim, ceildiv, equal, floordiv, less
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.keras.layer import built, compute_dtype, keras_layer, weight
from shapelens.rules.keras.options import choice, dim_of, flag, is_channels_first, name_fix, positive
from shapelens.values import Instance, List, Tensor, Unknown

_MODES = ("int", "one_hot", "multi_hot", "count")


# -- arguments -----------------------------------------------------------------------------------------------------


def _check_mode(*known: str) -> Any:
    def check(c: Call, self: Instance) -> None:
        mode = self.attrs.get("output_mode")
        if isinstance(mode, str) and c.name != "Discretization":
            self.attrs["output_mode"] = {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(mode, mode)
        choice(c, self, "output_mode", known, lower=False)
        for name in ("num_tokens", "num_bins"):
            if name in self.attrs and c.store.value(self.attrs[name]) is not None:
                positive(c, self, name)
        if "num_tokens" in self.attrs and self.attrs["num_tokens"] is None:
            c.fail("argument-value", f"{c.name}: num_tokens must be given")

    return check


def _mode(c: Call, self: Instance) -> str:
    mode = c.store.value(self.attrs.get("output_mode"))
    if not isinstance(mode, str) or c.store.value(self.attrs.get("sparse")) is not False:
        raise NotKnown
    return mode


def _categories(c: Call, value: object) -> Tensor:
    """What a layer that takes strings is given: a tensor, or nested lists of strings or numbers."""
    value = c.store.value(value)
    try:
        return converted(c, value)
    except NotKnown:
        return Tensor(_nested(c, value), "string", "tensorflow")


def _nested(c: Call, value: Any) -> tuple[Dim, ...]:
    value = c.store.value(value)
    if isinstance(value, (str, bytes)):
        return ()
    if not isinstance(value, (list, tuple)) or isinstance(value, List) and value.rest is not None or not value:
        raise NotKnown
    parts = [_nested(c, v) for v in value]
    if any(p != parts[0] for p in parts):
        raise NotKnown
    return (len(value), *parts[0])


def _encoded(c: Call, inputs: Tensor, mode: str, depth: Dim) -> tuple[Dim, ...]:
    """The shape of encoded categories. NotKnown where Keras names one shape and gives another."""
    dims = c.dims(inputs)
    if mode == "int":
        return dims
    if not dims and mode != "one_hot":
        return (depth,)
    if not dims:
        raise NotKnown
    if mode == "one_hot":
        is_one = equal(dims[-1], 1)
        if is_one is None and len(dims) > 1:
            raise NotKnown
        return (*dims[:-1], depth) if is_one and len(dims) > 1 else (*dims, depth)
    if len(dims) > 2:
        raise NotKnown
    return (*dims[:-1], depth)


# -- numbers -------------------------------------------------------------------------------------------------------


def _broadcast_later(c: Call, self: Instance) -> None:
    """The attributes are not the arrays as they were given, but as they are broadcast."""
    for name in ("mean", "variance"):
        self.attrs[f"input_{name}"], self.attrs[name] = self.attrs[name], Unknown(name)


@keras_layer("Normalization", "axis=-1, mean=None, variance=None, invert=False", setup=_broadcast_later)
def normalization(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """(x - mean) / sqrt(variance), each for the axes that are kept, which have the sizes that it was built for."""
    axis = c.store.value(self.attrs.get("axis"))
    axes: Any = () if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    if not all(type(a) is int for a in axes) or isinstance(axes, List) and axes.rest is not None:
        raise NotKnown
    dims = c.dims(inputs)
    for a in axes:
        if not -len(dims) <= a < len(dims):
            c.fail("axis-out-of-range", f"{c.name}: axis {a} is out of range for an input {c.text(inputs)}", inputs)
    if c.store.value(self.attrs.get("input_mean")) is None:
        kept = sorted(a % len(dims) for a in axes)
        for a in kept:
            _held(c, self, inputs, a - len(dims))
        shape = tuple(dims[a] for a in kept)
        weight(c, self, "adapt_mean", shape, trainable=False)
        weight(c, self, "adapt_variance", shape, trainable=False)
        weight(c, self, "count", (), trainable=False, dtype="int64")
    return Tensor(dims, compute_dtype(c, self))


def _held(c: Call, self: Instance, inputs: Tensor, axis: int) -> None:
    """Hold an axis of an array against the size that the layer was built for; models build with any.

    What the layer has kept is broadcast: NotKnown where a size of 1, or a lower rank than it was built for, may grow.
    """
    dims = c.dims(inputs)
    known, size = self.attrs.get(f"_built{axis}"), dims[axis]
    rank = self.attrs.setdefault("_built_rank", len(dims))
    if known is not None and equal(c.dim(known), size) is not True:
        if less(1, size) is not True or less(1, c.dim(known)) is not True:
            raise NotKnown
        if inputs.library == "keras":
            return
    if len(dims) < rank:
        raise NotKnown
    built(c, self, inputs, axis)


@keras_layer(
    "Discretization",
    "bin_boundaries=None, num_bins=None, epsilon=0.01, output_mode='int', sparse=False, dtype=None, name=None",
    setup=_check_mode(*_MODES),
)
def discretization(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """The bin of each number, of num_bins or one more than there are boundaries."""
    mode = _mode(c, self)
    if mode == "int":
        return Tensor(c.shape(inputs), "int32")
    bounds = c.store.value(self.attrs.get("bin_boundaries"))
    if bounds is None:
        depth: Dim = dim_of(c, self, "num_bins")
    elif isinstance(bounds, (list, tuple)) and not (isinstance(bounds, List) and bounds.rest is not None):
        depth = len(bounds) + 1
    else:
        raise NotKnown
    return Tensor(_encoded(c, inputs, mode, depth), compute_dtype(c, self))


@keras_layer(
    "CategoryEncoding",
    "num_tokens=None, output_mode='multi_hot', sparse=False",
    setup=_check_mode("count", "one_hot", "multi_hot"),
    convert=False,
)
def category_encoding(c: Call, self: Instance, inputs: Tensor, count_weights: object = None) -> Tensor:
    """Which of num_tokens categories each row has."""
    mode = _mode(c, self)
    return Tensor(_encoded(c, inputs, mode, dim_of(c, self, "num_tokens")), compute_dtype(c, self))


# -- words ---------------------------------------------------------------------------------------------------------


def _check_hashing(c: Call, self: Instance) -> None:
    _check_mode(*_MODES)(c, self)
    if self.attrs.get("dtype") is None and isinstance(self.attrs.get("output_mode"), str):
        self.attrs["dtype"] = "int64" if self.attrs["output_mode"] == "int" else "float32"


@keras_layer(
    "Hashing",
    "num_bins, mask_value=None, salt=None, output_mode='int', sparse=False",
    setup=_check_hashing,
    convert=False,
)
def hashing(c: Call, self: Instance, inputs: object) -> Tensor:
    """One of num_bins for each category."""
    value, mode = _categories(c, inputs), _mode(c, self)
    dims = c.dims(value)
    if mode == "one_hot" and not (len(dims) == 2 and equal(dims[-1], 1)):
        raise NotKnown
    return Tensor(_encoded(c, value, mode, dim_of(c, self, "num_bins")), compute_dtype(c, self))


@keras_layer(
    "HashedCrossing",
    "num_bins, output_mode='int', sparse=False, name=None, dtype=None",
    setup=_check_hashing,
    convert=False,
)
def hashed_crossing(c: Call, self: Instance, inputs: object) -> Tensor:
    """One of num_bins for each combination of two or more categories of the same shape: (), (B,) or (B, 1)."""
    given = c.store.value(inputs)
    if isinstance(given, Tensor):
        c.fail(
            "call-arguments", f"{c.name} expects a list of two or more inputs, got one tensor {c.text(given)}", given
        )
    if not isinstance(given, (list, tuple)) or isinstance(given, List) and given.rest is not None:
        raise NotKnown
    if len(given) < 2:
        c.fail("call-arguments", f"{c.name} expects a list of two or more inputs, got {len(given)}")
    values, mode = [_categories(c, v) for v in given], _mode(c, self)
    dims = c.dims(values[0])
    if len(dims) > 2 or len(dims) == 2 and equal(dims[1], 1) is False:
        c.fail("shape-mismatch", f"{c.name} expects inputs of (), (B,) or (B, 1), got {c.text(values[0])}", values[0])
    if mode != "int" and (mode != "one_hot" or not dims):
        raise NotKnown
    return Tensor(_encoded(c, values[0], mode, dim_of(c, self, "num_bins")), compute_dtype(c, self))


def _vocabulary_size(c: Call, self: Instance) -> Dim:
    """How many tokens a lookup has: as many as it is padded to, as its list says, or as `adapt` finds."""
    if flag(c, self, "pad_to_max_tokens"):
        return dim_of(c, self, "max_tokens")
    words = c.store.value(self.attrs.get("vocabulary"))
    special = [c.store.value(self.attrs.get(name)) for name in ("mask_token", "oov_token")]
    unknown = c.store.value(self.attrs.get("num_oov_indices", 1))
    if isinstance(words, (list, tuple)) and not (isinstance(words, List) and words.rest is not None):
        known = [c.store.value(w) for w in words]
        plain = all(isinstance(w, (str, int)) and w not in special and w not in ("", "[UNK]") for w in known)
        if plain and isinstance(unknown, int):
            return len(known) + unknown
    made = self.attrs.get("_vocabulary_size")
    if made is None:
        made = self.attrs["_vocabulary_size"] = c.fresh("vocabulary")
    return c.dim(made)


def _looked_up(c: Call, self: Instance, inputs: object) -> Tensor:
    """The index of each category, or an encoding of the vocabulary's size. Reversed, the words."""
    value, mode = _categories(c, inputs), _mode(c, self)
    is_inverse = flag(c, self, "invert")
    if mode == "int":
        dtype = None if is_inverse else "int64"
        return Tensor(c.shape(value), dtype)
    dtype = "float32" if value.library == "keras" else None if mode == "tf_idf" or is_inverse else "int64"
    return Tensor(_encoded(c, value, mode, _vocabulary_size(c, self)), dtype)


keras_layer(
    "IntegerLookup",
    "max_tokens=None, num_oov_indices=1, mask_token=None, oov_token=-1, vocabulary=None, vocabulary_dtype='int64', "
    "idf_weights=None, invert=False, output_mode='int', sparse=False, pad_to_max_tokens=False, oov_method='floormod', "
    "salt=None, name=None",
    setup=_check_mode(*_MODES, "tf_idf"),
    convert=False,
)(_looked_up)
keras_layer(
    "StringLookup",
    "max_tokens=None, num_oov_indices=1, mask_token=None, oov_token='[UNK]', vocabulary=None, idf_weights=None, "
    "invert=False, output_mode='int', pad_to_max_tokens=False, sparse=False, encoding='utf-8', name=None, salt=None, *, "
    "has_input_vocabulary=None, vocabulary_size=None, vocabulary_dtype=None",
    setup=_check_mode(*_MODES, "tf_idf"),
    convert=False,
)(_looked_up)


def _check_text(c: Call, self: Instance) -> None:
    _check_mode(*_MODES, "tf_idf")(c, self)
    mode, length = self.attrs["output_mode"], c.store.value(self.attrs.get("output_sequence_length"))
    if isinstance(mode, str) and mode != "int" and isinstance(length, int):
        c.fail(
            "argument-value",
            f'{c.name}: output_sequence_length is for output_mode="int", got {mode!r}',
            fixes=name_fix(c, self, "output_mode", ["int"]),
        )


@keras_layer(
    "TextVectorization",
    "max_tokens=None, standardize='lower_and_strip_punctuation', split='whitespace', ngrams=None, output_mode='int', "
    "output_sequence_length=None, pad_to_max_tokens=False, vocabulary=None, idf_weights=None, sparse=False, ragged=False, "
    "encoding='utf-8', name=None",
    setup=_check_text,
    convert=False,
)
def text_vectorization(c: Call, self: Instance, inputs: object) -> Tensor:
    """(), (B,) or (B, 1) of strings to the indices of their words, or to an encoding of the vocabulary's size."""
    value, mode = _categories(c, inputs), _mode(c, self)
    split = c.store.value(self.attrs.get("split"))
    if split not in ("whitespace", "character") or c.store.value(self.attrs.get("ragged")) is not False:
        raise NotKnown
    dims = c.dims(value)
    if len(dims) > 1:
        if len(dims) == 2 and equal(dims[-1], 1) is False and value.library != "keras":
            c.fail(
                "shape-mismatch",
                f"{c.name} expects strings of (B,) or (B, 1), which it splits itself, got {c.text(value)}",
                value,
            )
        if len(dims) > 2 or equal(dims[-1], 1) is not True:
            raise NotKnown
    if mode == "int":
        length = c.store.value(self.attrs.get("output_sequence_length"))
        if value.library == "keras" and not dims:
            raise NotKnown
        return Tensor((*dims[:1], c.fresh("T") if length is None else c.dim(length)), "int64")
    if value.library == "keras":
        if len(dims) != 1:
            raise NotKnown
        return Tensor((*dims[:1], _vocabulary_size(c, self)), "float32")
    return Tensor((*dims[:1], _vocabulary_size(c, self)), None if mode == "tf_idf" else "int64")


# -- sound ---------------------------------------------------------------------------------------------------------


def _check_stft(c: Call, self: Instance) -> None:
    choice(c, self, "mode", ("log", "magnitude", "psd", "real", "imag", "angle", "stft"), lower=False)
    choice(c, self, "padding", ("valid", "same"), lower=False)
    length, step, fft = (c.store.value(self.attrs[n]) for n in ("frame_length", "frame_step", "fft_length"))
    if isinstance(length, int) and isinstance(step, int) and not 1 <= step <= length:
        c.fail("argument-value", f"{c.name}: frame_step must be between 1 and frame_length {length}, got {step}")
    if isinstance(length, int) and isinstance(fft, int) and fft < length:
        c.fail("argument-value", f"{c.name}: fft_length must be at least frame_length {length}, got {fft}")


@keras_layer(
    "STFTSpectrogram",
    "mode='log', frame_length=256, frame_step=None, fft_length=None, window='hann', periodic=False, scaling='density', "
    "padding='valid', expand_dims=False, data_format=None",
    ndim=3,
    setup=_check_stft,
)
def stft_spectrogram(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """(B, T, C) to (B, frames, C·frequencies), or (B, frames, frequencies, C) with expand_dims."""
    length, mode = c.store.value(self.attrs["frame_length"]), c.store.value(self.attrs["mode"])
    if not isinstance(length, int) or length < 1 or not isinstance(mode, str):
        raise NotKnown
    step = c.store.value(self.attrs["frame_step"]) or length // 2
    size = c.store.value(self.attrs["fft_length"]) or 1 << (length - 1).bit_length()
    if not isinstance(step, int) or step < 1 or not isinstance(size, int):
        raise NotKnown
    frequencies = size // 2 + 1
    if mode != "imag":
        weight(c, self, "real_kernel", (length, 1, frequencies))
    if mode != "real":
        weight(c, self, "imag_kernel", (length, 1, frequencies))
    if mode == "stft":
        frequencies *= 2
    first = is_channels_first(c, self)
    batch, *rest = c.dims(inputs)
    steps, channels = (rest[1], rest[0]) if first else (rest[0], rest[1])
    padding = c.store.value(self.attrs["padding"])
    if padding not in ("valid", "same") or padding == "valid" and less(steps, length) is True:
        raise NotKnown
    frames = ceildiv(steps, step) if padding == "same" else floordiv(steps - length, step) + 1
    shape: tuple[Dim, ...]
    if flag(c, self, "expand_dims"):
        shape = (batch, channels, frames, frequencies) if first else (batch, frames, frequencies, channels)
    else:
        shape = (batch, channels * frequencies, frames) if first else (batch, frames, channels * frequencies)
    return Tensor(shape, compute_dtype(c, self))


@keras_layer(
    "MelSpectrogram",
    "fft_length=2048, sequence_stride=512, sequence_length=None, window='hann', sampling_rate=16000, num_mel_bins=128, "
    "min_freq=20.0, max_freq=None, power_to_db=True, top_db=80.0, mag_exp=2.0, min_power=1e-10, ref_power=1.0",
)
def mel_spectrogram(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """(T,) or (B, T) to (B?, num_mel_bins, frames)."""
    dims, stride = c.dims(inputs), c.store.value(self.attrs["sequence_stride"])
    if len(dims) not in (1, 2) or not isinstance(stride, int) or stride < 1:
        raise NotKnown
    steps = dims[-1]
    # What Keras says for a model and what it computes differ where the one is a multiple of the stride.
    known = isinstance(steps, int) and steps // stride == (steps + 1) // stride
    frames: Dim = steps // stride + 1 if known and isinstance(steps, int) else c.fresh("frames")
    return Tensor((*dims[:-1], dim_of(c, self, "num_mel_bins"), frames), compute_dtype(c, self))
