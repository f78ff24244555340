"""torch.nn's recurrent layers and cells, and the packed and padded sequences of torch.nn.utils.rnn.

    RNN, GRU   (T, B, in), or (B, T, in) with batch_first, or (T, in)   -> (T, B, D·H), (layers·D, B, H)
    LSTM       the same, with h_n (layers·D, B, P or H) and c_n (layers·D, B, H)
    cells      (B, in) or (in,)                                         -> (B, H) or (H,)

D is 2 for a bidirectional layer, P the proj_size. Source: the pages of torch.nn.LSTM, GRU, RNN and their cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, equal, maximum
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import layer, rule
from shapelens.rules.torch.linear import common_dtype, features, needed, unclear, whole_numbers
from shapelens.rules.torch.spatial import count, differ, same_dtype
from shapelens.values import UNKNOWN, Instance, Lib, List, Many, Open, Scalar, Tensor, Unknown

PACKED = Lib("torch.nn.utils.rnn.PackedSequence")
_MAX_LAYERS = 1000
_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}
_NAMES = {1: ("H",), 2: ("B", "H"), 3: ("L", "B", "H")}
_CELL_GATES = {"LSTMCell": 4, "GRUCell": 3, "RNNCell": 1}


# -- packed sequences ----------------------------------------------------------------------------------------------


def packed(c: Call, data: Tensor, batch: Dim | None, length: Dim, is_sorted: bool) -> Instance:
    """A PackedSequence of `batch` sequences, the longest of `length` steps; data is (N, *)."""
    order = None if is_sorted else Tensor(None if batch is None else (batch,), "int64")
    made = Instance(PACKED)
    fields = {
        "data": data,
        "batch_sizes": Tensor((length,), "int64"),
        "sorted_indices": order,
        "unsorted_indices": order,
    }
    made.attrs.update(fields)
    made.payload = tuple(fields.values())
    return made


def is_packed(value: object) -> bool:
    """Whether a value is a PackedSequence."""
    return isinstance(value, Instance) and value.cls is PACKED


def _repacked(sequence: Instance, data: Tensor) -> Instance:
    """The same sequences with other data."""
    made = Instance(PACKED, dict(sequence.attrs))
    made.attrs["data"] = data
    made.attrs["_batch"] = sequence.attrs.get("_batch")
    made.payload = (data, *sequence.payload[1:])
    return made


@rule("torch.nn.utils.rnn.pack_padded_sequence")
def pack_padded_sequence(
    c: Call, input: Tensor, lengths: object, batch_first: object = False, enforce_sorted: object = True
) -> object:
    """(T, B, *), or (B, T, *) with batch_first, as the packed sequences of these lengths."""
    if unclear(batch_first):
        raise NotKnown
    shape = c.shape(input)
    if isinstance(shape, Open):
        shape = c.store.at_least(shape, 2, 0, ("B", "T") if batch_first else ("T", "B"))
        front = shape.prefix
        trailing: Any = Open((), shape.var, shape.suffix) if len(front) == 2 else None
    elif isinstance(shape, tuple):
        if len(shape) < 2:
            wanted = "(B, T, …)" if batch_first else "(T, B, …)"
            c.fail("rank-mismatch", f"{c.name} expects a tensor of {wanted}, got {c.text(input)}", input)
        front, trailing = shape, shape[2:]
    else:
        return packed(c, Tensor(None, input.dtype, device=input.device), None, c.fresh("T"), enforce_sorted is True)
    batch = front[0] if batch_first else front[1]
    given = c.store.value(lengths)
    number, longest, total = _lengths(c, given)
    if number is not None:
        in_order = enforce_sorted is True
        if isinstance(number, int) and isinstance(batch, int) and not in_order:
            wrong = number > batch
            batch = number
        else:
            wrong = differ(c, number, batch) if in_order else False
        if wrong:
            c.fail(
                "batch-mismatch",
                f"{c.name}: {c.dim_text(number)} lengths for a batch of {c.dim_text(batch)} in {c.text(input)} "
                f"(batch_first={bool(batch_first)})",
                input,
            )
    if trailing is None:
        raise NotKnown
    n = c.fresh("N") if total is None else total
    data = Open((n, *trailing.prefix), trailing.var, trailing.suffix) if isinstance(trailing, Open) else (n, *trailing)
    made = packed(
        c,
        Tensor(data, input.dtype, device=input.device),
        batch,
        c.fresh("T") if longest is None else longest,
        enforce_sorted is True,
    )
    made.attrs["_batch"] = batch
    return made


def _lengths(c: Call, lengths: object) -> tuple[Dim | None, int | None, int | None]:
    """How many lengths there are, the longest and their sum, each None where unknown."""
    if isinstance(lengths, Tensor):
        shape = c.shape(lengths)
        if isinstance(shape, tuple) and len(shape) != 1:
            c.fail("rank-mismatch", f"{c.name} expects lengths of (B,), got {c.text(lengths)}", lengths)
        if lengths.device is not None and lengths.device.startswith("cuda"):
            c.fail("device-mismatch", f"{c.name} needs its lengths on the CPU, got them on {lengths.device}", lengths)
        found, values = (shape[0] if isinstance(shape, tuple) else None), lengths.scalars
    elif isinstance(lengths, (tuple, list)) and not (isinstance(lengths, List) and lengths.rest is not None):
        found, values = len(lengths), lengths
    else:
        return None, None, None
    if isinstance(values, (tuple, list)) and values and all(type(v) is int for v in values):
        return found, max(values), sum(values)
    return found, None, None


@rule("torch.nn.utils.rnn.pad_packed_sequence")
def pad_packed_sequence(
    c: Call, sequence: object, batch_first: object = False, padding_value: object = 0.0, total_length: object = None
) -> object:
    """Packed sequences as (T, B, *), or (B, T, *) with batch_first, and their lengths (B,)."""
    sequence = c.store.value(sequence)
    if unclear(batch_first) or not isinstance(sequence, Instance) or not is_packed(sequence):
        shape = c.shape(sequence) if isinstance(sequence, Tensor) else None
        if isinstance(sequence, Tensor) and isinstance(shape, tuple) and all(isinstance(d, int) for d in shape):
            # One with names in its shape may have been inferred from a layer that takes packed sequences as well.
            c.fail("argument-value", f"{c.name} expects a PackedSequence, got a tensor {c.text(sequence)}", sequence)
        raise NotKnown
    data, batch = c.store.value(sequence.attrs["data"]), sequence.attrs.get("_batch")
    if batch is None:
        raise NotKnown
    longest = c.dims(sequence.attrs["batch_sizes"])[0]
    length = longest
    if total_length is not None:
        length = c.dim(total_length)
        if isinstance(length, int) and isinstance(longest, int) and length < longest:
            c.fail("argument-value", f"{c.name}: total_length {length} is less than the longest sequence, {longest}")
    front = (batch, length) if batch_first else (length, batch)
    shape = c.shape(data)
    if isinstance(shape, tuple):
        padded: Any = (*front, *shape[1:])
    elif isinstance(shape, Open) and shape.prefix:
        padded = Open((*front, *shape.prefix[1:]), shape.var, shape.suffix)
    else:
        raise NotKnown
    return Tensor(padded, data.dtype, device=data.device), Tensor((batch,), "int64")


def _sequences(c: Call, sequences: object) -> tuple[Tensor, Dim, Dim]:
    """What the first of several tensors is like, how many there are and how long the longest is."""
    sequences = c.store.value(sequences)
    if isinstance(sequences, Many):
        first = c.tensor(sequences.element)
        number = c.fresh("B") if sequences.length is None else c.dim(sequences.length)
        return first, number, c.fresh("T")
    if isinstance(sequences, List) and sequences.rest is not None:
        like = [c.tensor(s) for s in (*sequences, sequences.rest)]
        shapes = [c.dims(t) for t in like]
        if any(s[1:] != shapes[0][1:] for s in shapes):
            raise NotKnown
        return like[0], c.fresh("B"), c.fresh("T")
    if isinstance(sequences, (tuple, list)):
        tensors = [c.tensor(s) for s in sequences]
        if not tensors:
            c.fail("argument-value", f"{c.name} received no sequences")
        first = tensors[0]
        wanted = c.dims(first)
        if not wanted:
            c.fail("rank-mismatch", f"{c.name} expects tensors of (T, …), got {c.text(first)}", first)
        longest = wanted[0]
        for other in tensors[1:]:
            dims = c.dims(other)
            if len(dims) == len(wanted):
                if any(b != 1 and differ(c, a, b) for a, b in zip(wanted[1:], dims[1:])):
                    c.fail("shape-mismatch", f"{c.name}: {c.text(first)} and {c.text(other)} differ behind their first "
                           "dim", first, other)  # fmt: skip
            elif len(dims) > len(wanted):
                c.fail("rank-mismatch", f"{c.name}: {c.text(first)} and {c.text(other)} differ in rank", first, other)
            if not dims:
                c.fail("rank-mismatch", f"{c.name} expects tensors of (T, …), got {c.text(other)}", other)
            longest = maximum(longest, dims[0])
        return first, len(tensors), longest
    raise NotKnown


@rule("torch.nn.utils.rnn.pad_sequence")
def pad_sequence(
    c: Call,
    sequences: object,
    batch_first: object = False,
    padding_value: object = 0.0,
    padding_side: object = "right",
) -> Tensor:
    """Tensors (T_i, *) as one of (T, B, *), or (B, T, *) with batch_first."""
    if unclear(batch_first):
        raise NotKnown
    value = c.store.value(sequences)
    if isinstance(value, Tensor):
        dims = c.dims(value)
        if len(dims) < 2:
            raise NotKnown
        number, longest, first, trailing = dims[0], dims[1], value, dims[2:]
    else:
        first, number, longest = _sequences(c, value)
        trailing = c.dims(first)[1:]
    front = (number, longest) if batch_first else (longest, number)
    return Tensor((*front, *trailing), first.dtype, device=first.device)


@rule("torch.nn.utils.rnn.pack_sequence")
def pack_sequence(c: Call, sequences: object, enforce_sorted: object = True) -> object:
    """Tensors (T_i, *) as packed sequences."""
    first, number, longest = _sequences(c, sequences)
    data = Tensor((c.fresh("N"), *c.dims(first)[1:]), first.dtype, device=first.device)
    made = packed(c, data, number, longest, enforce_sorted is True)
    made.attrs["_batch"] = number
    return made


# -- RNN, GRU, LSTM ------------------------------------------------------------------------------------------------


def recurrent(c: Call, self: Instance, input: object, hx: object) -> Any:
    """The output and the last hidden state, or states."""
    a = self.attrs
    both, batch_first = a["bidirectional"], a["batch_first"]
    if unclear(both, batch_first):
        raise NotKnown
    directions = 2 if both else 1
    hidden, projected = c.dim(a["hidden_size"]), c.dim(a["proj_size"])
    out = projected if projected != 0 else hidden
    weight = needed(c, "weight_ih_l0")
    sequence = c.store.value(input)
    if isinstance(sequence, Instance):
        if not is_packed(sequence):
            raise NotKnown
        data = c.store.value(sequence.attrs["data"])
        dims = c.dims(data, ("N", "D"))
        if len(dims) != 2:
            c.fail("rank-mismatch", f"{c.name} expects packed data of (N, input_size), got {c.text(data)}", data)
        batch: Dim | None = sequence.attrs.get("_batch")
        is_batched = True
        if batch is None:
            raise NotKnown
    else:
        data = c.tensor(sequence)
        may_be_packed = not isinstance(sequence, Tensor) and getattr(sequence, "hole", None) is None
        dims = c.dims(data, ("B", "T", "D") if batch_first else ("T", "B", "D"))
        if len(dims) not in (2, 3):
            wanted = "(B, T, input_size)" if batch_first else "(T, B, input_size)"
            c.fail("rank-mismatch", f"{c.name} expects {wanted} or (T, input_size), got {c.text(data)}", data)
        is_batched = len(dims) == 3
        batch = (dims[0] if batch_first else dims[1]) if is_batched else None
        if dims[1 if is_batched and batch_first else 0] == 0:
            c.fail("argument-value", f"{c.name} needs a sequence of at least one step, got {c.text(data)}", data)
    features(c, data, dims[-1], c.dims(weight)[1], weight, "input_size")
    dtype = common_dtype(c, data, weight, "weight")
    middle = () if batch is None else (c.store.dim(batch),)
    layers = c.dim(a["num_layers"]) * directions
    states = [(layers, *middle, out), (layers, *middle, hidden)][: 2 if a["mode"] == "LSTM" else 1]
    hx = c.store.value(hx)
    if hx is not None:
        _states(c, data, hx, states, dtype, is_batched)
    result: Any = Tensor((*c.store.dims(dims[:-1]), out * directions), dtype, device=data.device)
    if isinstance(sequence, Instance):
        result = _repacked(sequence, result)
    elif may_be_packed:
        result = UNKNOWN
    made = tuple(Tensor(c.store.dims(s), dtype, device=data.device) for s in states)
    return result, (made if len(made) == 2 else made[0])


def _states(
    c: Call, data: Tensor, hx: object, wanted: Sequence[tuple[Dim, ...]], dtype: str | None, is_batched: bool
) -> None:
    """Hold given hidden states against the shapes that they must have."""
    two = len(wanted) == 2
    if isinstance(hx, (tuple, list)):
        if isinstance(hx, List) and hx.rest is not None:
            return
        if not two:
            c.fail("hidden-state-mismatch", f"{c.name} expects one tensor h_0, got a {_kind(hx)} of {len(hx)}")
        if len(hx) < 2 or (len(hx) > 2 and is_batched):  # without a batch torch drops what is behind the second
            c.fail("hidden-state-mismatch", f"{c.name} expects two hidden states (h_0, c_0), got {len(hx)}")
        for name, state, shape in zip(("h_0", "c_0"), hx, wanted):
            _state(c, data, state, shape, name, dtype)
        return
    if two and isinstance(hx, Tensor):
        # Without a batch torch takes hx[0] and hx[1], so that one tensor of both states passes.
        dims = c.shape(hx)
        fits = not is_batched and not (isinstance(dims, tuple) and (len(dims) != 3 or dims[0] in (0, 1)))
        if fits and isinstance(dims, tuple):
            fits = not any(differ(c, a, b) for shape in wanted for a, b in zip(dims[1:], shape))
        if not fits:
            c.fail("hidden-state-mismatch", f"{c.name} expects a tuple (h_0, c_0), got one tensor {c.text(hx)}", hx)
        return
    if two and type(hx) is Unknown and hx.hole is not None:
        c.store.teach(hx.hole, tuple(Tensor(shape, dtype) for shape in wanted))
        return
    if not two:
        _state(c, data, hx, wanted[0], "h_0", dtype)


def _kind(value: object) -> str:
    return "tuple" if isinstance(value, tuple) else "list"


def _state(c: Call, data: Tensor, state: object, wanted: tuple[Dim, ...], name: str, dtype: str | None) -> None:
    state = c.store.value(state)
    if isinstance(state, Unknown) and (isinstance(state, Scalar) or state.hole is None):
        return
    if not isinstance(state, (Tensor, Unknown)):
        return
    tensor = c.tensor(state)
    if c.store.shape(tensor.shape) is None:
        return
    dims = c.dims(tensor, _NAMES[len(wanted)])
    if len(dims) != len(wanted) or any(differ(c, a, b) for a, b in zip(wanted, dims)):
        c.fail(
            "hidden-state-mismatch",
            f"{c.name} expects {name} of {c.text(wanted)}, got {c.text(tensor)} with input {c.text(data)}",
            tensor,
            data,
        )
    if dtype is not None:
        same_dtype(c, tensor, Tensor((), dtype), "weight")


def _setup(c: Call, self: Instance) -> None:
    a = self.attrs
    name = c.name
    if name == "RNN":
        kind = a["nonlinearity"]
        if isinstance(kind, (str, bool, int)) and kind not in ("tanh", "relu"):
            c.fail("argument-value", f"RNN: nonlinearity must be 'tanh' or 'relu', got {kind!r}")
        a["mode"] = "RNN_RELU" if kind == "relu" else "RNN_TANH"
    elif name != "RNNBase":
        a["mode"] = name
    whole_numbers(c, self, "input_size", "hidden_size", "proj_size", "num_layers")
    for size in ("input_size", "hidden_size", "num_layers"):
        if a[size] == 0:
            c.fail("argument-value", f"{name}: {size} must be at least 1, got 0")
    projected = a["proj_size"]
    if projected != 0 and equal(projected, 0) is False and name in ("RNN", "GRU"):
        c.fail("argument-value", f"{name} has no proj_size: only LSTM has")
    if isinstance(projected, int) and isinstance(a["hidden_size"], int) and 0 != projected >= a["hidden_size"]:
        c.fail("argument-value", f"{name}: proj_size {projected} must be smaller than hidden_size {a['hidden_size']}")
    p = a["dropout"]
    if isinstance(p, (int, float)) and not 0 <= p <= 1:
        c.fail("argument-value", f"{name}: dropout must be between 0 and 1, got {p}")


def _weights(c: Call, self: Instance) -> dict[str, Any]:
    """`weight_ih_l0` and so on, with `_reverse` for the other direction. Source: torch.nn.LSTM's Variables."""
    a = self.attrs
    gates = _GATES.get(a["mode"], 1)
    if unclear(a["bidirectional"]):
        return {"weight_ih_l0": (gates * a["hidden_size"], a["input_size"])}
    hidden, projected = a["hidden_size"], a["proj_size"]
    out = projected if projected != 0 else hidden
    directions = ("", "_reverse") if a["bidirectional"] else ("",)
    layers = a["num_layers"] if isinstance(a["num_layers"], int) else 1
    if layers > _MAX_LAYERS:
        raise NotKnown
    shapes: dict[str, Any] = {}
    for number in range(layers):
        size = a["input_size"] if number == 0 else out * len(directions)
        for direction in directions:
            end = f"l{number}{direction}"
            shapes[f"weight_ih_{end}"] = (gates * hidden, size)
            shapes[f"weight_hh_{end}"] = (gates * hidden, out)
            if a["bias"] and not unclear(a["bias"]):
                shapes[f"bias_ih_{end}"] = shapes[f"bias_hh_{end}"] = (gates * hidden,)
            if projected != 0:
                shapes[f"weight_hr_{end}"] = (projected, hidden)
    return shapes


_BASE = (
    "input_size, hidden_size, num_layers=1, {}bias=True, batch_first=False, dropout=0.0, bidirectional=False, "
    "proj_size=0, device=None, dtype=None"
)


def _forward(c: Call, self: Instance, input: object, hx: object = None) -> object:
    return recurrent(c, self, input, hx)


for _name, _declared in (
    ("RNNBase", "mode, " + _BASE.format("")),
    ("RNN", _BASE.format("nonlinearity='tanh', ")),
    ("GRU", _BASE.format("")),
    ("LSTM", _BASE.format("")),
):
    _base = "torch.nn.Module" if _name == "RNNBase" else "torch.nn.RNNBase"
    layer(f"torch.nn.{_name}", _declared, parameters=_weights, setup=_setup, bases=[_base])(_forward)


@rule("torch.nn.RNNBase.flatten_parameters")
def _flatten_parameters(c: Call, self: object) -> object:
    return None


# -- cells ---------------------------------------------------------------------------------------------------------


def _cell(c: Call, self: Instance, input: Tensor, hx: object = None) -> object:
    weight = needed(c, "weight_ih")
    dims = c.dims(input, ("B", "D"))
    if len(dims) not in (1, 2):
        c.fail("rank-mismatch", f"{c.name} expects (B, input_size) or (input_size,), got {c.text(input)}", input)
    features(c, input, dims[-1], c.dims(weight)[1], weight, "input_size")
    dtype = common_dtype(c, input, weight, "weight")
    wanted = (*dims[:-1], c.dim(self.attrs["hidden_size"]))
    two = c.path.endswith("LSTMCell")
    hx = c.store.value(hx)
    if hx is not None:
        _cell_states(c, input, hx, wanted, dtype, two)
    result = Tensor(c.store.dims(wanted), dtype, device=input.device)
    return (result, Tensor(result.shape, dtype, device=input.device)) if two else result


def _cell_states(c: Call, input: Tensor, hx: object, wanted: tuple[Dim, ...], dtype: str | None, two: bool) -> None:
    if not two:
        if isinstance(hx, (tuple, list)):
            c.fail("hidden-state-mismatch", f"{c.name} expects one tensor h_0, got a {_kind(hx)} of {len(hx)}")
        _state(c, input, hx, wanted, "h_0", dtype)
        return
    if isinstance(hx, Tensor):
        c.fail("hidden-state-mismatch", f"{c.name} expects a tuple (h_0, c_0), got one tensor {c.text(hx)}", hx)
    if type(hx) is Unknown and hx.hole is not None:
        c.store.teach(hx.hole, (Tensor(wanted, dtype), Tensor(wanted, dtype)))
        return
    if isinstance(hx, (tuple, list)) and not (isinstance(hx, List) and hx.rest is not None):
        if len(hx) != 2:
            c.fail("hidden-state-mismatch", f"{c.name} expects two hidden states (h_0, c_0), got {len(hx)}")
        for name, state in zip(("h_0", "c_0"), hx):
            _state(c, input, state, wanted, name, dtype if name == "h_0" else None)  # torch casts c_0


def _cell_setup(c: Call, self: Instance) -> None:
    whole_numbers(c, self, "input_size", "hidden_size")


def _cell_weights(c: Call, self: Instance) -> dict[str, Any]:
    a = self.attrs
    gates = _CELL_GATES.get(c.name) or count(c, a.get("num_chunks", 1), "num_chunks")
    rows = gates * a["hidden_size"]
    shapes: dict[str, Any] = {"weight_ih": (rows, a["input_size"]), "weight_hh": (rows, a["hidden_size"])}
    if not unclear(a["bias"]):
        shapes["bias_ih"] = shapes["bias_hh"] = (rows,) if a["bias"] else None
    return shapes


_CELL = "input_size, hidden_size, bias=True, {}device=None, dtype=None"
for _name, _declared in (
    ("RNNCellBase", "input_size, hidden_size, bias, num_chunks, device=None, dtype=None"),
    ("RNNCell", _CELL.format("nonlinearity='tanh', ")),
    ("GRUCell", _CELL.format("")),
    ("LSTMCell", _CELL.format("")),
):
    _base = "torch.nn.Module" if _name == "RNNCellBase" else "torch.nn.RNNCellBase"
    layer(f"torch.nn.{_name}", _declared, parameters=_cell_weights, setup=_cell_setup, bases=[_base])(_cell)
