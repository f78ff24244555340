"""keras.layers: recurrent layers, their cells and the wrappers around them.

SimpleRNN, GRU, LSTM   (B, T, F)  ->  (B, T, units) with return_sequences, else (B, units); states behind it with return_state
cells                  (B, F), states  ->  (B, units), states
RNN                    as its cell says: `state_size` and `output_size`
ConvLSTM               (B, T, *size, C)  ->  (B, T?, *size', filters)
Bidirectional          as its layer, the last axis doubled where the directions are concatenated
TimeDistributed        (B, T, …)  ->  (B, T, …) of its layer on each step
Source of the weights' shapes: keras.layers.LSTMCell, GRUCell, SimpleRNNCell, ConvLSTMCell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, ceildiv
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import symbolic
from shapelens.rules.keras.layer import LAYER, built, check_rank, compute_dtype, keras_layer, refuse, weight
from shapelens.rules.keras.options import dim_of, flag
from shapelens.rules.registry import call_layer, layers
from shapelens.values import Class, Instance, Lib, List, Open, Tensor

_RECURRENT = (
    "kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros', {extra}"
    "kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, {activity}kernel_constraint=None, "
    "recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None"
)
_LAYER = (
    "return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False, "
    "zero_output_for_mask=False, time_major=False, implementation=2"
)
# By layer: how many times `units` its kernel is wide, how many states it has, its own arguments.
_KINDS = {
    "SimpleRNN": (1, 1, "activation='tanh', use_bias=True, ", ""),
    "GRU": (3, 1, "activation='tanh', recurrent_activation='sigmoid', use_bias=True, ", ""),
    "LSTM": (
        4,
        2,
        "activation='tanh', recurrent_activation='sigmoid', use_bias=True, ",
        "unit_forget_bias=True, ",
    ),
}


def _check_units(c: Call, self: Instance) -> None:
    value = c.store.value(self.attrs.get("units"))
    if isinstance(value, int) and value <= 0:
        c.fail("argument-value", f"{c.name}: units must be above 0, got {value}")


def _weights(c: Call, self: Instance, features: Dim, units: Dim, width: int) -> None:
    weight(c, self, "kernel", (features, width * units))
    weight(c, self, "recurrent_kernel", (units, width * units))
    if flag(c, self, "use_bias"):
        is_double = width == 3 and flag(c, self, "reset_after")
        weight(c, self, "bias", (2, width * units) if is_double else (width * units,))


def _sequence(c: Call, self: Instance, inputs: Tensor) -> tuple[Dim, Dim, Dim]:
    """Batch, steps and features of a sequence; an open shape is taught these three."""
    check_rank(c, self, inputs, 3, None)
    batch, steps, _ = c.dims(inputs, ("B", "T", "F"))
    inputs = inputs.with_(shape=c.dims(inputs), origin=inputs.origin)
    return batch, steps, built(c, self, inputs)


def _result(c: Call, self: Instance, sequence: tuple[Dim, ...], size: tuple[Dim, ...], states: Sequence[Any]) -> Any:
    """The output of a recurrent layer: (batch, steps, *size) or (batch, *size), and its states where they are asked for."""
    dtype = compute_dtype(c, self)
    shape = (*sequence, *size) if flag(c, self, "return_sequences") else (sequence[0], *size)
    output = Tensor(shape, dtype)
    return (output, *states) if flag(c, self, "return_state") else output


def _hold_states(c: Call, self: Instance, given: Any, count: int, batch: Dim, units: Dim) -> None:
    """Fail where the states are of another size. Symbolic ones build without complaint: a model of them fails when it runs."""
    given = c.store.value(given)
    if given is None:
        return
    states = [c.store.value(s) for s in given] if isinstance(given, (list, tuple)) else [given]
    if not all(isinstance(s, Tensor) for s in states):
        return
    for state in states[:count]:
        shape = c.shape(state)
        if not isinstance(shape, tuple) or len(shape) != 2:
            continue
        differs = (
            isinstance(batch, int) and isinstance(shape[0], int) and batch != shape[0] and 1 not in (batch, shape[0])
        )
        if c.equate(shape[1], units) is False or differs:
            text = f"{c.name} expects states of ({c.dim_text(batch)}, {c.dim_text(units)}), got {c.text(state)}"
            refuse(c, self, "hidden-state-mismatch", text, state)


def _recurrent(kind: str) -> None:
    width, count, own, extra = _KINDS[kind]
    reset = ", reset_after=True" if kind == "GRU" else ""
    shared = own + _RECURRENT.format(extra=extra, activity="activity_regularizer=None, ")
    unroll = ", use_cudnn='auto'" if kind != "SimpleRNN" else ""

    @keras_layer(kind, f"units, {shared}, {_LAYER}{reset}{unroll}", setup=_check_units)
    def layer(c: Call, self: Instance, sequences: Tensor, initial_state: object = None, mask: object = None) -> object:
        """(B, T, F) to (B, units) or (B, T, units), and the states."""
        batch, steps, features = _sequence(c, self, sequences)
        units = dim_of(c, self, "units")
        _weights(c, self, features, units, width)
        _hold_states(c, self, initial_state, count, batch, units)
        states = [Tensor((batch, units), compute_dtype(c, self)) for _ in range(count)]
        return _result(c, self, (batch, steps), (units,), states)

    cell_own = own + _RECURRENT.format(extra=extra, activity="")

    @keras_layer(f"{kind}Cell", f"units, {cell_own}{reset}, implementation=2", setup=_check_units)
    def cell(c: Call, self: Instance, inputs: Tensor, states: object) -> object:
        """(B, F) and the states to (B, units) and the new states, in the structure of those given."""
        batch = c.dims(inputs, ("B", "F"))[0]
        inputs = inputs.with_(shape=c.dims(inputs), origin=inputs.origin)
        features, units = built(c, self, inputs), dim_of(c, self, "units")
        _weights(c, self, features, units, width)
        made = [Tensor((batch, units), compute_dtype(c, self)) for _ in range(count)]
        given = c.store.value(states)
        _hold_states(c, self, given, count, batch, units)
        return made[0], List(made) if isinstance(given, (list, tuple)) else made[0]


for _kind in _KINDS:
    _recurrent(_kind)


# -- RNN of any cell -----------------------------------------------------------------------------------------------


def _cell_sizes(c: Call, cell: Any) -> tuple[Dim, list[Any]]:
    """What a cell gives, and the sizes of its states. Raises NotKnown."""
    cell = c.store.value(cell)
    if isinstance(cell, (list, tuple)):
        parts = [_cell_sizes(c, each) for each in cell]
        if not parts:
            raise NotKnown
        return parts[-1][0], [List(sizes) for _, sizes in parts]
    if not isinstance(cell, Instance):
        raise NotKnown
    if isinstance(cell.cls, Lib):
        name = cell.cls.name
        if name == "StackedRNNCells":
            return _cell_sizes(c, cell.attrs.get("cells"))
        found = _KINDS.get(name.removesuffix("Cell"))
        if found is None:
            raise NotKnown
        units = c.dim(cell.attrs["units"])
        return units, [units] * found[1]
    sizes = c.store.value(_own(cell, "state_size"))
    listed = [c.dim(s) for s in sizes] if isinstance(sizes, (list, tuple)) else [c.dim(sizes)]
    output = c.store.value(_own(cell, "output_size"))
    return listed[0] if output is None else c.dim(output), listed


def _own(cell: Instance, name: str) -> Any:
    value = cell.attrs.get(name)
    if value is None and isinstance(cell.cls, Class):
        value = next((b.attrs[name] for b in cell.cls.mro if isinstance(b, Class) and name in b.attrs), None)
    if value is not None and not isinstance(value, (int, list, tuple)) and type(value).__name__ == "Descriptor":
        raise NotKnown
    return value


@keras_layer(
    "RNN",
    "cell, return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False, "
    "zero_output_for_mask=False",
)
def rnn(c: Call, self: Instance, sequences: Tensor, initial_state: object = None, mask: object = None) -> object:
    """(B, T, …) to what the cell gives for each step, or for the last."""
    shape = c.shape(sequences)
    if isinstance(shape, Open):
        shape = c.dims(sequences, ("B", "T", "F"))
    if shape is None:
        raise NotKnown
    if len(shape) < 3:
        c.fail("rank-mismatch", f"{c.name} expects an input of (B, T, …), got {c.text(sequences)}", sequences)
    size, states = _cell_sizes(c, self.attrs["cell"])
    _build_cells(c, self.attrs["cell"], shape)
    dtype = compute_dtype(c, self)
    if symbolic((sequences,)):  # of a model that is built, a list of one is the state itself
        states = [s[0] if isinstance(s, list) and len(s) == 1 else s for s in states]
    made = [
        List([Tensor((shape[0], c.dim(n)), dtype) for n in s])
        if isinstance(s, list)
        else Tensor((shape[0], c.dim(s)), dtype)
        for s in states
    ]
    return _result(c, self, shape[:2], (size,), made)


def _build_cells(c: Call, cell: Any, shape: tuple[Dim, ...]) -> None:
    """Make the weights of library cells by what goes into them."""
    cell = c.store.value(cell)
    if isinstance(cell, Instance) and cell.cls == Lib("keras.layers.StackedRNNCells"):
        cell = c.store.value(cell.attrs.get("cells"))
    features = shape[2]
    for each in cell if isinstance(cell, (list, tuple)) else [cell]:
        each = c.store.value(each)
        if not isinstance(each, Instance) or not isinstance(each.cls, Lib):
            return
        units = c.dim(each.attrs["units"])
        _weights(c, each, features, units, _KINDS[each.cls.name.removesuffix("Cell")][0])
        features = units


@keras_layer("StackedRNNCells", "cells")
def stacked_cells(c: Call, self: Instance, inputs: Tensor, states: object) -> object:
    """(B, F) and the states of all cells to what the last one gives."""
    size, _ = _cell_sizes(c, self)
    shape = c.dims(inputs, ("B", "F"))
    _build_cells(c, self, (shape[0], 1, shape[1]))
    made = c.store.value(states)
    if isinstance(made, (list, tuple)) and len(made) == 1:
        made = made[0]
    return Tensor((shape[0], size), compute_dtype(c, self)), made


# -- ConvLSTM --------------------------------------------------------------------------------------------------------


def _convolutional(rank: int) -> None:
    @keras_layer(
        f"ConvLSTM{rank}D",
        "filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, activation='tanh', "
        "recurrent_activation='sigmoid', use_bias=True, kernel_initializer='glorot_uniform', "
        "recurrent_initializer='orthogonal', bias_initializer='zeros', unit_forget_bias=True, kernel_regularizer=None, "
        "recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, "
        "recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None, "
        "return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False",
        ndim=rank + 3,
    )
    def layer(c: Call, self: Instance, sequences: Tensor, initial_state: object = None, mask: object = None) -> object:
        """(B, T, *size, C) to (B, T?, *size', filters)."""
        shape = c.dims(sequences)
        format = c.store.value(self.attrs.get("data_format")) or "channels_last"
        padding = c.store.value(self.attrs.get("padding"))
        if format not in ("channels_last", "channels_first") or not isinstance(padding, str):
            raise NotKnown
        is_last = format == "channels_last"
        sizes = shape[2:-1] if is_last else shape[3:]
        channels = built(c, self, sequences, -1 if is_last else 2, "channels", "channel-mismatch")
        kernel, strides = c.ints(self.attrs["kernel_size"], rank), c.ints(self.attrs["strides"], rank)
        dilation, filters = c.ints(self.attrs["dilation_rate"], rank), c.dim(self.attrs["filters"])
        out = tuple([_window(*each, padding.lower()) for each in zip(sizes, kernel, strides, dilation)])
        weight(c, self, "kernel", (*kernel, channels, 4 * filters))
        weight(c, self, "recurrent_kernel", (*kernel, filters, 4 * filters))
        if flag(c, self, "use_bias"):
            weight(c, self, "bias", (4 * filters,))
        inner = (*out, filters) if is_last else (filters, *out)
        states = [Tensor((shape[0], *inner), compute_dtype(c, self)) for _ in range(2)]
        return _result(c, self, shape[:2], inner, states)


def _window(size: Dim, kernel: Dim, stride: Dim, dilation: Dim, padding: str) -> Dim:
    if padding == "same":
        return ceildiv(size, stride)
    return ceildiv(size - (kernel - 1) * dilation, stride)


for _rank in (1, 2, 3):
    _convolutional(_rank)


# -- wrappers --------------------------------------------------------------------------------------------------------


def run(c: Call, layer: Any, *args: Any, **kwargs: Any) -> Any:
    """What a wrapped layer gives: a library layer without a hint of its own, one of the program by running it."""
    layer = c.store.value(layer)
    if isinstance(layer, Instance) and isinstance(layer.cls, Lib) and layer.cls.path in layers:
        if layer.attrs.get("?") is not None:
            raise NotKnown
        return call_layer(c, layer.cls.path, layer, list(args), kwargs)
    return c.invoke(layer, *args, **kwargs)


def _is_layer(value: Any) -> bool | None:
    if isinstance(value, Instance):
        return True
    return False if isinstance(value, (int, float, str, Tensor, tuple, list)) else None


def _check_bidirectional(c: Call, self: Instance) -> None:
    inner = c.store.value(self.attrs["layer"])
    if _is_layer(inner) is False:
        c.fail("call-arguments", "Bidirectional needs a layer to wrap")
    mode = c.store.value(self.attrs["merge_mode"])
    if mode not in ("sum", "mul", "ave", "concat", None) and isinstance(mode, (str, int)):
        c.fail("argument-value", f"Bidirectional: merge_mode must be sum, mul, ave, concat or None, got {mode!r}")
    if not isinstance(inner, Instance):
        raise NotKnown
    self.attrs.pop("layer")
    self.attrs["forward_layer"] = _twin(inner, "forward")
    backward = c.store.value(self.attrs["backward_layer"])
    self.attrs["backward_layer"] = _twin(inner, "backward") if backward is None else backward


def _twin(layer: Instance, direction: str) -> Instance:
    """A layer of the same configuration with weights of its own."""
    made = Instance(layer.cls, {k: v for k, v in layer.attrs.items() if not k.startswith("_built")}, layer.origin)
    for name, value in list(made.attrs.items()):
        if isinstance(value, Tensor) and value.parameter:
            del made.attrs[name]
        elif name == "cell" and isinstance(value, Instance):
            made.attrs[name] = _twin(value, direction)
    own = layer.attrs.get("name")
    made.attrs["name"] = f"{direction}_{own}" if isinstance(own, str) else own
    return made


@keras_layer(
    "Bidirectional", "layer, merge_mode='concat', weights=None, backward_layer=None", setup=_check_bidirectional
)
def bidirectional(
    c: Call, self: Instance, sequences: Tensor, initial_state: object = None, mask: object = None
) -> object:
    """As the layer, in both directions: concatenated, or merged into one of the same shape."""
    forward, backward = self.attrs["forward_layer"], self.attrs["backward_layer"]
    first, second = run(c, forward, sequences), run(c, backward, sequences)
    states: tuple[Any, ...] = ()
    if isinstance(first, tuple) and isinstance(second, tuple):
        states = (*first[1:], *second[1:])
        first, second = first[0], second[0]
    if not isinstance(first, Tensor) or not isinstance(second, Tensor):
        raise NotKnown
    mode = c.store.value(self.attrs["merge_mode"])
    dtype = compute_dtype(c, self)
    if mode is None:
        return (first.with_(dtype=dtype), second.with_(dtype=dtype), *states)
    ours, theirs = c.dims(first), c.dims(second)
    if mode == "concat":
        c.require(
            ours[0], theirs[0], "concat-mismatch", f"Bidirectional joins {c.text(first)} and {c.text(second)}", first
        )
        output = Tensor((*ours[:-1], ours[-1] + theirs[-1]), dtype)
    elif isinstance(mode, str):
        output = Tensor(c.broadcast(ours, theirs, tensors=(first, second)), dtype)
    else:
        raise NotKnown
    return (output, *states) if states else output


def _check_wrapped(c: Call, self: Instance) -> None:
    if _is_layer(c.store.value(self.attrs["layer"])) is False:
        c.fail("call-arguments", f"{c.name} needs a layer to wrap")


@keras_layer("TimeDistributed", "layer", setup=_check_wrapped, convert=False)
def time_distributed(c: Call, self: Instance, inputs: Tensor, training: object = None, mask: object = None) -> object:
    """(B, T, …) to what the layer gives for each of the T steps."""
    shape = c.shape(inputs)
    if not isinstance(shape, tuple):
        raise NotKnown
    if len(shape) < 3:
        c.fail(
            "rank-mismatch",
            f"TimeDistributed expects an input of (B, T, …), of rank 3 or more, got {c.text(inputs)}",
            inputs,
        )
    step = inputs.with_(shape=(shape[0], *shape[2:]), origin=inputs.origin)
    result = run(c, self.attrs["layer"], step)
    if not isinstance(result, Tensor):
        raise NotKnown
    given = c.dims(result)
    return Tensor((given[0], shape[1], *given[1:]), result.dtype)


@keras_layer("Wrapper", "layer", setup=_check_wrapped, bases=(LAYER,))
def wrapper(c: Call, self: Instance, inputs: object) -> object:
    """Nothing is known of what a wrapper of the program's own does."""
    raise NotKnown
