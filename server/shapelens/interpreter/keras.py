"""Keras: inputs, layers and models as objects: how they are made, built and called, and what they know of themselves.

A layer is an `Instance` whose class is, or inherits from, keras.layers.Layer. Calling one casts its inputs, builds it by
the first of them (a `build` of the program runs then), and runs the rule of the library's layer or the program's `call`.
A Sequential keeps its layers, and the symbolic tensors that go in and come out once its input is known. A functional model
keeps the structures of its inputs and outputs; called, it puts the new sizes in the place of its inputs' symbols.
Sizes that are None in Keras are symbols: the batch is the same `B` throughout a run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any

from shapelens.dims import Dim, Expr, Symbol, as_symbol, equal, substitute, symbol, symbols
from shapelens.interpreter.machine import Frame, Machine
from shapelens.rules import registry
from shapelens.rules.call import Failure
from shapelens.rules.conversion import owned, symbolic
from shapelens.values import (
    UNKNOWN,
    Bound,
    Class,
    Dict,
    Function,
    Instance,
    Lib,
    List,
    Open,
    Scalar,
    Size,
    Tensor,
    Unknown,
)

LAYER, MODEL, SEQUENTIAL, INPUT_LAYER = (
    "keras.layers.Layer",
    "keras.Model",
    "keras.Sequential",
    "keras.layers.InputLayer",
)
NO_METHOD = object()
_MISSING = object()

registry.plain_bases.update({MODEL: (LAYER,), SEQUENTIAL: (MODEL,), INPUT_LAYER: (LAYER,)})
registry.aliases.update(
    {
        "keras.Layer": LAYER,
        "keras.layers.layer.Layer": LAYER,
        "keras.models.Model": MODEL,
        "keras.Functional": MODEL,
        "keras.models.Functional": MODEL,
        "keras.models.functional.Functional": MODEL,
        "keras.training.Model": MODEL,
        "keras.models.Sequential": SEQUENTIAL,
        "keras.layers.Input": "keras.Input",
    }
)
OWN = frozenset((LAYER, MODEL, SEQUENTIAL, INPUT_LAYER))


def _rules() -> Any:
    """What the rules of Keras layers share. They are loaded with the first file that speaks of Keras."""
    from shapelens.rules.keras import layer

    return layer


class State:
    """What Keras itself keeps throughout a run: the batch's symbol, which symbols stand for None, names given out."""

    __slots__ = ("batch", "counts", "nones", "sizes")

    def __init__(self) -> None:
        self.batch: Dim = symbol("B")
        self.nones: set[Symbol] = set(symbols(self.batch))
        self.sizes: set[Symbol] = set()  # those of other axes than the batch
        self.counts: dict[str, int] = {}

    def none(self, name: str) -> Dim:
        """A new symbol for a size that is None."""
        made = symbol(name)
        self.nones |= symbols(made)
        self.sizes |= symbols(made)
        return made


def state(m: Machine) -> State:
    """The run's own."""
    if m.keras is None:
        m.keras = State()
        m.call.nones = m.keras.sizes
    found: State = m.keras
    return found


def is_keras_class(cls: Any) -> bool:
    """Whether instances are Keras layers or models."""
    kind = type(cls)
    if kind is Lib:
        return cls.path.startswith("keras.") and LAYER in registry.bases_of(cls.path)
    if kind is Class:
        for base in cls.mro:
            if type(base) is Lib and is_keras_class(base):
                return True
    return False


def is_layer(value: Any) -> bool:
    """Whether a value is a Keras layer or model."""
    return isinstance(value, Instance) and is_keras_class(value.cls)


def kind_of(instance: Instance) -> str:
    """SEQUENTIAL, MODEL, INPUT_LAYER or LAYER: the nearest of these that the instance is."""
    cls = instance.cls
    for base in cls.mro if isinstance(cls, Class) else map(Lib, registry.bases_of(cls.path)):
        if isinstance(base, Lib) and base.path in OWN:
            return base.path
    return LAYER


def snake_case(name: str) -> str:
    """The name that Keras gives a layer of that class. Source: keras.src.utils.naming.to_snake_case."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def give_name(m: Machine, instance: Instance, kind: str = "") -> None:
    """`dense`, `dense_1`, …: what Keras calls a layer of that class that the program gave no name."""
    if instance.attrs.get("name") is not None:
        return
    base = snake_case(kind or instance.cls.name)
    counts = state(m).counts
    number = counts.get(base, 0)
    counts[base] = number + 1
    instance.attrs["name"] = f"{base}_{number}" if number else base


# -- making --------------------------------------------------------------------------------------------------------


def make(
    m: Machine, f: Frame, node: ast.AST, path: str, instance: Instance, args: list[Any], kwargs: dict[str, Any]
) -> bool:
    """Run the constructor of Layer, Model, Sequential or InputLayer; False where the path is none of these."""
    if path not in OWN:
        return False
    m.touch(instance)
    for name in ("name", "dtype", "trainable"):
        if name in kwargs:
            instance.attrs[name] = m.store.value(kwargs[name])
    is_functional = path == MODEL and bool(args or kwargs.keys() & {"inputs", "outputs"})
    give_name(m, instance, "Functional" if is_functional and isinstance(instance.cls, Lib) else "")
    if path == INPUT_LAYER:
        _input_layer(m, f, node, instance, args, kwargs)
    elif path == SEQUENTIAL:
        layers = args[0] if args else kwargs.get("layers")
        instance.attrs["_layers"] = List()
        for each in _items(m, f, instance, layers, node):
            add(m, f, node, instance, each)
    elif path == MODEL:
        inputs = args[0] if args else kwargs.get("inputs", kwargs.get("input"))
        outputs = args[1] if len(args) > 1 else kwargs.get("outputs", kwargs.get("output"))
        if inputs is not None and outputs is not None:
            instance.attrs["_inputs"], instance.attrs["_outputs"] = m.store.value(inputs), m.store.value(outputs)
            if isinstance(instance.attrs["_outputs"], Unknown):
                instance.attrs["?"] = True
            _hold_connected(m, f, node, instance)
    return True


def _hold_connected(m: Machine, f: Frame, node: ast.AST, model: Instance) -> None:
    """Report outputs that come from an Input which is not among the model's inputs."""
    starts = flatten(model.attrs["_inputs"])
    if starts is None or not all(isinstance(t, Tensor) and t.history is not None for t in starts):
        return
    stop = {t.history[0].born for t in starts if isinstance(t.history[0], Instance)}
    for tensor in graph_tensors(model.attrs["_inputs"], model.attrs["_outputs"]) or ():
        layer, parents = tensor.history or (None, ())
        if isinstance(layer, Instance) and not parents and kind_of(layer) == INPUT_LAYER and layer.born not in stop:
            name = layer.attrs.get("name")
            text = f"Model: an output comes from the input {name!r}, which is not among the inputs"
            m.report(Failure("call-arguments", text, m.call.related(tensor)), f.place, node)
            model.attrs["?"] = True
            return


def _items(m: Machine, f: Frame, instance: Instance, layers: Any, node: ast.AST) -> list[Any]:
    from shapelens.interpreter.iteration import iterate

    if layers is None:
        return []
    items, rest = iterate(m, f, layers, node)
    if rest is not None:
        instance.attrs["?"] = True
    return items


def input_shape(m: Machine, shape: Any, batch_size: Any = None) -> Any:
    """The dims of an Input from its `shape`; None where they are not known. Raises Failure as Keras does for an int."""
    shape = m.store.value(shape)
    if isinstance(shape, (int, Expr)):
        text = m.call.dim_text(shape)
        raise Failure("call-arguments", f"Input: shape={text} is not a tuple; write shape=({text},)")
    if not isinstance(shape, (tuple, list)) or isinstance(shape, List) and shape.rest is not None:
        return None
    size = m.store.value(batch_size)
    batch = state(m).batch if size is None else m.call.dim(size)
    return (batch, *_dims(m, shape, 1))


def _dims(m: Machine, shape: Sequence[Any], offset: int) -> list[Dim]:
    names = _rules().CHANNELS_LAST.get(len(shape) + offset, ())
    found: list[Dim] = []
    for i, dim in enumerate(shape, offset):
        dim = m.store.value(dim)
        if dim is None:
            found.append(state(m).batch if i == 0 else state(m).none(names[i] if i < len(names) else "n"))
        else:
            found.append(m.call.dim(dim))
    return found


def make_input(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`keras.Input(shape=(28, 28, 1))`: a symbolic tensor, made by an InputLayer."""
    if kwargs.get("tensor") is not None:
        return kwargs["tensor"]
    layer = Instance(Lib(INPUT_LAYER), {}, m.origin(f, node))
    if m.store.value(kwargs.get("name")) is not None:
        layer.attrs["name"] = m.store.value(kwargs["name"])
    give_name(m, layer)
    _input_layer(m, f, node, layer, args, kwargs)
    return layer.attrs["output"]


_INPUT_PARAMETERS = ("shape", "batch_size", "dtype", "sparse", "ragged", "batch_shape", "name")


def _input_layer(m: Machine, f: Frame, node: ast.AST, layer: Instance, args: list[Any], kwargs: dict[str, Any]) -> None:
    given = {**dict(zip(_INPUT_PARAMETERS, args)), **kwargs}
    shape = given.get("shape", given.get("input_shape"))
    whole = m.store.value(given.get("batch_shape", given.get("batch_input_shape")))
    dims: Any = None
    try:
        if isinstance(whole, (tuple, list)):
            dims = tuple(_dims(m, whole, 0))
        elif shape is not None:
            dims = input_shape(m, shape, given.get("batch_size"))
    except Failure as failure:
        m.report(failure, f.place, node)
    except registry.NotKnown:
        dims = None
    dtype = m.store.value(given.get("dtype"))
    tensor = Tensor(dims, m.call.dtype(dtype, m.call.keras_policy and "float32"), "keras", origin=m.origin(f, node))
    tensor.history = (layer, ())
    layer.attrs["output"] = tensor


# -- Sequential ----------------------------------------------------------------------------------------------------


def add(m: Machine, f: Frame, node: ast.AST, model: Instance, layer: Any) -> None:
    """`model.add(layer)`: with a known input, the layer is built on what came out of those before it."""
    layer = m.store.value(layer)
    m.touch(model)
    held = model.attrs.get("_layers")
    if not isinstance(held, List):
        model.attrs["?"] = True
        return
    layers = model.attrs["_layers"] = List(held)
    if (
        isinstance(layer, Tensor)
        and layer.history is not None
        and is_layer(layer.history[0])
        and kind_of(layer.history[0]) == INPUT_LAYER
    ):
        layer = layer.history[0]
    if not is_layer(layer):
        if isinstance(layer, (Function, Lib, int, float, str, tuple, list)):
            failure = Failure("call-arguments", "Sequential: only layers can be added, got something else")
            m.report(failure, f.place, node)
        model.attrs["?"] = True
        layers.append(layer)
        return
    if kind_of(layer) == INPUT_LAYER and isinstance(layer.cls, Lib):
        if not layers:
            set_input(m, model, layer.attrs.get("output"))
        return
    if not layers and model.attrs.get("_input") is None:
        declared = _declared_input(m, f, node, layer)
        if declared is not None:
            set_input(m, model, declared)
    layers.append(layer)
    if model.attrs.get("_input") is not None and model.attrs.get("?") is None:
        model.attrs["_output"] = _applied(m, f, node, layer, model.attrs["_output"])


def set_input(m: Machine, model: Instance, tensor: Any) -> None:
    """The symbolic input of a Sequential, of which nothing has come out yet."""
    model.attrs["_input"] = model.attrs["_output"] = tensor


def _declared_input(m: Machine, f: Frame, node: ast.AST, layer: Instance) -> Any:
    """The input that a first layer declares by `input_shape`, or that a first model has; None for none."""
    inputs = layer.attrs.get("_inputs", layer.attrs.get("_input"))
    if isinstance(inputs, Tensor):
        return inputs.with_(origin=inputs.origin)
    whole = m.store.value(layer.attrs.get("batch_input_shape"))
    shape = m.store.value(layer.attrs.get("input_shape"))
    size = m.store.value(layer.attrs.get("input_dim"))
    extra = layer.attrs.get("kwargs")
    if isinstance(extra, dict) and shape is None and size is None:  # handed on by a layer of the program
        shape, size = m.store.value(extra.get("input_shape")), m.store.value(extra.get("input_dim"))
    if shape is None and isinstance(size, (int, Expr)) and layer.cls is not Lib("keras.layers.Embedding"):
        shape = (size,)
    if shape is None and not isinstance(whole, (tuple, list)):
        return None
    made = Instance(Lib(INPUT_LAYER), {}, layer.origin)
    give_name(m, made)
    given = {"batch_shape": whole} if shape is None else {"shape": shape, "batch_size": layer.attrs.get("batch_size")}
    _input_layer(m, f, node, made, [], given)
    return made.attrs["output"]


def _applied(m: Machine, f: Frame, node: ast.AST, layer: Any, value: Any) -> Any:
    from shapelens.interpreter import calls

    return calls.call(m, f, node, layer, [value], {})


def build_sequential(m: Machine, f: Frame, node: ast.AST, model: Instance, shape: Any, dtype: str | None) -> None:
    """Build a Sequential without a declared input for inputs of this shape, the batch of which may be any."""
    layers = model.attrs.get("_layers")
    if not isinstance(layers, List) or not isinstance(shape, tuple) or not shape or model.attrs.get("?") is not None:
        return
    m.touch(model)
    symbolic_shape = tuple(d if as_symbol(d) not in state(m).nones or i == 0 else d for i, d in enumerate(shape))
    source = Instance(Lib(INPUT_LAYER), {}, model.origin)
    give_name(m, source)
    tensor = Tensor((state(m).batch, *symbolic_shape[1:]), dtype or "float32", "keras", origin=model.origin)
    tensor.history = (source, ())
    source.attrs["output"] = tensor
    set_input(m, model, tensor)
    if isinstance(shape[0], int):
        model.attrs["_batch"] = shape[0]  # what `input_shape` says, though it takes any
    value: Any = tensor
    reports = len(m.reports)
    for layer in layers:
        value = _applied(m, f, node, layer, value)
        if len(m.reports) > reports:
            break
    model.attrs["_output"] = value if len(m.reports) == reports else UNKNOWN
    if len(m.reports) > reports:
        model.attrs["_input"] = None


# -- calling -------------------------------------------------------------------------------------------------------


def call_layer(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What calling a layer or model gives."""
    from shapelens.interpreter import calls, classes

    cls = instance.cls
    method, owner = classes.find_in_class(cls, "call") if isinstance(cls, Class) else (None, None)
    args = [m.store.value(a) for a in args]
    if isinstance(owner, Class) and method is not None:
        value = _own_call(m, f, node, instance, Bound(method, instance), args, kwargs)
        calls.layer_seen(m, instance, value[0] if isinstance(value, tuple) and value else value)
    else:
        value = forward(m, f, node, instance, library_of(instance), args, kwargs)
    if args and "output" not in instance.attrs and symbolic([value]):
        m.touch(instance)
        instance.attrs["input"], instance.attrs["output"] = args[0], value
    return value


def library_of(instance: Instance) -> str:
    """The first library class that an instance is or inherits from."""
    cls = instance.cls
    for base in cls.mro if isinstance(cls, Class) else (cls,):
        if isinstance(base, Lib):
            return base.path
    return LAYER


def forward(
    m: Machine, f: Frame, node: ast.AST, instance: Instance, path: str, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """What the library's own `call` gives: that of Sequential, of a functional model, or a layer's rule."""
    from shapelens.interpreter import calls

    if instance.attrs.get("?") is not None:
        return calls.not_counted(m, UNKNOWN)
    if path == SEQUENTIAL:
        return _call_sequential(m, f, node, instance, args, kwargs)
    if "_inputs" in instance.attrs:
        return _call_functional(m, f, node, instance, args, kwargs)
    if path in OWN:
        return UNKNOWN
    m.touch(instance)
    return calls.forward_of_library(m, f, node, instance, path, args, kwargs)


def _own_call(
    m: Machine, f: Frame, node: ast.AST, instance: Instance, method: Any, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """Run the program's `call` as Layer.__call__ does: inputs cast, `build` first, KerasTensors traced."""
    from shapelens.interpreter import calls

    cast_input = _rules().cast_input
    given = [_traced(cast_input(m.call, instance, a)) for a in args]
    named = {k: _traced(cast_input(m.call, instance, m.store.value(v))) for k, v in kwargs.items()}
    first = given[0] if given else next(iter(named.values()), None)
    build(m, f, node, instance, first)
    if "training" in named and isinstance(method.function, Function):
        code = calls.code_of(method.function)
        if "training" not in code.nodes and code.kwarg is None:  # Layer.__call__ keeps it to itself
            del named["training"]
    value = calls.call(m, f, node, method, given, named)
    parents = symbolic([*args, *kwargs.values()])
    return owned(m.call, value, [instance, *args, *kwargs.values()]) if parents else value


def _traced(value: Any) -> Any:
    """A KerasTensor as the tf.Tensor that stands for it while `call` is traced."""
    if type(value) is Tensor and value.library == "keras":
        made = value.with_(library="tensorflow", origin=value.origin, history=None)
        return made
    if type(value) is tuple:
        return tuple([_traced(v) for v in value])
    if isinstance(value, List) and value.rest is None:
        return List([_traced(v) for v in value])
    if isinstance(value, Dict) and value.rest is None:
        return Dict({k: _traced(v) for k, v in value.items()})
    return value


def shapes_of(m: Machine, value: Any) -> Any:
    """The `input_shape` that `build` gets: a tuple of dims, or the same structure of such tuples."""
    if isinstance(value, Tensor):
        shape = m.store.shape(value.shape)
        return shape if isinstance(shape, tuple) else UNKNOWN
    if isinstance(value, (list, tuple)):
        return List([shapes_of(m, v) for v in value])
    if isinstance(value, dict):
        return Dict({k: shapes_of(m, v) for k, v in value.items()})
    return UNKNOWN


def build(m: Machine, f: Frame, node: ast.AST, instance: Instance, first: Any) -> None:
    """Run the program's `build` once, with the shape of the first input."""
    from shapelens.interpreter import calls, classes

    if instance.attrs.get("built") is True:
        return
    m.touch(instance)
    method, owner = classes.find_in_class(instance.cls, "build")
    if isinstance(owner, Class) and method is not None:
        calls.call(m, f, node, Bound(method, instance), [shapes_of(m, first)], {})
    instance.attrs["built"] = True


def _call_sequential(
    m: Machine, f: Frame, node: ast.AST, model: Instance, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    layers = model.attrs.get("_layers")
    value = args[0] if args else kwargs.get("inputs", UNKNOWN)
    if not isinstance(layers, List):
        return UNKNOWN
    if isinstance(value, Tensor):
        shape = m.store.shape(value.shape)
        if model.attrs.get("_input") is None:
            reports = len(m.reports)
            build_sequential(m, f, node, model, shape, value.dtype)
            if len(m.reports) > reports:
                return UNKNOWN
        declared = model.attrs.get("_input")
        if isinstance(declared, Tensor):
            value = _as_declared(m, f, node, model, value, declared)
            if value is None or value.library == "keras" and _is_squeezable(m, value, declared):
                return UNKNOWN
    given = value
    for layer in layers:
        reports = len(m.reports)
        value = quietly(m, lambda layer=layer, given=value: _applied(m, f, node, layer, given))  # type: ignore[misc]
        if len(m.reports) > reports:
            _say_declared(m, model, given, m.reports[reports].failure)
            return UNKNOWN
    return value


def _say_declared(m: Machine, model: Instance, given: Any, failure: Failure) -> None:
    """Add to a problem inside a model that its input is not what it was declared, or built, for: there it began."""
    declared = model.attrs.get("_input")
    if not isinstance(given, Tensor) or not isinstance(declared, Tensor):
        return
    shape, wanted = m.store.shape(given.shape), m.store.shape(declared.shape)
    if isinstance(shape, tuple) and isinstance(wanted, tuple) and shape[1:] != wanted[1:]:
        failure.message += f"; the model was made for {m.call.text(declared)} and is given {m.call.text(given)}"


def quietly(m: Machine, run: Callable[[], Any]) -> Any:
    """Run without hints: what the layers give was shown when the model was built, for any batch."""
    before, m.recording = m.recording, False
    try:
        return run()
    finally:
        m.recording = before


def _as_declared(
    m: Machine, f: Frame, node: ast.AST, model: Instance, value: Tensor, declared: Tensor
) -> Tensor | None:
    """The input in the declared dtype and rank: an axis of 1 is added or taken away. None, and reported, where it cannot.

    Source: keras.models.Functional._adjust_input_rank and _convert_inputs_to_tensors.
    """
    shape, wanted = m.store.shape(value.shape), m.store.shape(declared.shape)
    value = value.with_(
        library="keras" if value.library == "keras" else "tensorflow", dtype=declared.dtype, origin=value.origin
    )
    if not isinstance(shape, tuple) or not isinstance(wanted, tuple) or len(shape) == len(wanted):
        return value
    if len(shape) == len(wanted) + 1 and shape[-1] == 1:
        return value.with_(shape=shape[:-1], origin=value.origin)
    if len(shape) == len(wanted) - 1 and wanted[-1] == 1:
        return value.with_(shape=(*shape, 1), origin=value.origin)
    if len(shape) == len(wanted) + 1 and not isinstance(shape[-1], int):
        return None
    m.report(mismatch(m, model, value, declared), f.place, node)
    return None


def mismatch(m: Machine, model: Instance, value: Tensor, declared: Tensor) -> Failure:
    """The problem that an input has not the declared shape, with what it lacks."""
    shape, wanted = m.store.shape(value.shape), m.store.shape(declared.shape)
    why = ""
    if isinstance(shape, tuple) and isinstance(wanted, tuple):
        if len(shape) == len(wanted) - 1:
            why = "the batch axis is missing" if len(shape) and shape == wanted[1:] else "the channel axis is missing"
            if len(wanted) < 4 and shape != wanted[1:]:
                why = "an axis is missing"
        elif len(shape) == len(wanted) + 1:
            why = "there is one axis too many"
    text = (
        f"{library_of(model).rpartition('.')[2]} expects an input of {m.call.text(declared)}, got {m.call.text(value)}"
    )
    related = m.call.related(value, declared)
    return Failure("input-mismatch", f"{text}: {why}" if why else text, related)


def flatten(value: Any) -> list[Any] | None:
    """The leaves of nested lists, tuples and dicts, dicts by sorted key; None where a part is not known."""
    if isinstance(value, dict):
        if getattr(value, "rest", None) is not None:
            return None
        parts = [flatten(value[k]) for k in sorted(value, key=str)]
    elif isinstance(value, (list, tuple)):
        if getattr(value, "rest", None) is not None:
            return None
        parts = [flatten(v) for v in value]
    else:
        return [value]
    return None if any(p is None for p in parts) else [leaf for p in parts if p is not None for leaf in p]


def _call_functional(
    m: Machine, f: Frame, node: ast.AST, model: Instance, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    given = args[0] if args else kwargs.get("inputs", UNKNOWN)
    declared = flatten(model.attrs["_inputs"])
    values = _by_name(model, given, declared)
    if declared is None or values is None or not all(isinstance(d, Tensor) for d in declared):
        return UNKNOWN
    if len(values) != len(declared):
        if all(isinstance(v, Tensor) for v in values):
            text = f"Model expects {len(declared)} inputs, got {len(values)}"
            m.report(Failure("input-mismatch", text), f.place, node)
        return UNKNOWN
    table: dict[Symbol, Dim] = {}
    is_symbolic = False
    for value, wanted in zip(values, declared):
        value = m.store.value(value)
        if not isinstance(value, Tensor):
            return UNKNOWN
        is_symbolic = is_symbolic or value.library == "keras"
        fitted = _fitted(m, f, node, model, value, wanted)
        if fitted is None or not _bind(m, fitted, wanted, table):
            return UNKNOWN
    result = _substituted(m, model.attrs["_outputs"], table, "keras" if is_symbolic else "tensorflow")
    return owned(m.call, result, [model, *values]) if is_symbolic else result


def _by_name(model: Instance, given: Any, declared: list[Any] | None) -> list[Any] | None:
    """The inputs in the order of the declared ones; a dict goes by the inputs' names."""
    struct = model.attrs["_inputs"]
    if isinstance(given, dict) and not isinstance(struct, dict) and declared is not None:
        names = [
            t.history[0].attrs.get("name") if isinstance(t, Tensor) and t.history and t.history[0] else None
            for t in declared
        ]
        if all(n in given for n in names):
            return [given[n] for n in names]
        return None
    if isinstance(given, dict) and isinstance(struct, dict) and getattr(given, "rest", None) is None:
        if given.keys() > struct.keys():
            given = {key: given[key] for key in struct}  # What the model does not ask for is left out, with a warning.
    return flatten(given)


def _fitted(m: Machine, f: Frame, node: ast.AST, model: Instance, value: Tensor, wanted: Tensor) -> Tensor | None:
    """The input as the model takes it; None, and reported, where its InputSpec says no.

    A last axis of 1 may be there or not. Source: keras.layers.InputSpec with allow_last_axis_squeeze.
    """
    fitted = _as_declared(m, f, node, model, value, wanted)
    if fitted is None:
        return None
    shape, declared = m.store.shape(value.shape), m.store.shape(wanted.shape)
    if not isinstance(shape, tuple) or not isinstance(declared, tuple):
        return fitted
    ours = shape[:-1] if shape and shape[-1] == 1 else shape
    theirs = declared[:-1] if declared and declared[-1] == 1 else declared
    for i, (came, asked) in enumerate(zip(ours, theirs)):
        if i and isinstance(came, int) and isinstance(asked, int) and came != asked:
            failure = mismatch(m, model, value, wanted)
            failure.conflict = asked, came
            m.report(failure, f.place, node)
            return None
    taken = m.store.shape(fitted.shape)
    if isinstance(taken, tuple) and len(taken) == len(declared) > 1 and taken[-1] != declared[-1]:
        if value.library == "keras":
            return (
                None  # The layers are not called: what they would give is asked of each, and none looks at its weights.
            )
        return fitted if _goes_through(m, f, node, model, fitted, wanted) else None
    return fitted


def _is_squeezable(m: Machine, value: Tensor, declared: Tensor) -> bool:
    """Whether the two differ in a last axis that is 1 in one of them: a symbolic call takes that unseen."""
    shape, wanted = m.store.shape(value.shape), m.store.shape(declared.shape)
    if not isinstance(shape, tuple) or not isinstance(wanted, tuple) or not shape or not wanted:
        return False
    return len(shape) == len(wanted) and shape[-1] != wanted[-1] and 1 in (shape[-1], wanted[-1])


def _goes_through(m: Machine, f: Frame, node: ast.AST, model: Instance, value: Tensor, wanted: Tensor) -> bool:
    """Whether the layers that take an input alone take one of another last size: its InputSpec says nothing of that."""
    reports = len(m.reports)
    for tensor in graph_tensors(model.attrs["_inputs"], model.attrs["_outputs"]) or ():
        if tensor.history is not None and isinstance(tensor.history[0], Instance) and len(tensor.history[1]) == 1:
            if tensor.history[1][0] is wanted:
                layer = tensor.history[0]
                quietly(m, lambda layer=layer: _applied(m, f, node, layer, value))  # type: ignore[misc]
                if len(m.reports) > reports:
                    m.reports[reports].failure.message += f"; the model was made for {m.call.text(wanted)}"
                    return False
    return True


def _bind(m: Machine, value: Tensor, declared: Tensor, table: dict[Symbol, Dim]) -> bool:
    """Note what the declared symbols stand for in this call; False where it cannot be told."""
    shape, wanted = m.store.shape(value.shape), m.store.shape(declared.shape)
    if not isinstance(wanted, tuple) or not isinstance(shape, tuple) or len(shape) != len(wanted):
        return False
    for came, asked in zip(shape, wanted):
        if isinstance(asked, int):
            continue
        name = as_symbol(asked)
        if name is not None:
            table.setdefault(name, came)
        elif asked != came:
            return False
    return True


def _substituted(m: Machine, value: Any, table: dict[Symbol, Dim], library: str) -> Any:
    if isinstance(value, Tensor):
        shape = m.store.shape(value.shape)
        if isinstance(shape, Open):
            shape = None
        if isinstance(shape, tuple):
            shape = tuple([d if isinstance(d, int) else substitute(d, table) for d in shape])
        return Tensor(shape, value.dtype, library)
    if isinstance(value, (list, tuple)):
        made = [_substituted(m, v, table, library) for v in value]
        return tuple(made) if type(value) is tuple else List(made)
    if isinstance(value, dict):
        return Dict({k: _substituted(m, v, table, library) for k, v in value.items()})
    return UNKNOWN


# -- what models know of themselves ------------------------------------------------------------------------------


def graph_tensors(inputs: Any, outputs: Any) -> list[Tensor] | None:
    """The symbolic tensors from the inputs to the outputs, each behind those that it is made of; None: not known."""
    ends, starts = flatten(outputs), flatten(inputs)
    if ends is None or starts is None or not all(isinstance(t, Tensor) and t.history for t in ends):
        return None
    order: list[Tensor] = []
    seen: set[int] = set()
    stop = {id(t) for t in starts}
    for end in ends:
        stack: list[tuple[Tensor, bool]] = [(end, False)]
        while stack:
            each, is_done = stack.pop()
            if is_done:
                order.append(each)
            elif id(each) not in seen and each.history is not None:
                seen.add(id(each))
                stack.append((each, True))
                if id(each) not in stop:
                    stack.extend((p, False) for p in reversed(each.history[1]) if id(p) not in seen)
    return order


def graph_layers(inputs: Any, outputs: Any) -> list[Instance] | None:
    """The layers between inputs and outputs in Keras' order: by depth, then as they were met from the inputs on.

    Source of the order: keras.src.ops.function.map_graph.
    """
    order = graph_tensors(inputs, outputs)
    if order is None:
        return None
    stop = {id(t) for t in flatten(inputs) or ()}
    depth: dict[int, int] = {}
    for tensor in reversed(order):
        own = depth.setdefault(id(tensor), 0)
        assert tensor.history is not None
        if id(tensor) not in stop:
            for parent in tensor.history[1]:
                depth[id(parent)] = max(depth.get(id(parent), 0), own + 1)
    found: dict[int, tuple[int, int, Instance]] = {}
    for position, tensor in enumerate(order):
        assert tensor.history is not None
        layer = tensor.history[0]
        if layer is None:
            continue
        deepest = max(depth[id(tensor)], found[layer.born][0] if layer.born in found else 0)
        first = found[layer.born][1] if layer.born in found else position
        found[layer.born] = deepest, first, layer
    return [layer for _, _, layer in sorted(found.values(), key=lambda e: (-e[0], e[1]))]


def layers_of(instance: Instance) -> list[Any] | None:
    """`model.layers`; None where they are not known."""
    if instance.attrs.get("?") is not None:
        return None
    if "_layers" in instance.attrs and kind_of(instance) == SEQUENTIAL:
        held = instance.attrs["_layers"]
        return list(held) if isinstance(held, List) and held.rest is None else None
    if "_inputs" in instance.attrs:
        return graph_layers(instance.attrs["_inputs"], instance.attrs["_outputs"])
    return children(instance)


def children(instance: Instance) -> list[Instance]:
    """The layers among an object's attributes, in lists and dicts too, each once."""
    found: list[Instance] = []

    def collect(value: Any) -> None:
        if is_layer(value):
            if not any(value is v for v in found):
                found.append(value)
        elif isinstance(value, (list, tuple)):
            for each in value:
                collect(each)
        elif isinstance(value, dict):
            for each in value.values():
                collect(each)

    for name, value in instance.attrs.items():
        if name not in ("_inputs", "_outputs", "_input", "_output", "input", "output"):
            collect(value)
    return found


def weights(instance: Instance) -> list[Tensor]:
    """All weights of a layer or model, those of the layers in it behind its own."""
    own = [v for v in instance.attrs.values() if isinstance(v, Tensor) and v.parameter]
    for child in layers_of(instance) or []:
        if is_layer(child):
            own += weights(child)
    return own


def shape_tuple(m: Machine, tensor: Any) -> Any:
    """A symbolic tensor's shape as Keras gives it: None where a size is not fixed; the structure for several."""
    if isinstance(tensor, Tensor):
        shape = m.store.shape(tensor.shape)
        if not isinstance(shape, tuple):
            return UNKNOWN
        return Size([None if symbols(d) & state(m).nones else d for d in shape])
    if isinstance(tensor, (list, tuple)):
        return List([shape_tuple(m, t) for t in tensor])
    if isinstance(tensor, dict):
        return Dict({k: shape_tuple(m, t) for k, t in tensor.items()})
    return UNKNOWN


def attribute(m: Machine, instance: Instance, name: str) -> Any:
    """An attribute that Keras gives every layer or model; NO_METHOD where there is none."""
    attrs = instance.attrs
    if name == "name":
        return attrs.get("name", UNKNOWN)
    if name in ("input", "output", "inputs", "outputs", "input_shape", "output_shape"):
        side = "in" if name.startswith("in") else "out"
        tensor = attrs.get(f"_{side}puts", attrs.get(f"_{side}put", attrs.get(f"{side}put")))
        if tensor is None:
            return Unknown(f"{name} of a layer that was not called")
        if name.endswith("shape"):
            found = shape_tuple(m, tensor)
            if "_batch" in attrs and isinstance(found, tuple) and found[:1] == (None,):
                return (attrs["_batch"], *found[1:])
            return found
        if name.endswith("s"):
            return List(flatten(tensor) or [UNKNOWN])
        return tensor
    if name == "layers":
        layers = layers_of(instance)
        if layers is None:
            return UNKNOWN
        return List(layers)
    if name in ("weights", "variables", "trainable_weights", "trainable_variables"):
        return List(weights(instance)) if attrs.get("?") is None else UNKNOWN
    if name in ("trainable",):
        return attrs.get("trainable", True)
    if name in ("dtype", "variable_dtype", "compute_dtype"):
        return _rules().variable_dtype(m.call, instance) or UNKNOWN
    if name in ("losses", "metrics", "metrics_names", "non_trainable_weights", "non_trainable_variables"):
        return UNKNOWN
    if name == "built":
        return attrs.get("built", Scalar("bool"))
    return NO_METHOD


# -- methods -------------------------------------------------------------------------------------------------------

Method = Callable[[Machine, Frame, ast.AST, Instance, list[Any], dict[str, Any]], Any]


def _add(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    add(m, f, node, i, args[0] if args else kwargs.get("layer", UNKNOWN))
    return None


def _pop(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    m.touch(i)
    held = i.attrs.get("_layers")
    if not isinstance(held, List) or not held:
        i.attrs["?"] = True
        return UNKNOWN
    last = held[-1]
    i.attrs["_layers"] = List(held[:-1])
    source = i.attrs.get("_input")
    if isinstance(source, Tensor):
        value: Any = source
        for layer in i.attrs["_layers"]:
            value = quietly(m, lambda layer=layer, given=value: _applied(m, f, node, layer, given))  # type: ignore[misc]
        i.attrs["_output"] = value
    return last


def _build(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    shape = m.store.value(args[0] if args else kwargs.get("input_shape"))
    if not isinstance(shape, (tuple, list)) or getattr(shape, "rest", None) is not None:
        return None
    if kind_of(i) == SEQUENTIAL and i.attrs.get("_input") is None and library_of(i) == SEQUENTIAL:
        try:
            build_sequential(m, f, node, i, tuple(_dims(m, shape, 0)), None)
        except registry.NotKnown:
            return None
    elif (
        isinstance(i.cls, Lib)
        and i.cls.path in registry.layers
        and len(shape) > 1  # Dense.build([features]) is legal, although such an input is none.
        and not _may_be_shapes(m, shape)
        and all(d is None or isinstance(d, (int, Expr)) for d in shape)
        or kind_of(i) == MODEL
        and isinstance(i.cls, Class)
        and shape
        and not isinstance(shape[0], (tuple, list))
    ):
        _shape_by_run(m, f, node, i, shape)
    return None


def _shape_by_run(m: Machine, f: Frame, node: ast.AST, i: Instance, shape: Any) -> Any:
    """What the layer gives for a symbolic input of that shape."""
    try:
        tensor = Tensor(tuple(_dims(m, shape, 0)), _rules().variable_dtype(m.call, i), "keras")
    except registry.NotKnown:
        return UNKNOWN
    tensor.history = (None, ())
    return _applied(m, f, node, i, tensor)


def _may_be_shapes(m: Machine, shape: Any) -> bool:
    """Whether a list of unknowns may be one of shapes instead of sizes."""
    return bool(shape) and all(type(m.store.value(d)) is Unknown for d in shape)


def _compute_output_shape(
    m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    shape = m.store.value(args[0] if args else kwargs.get("input_shape"))
    if not isinstance(shape, (tuple, list)) or getattr(shape, "rest", None) is not None:
        return UNKNOWN
    if any(isinstance(m.store.value(d), (tuple, list)) for d in shape) or _may_be_shapes(m, shape):
        return UNKNOWN
    return quietly(m, lambda: shapes_of(m, _shape_by_run(m, f, node, i, shape)))


def _get_layer(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    name = m.store.value(args[0] if args else kwargs.get("name"))
    index = m.store.value(args[1] if len(args) > 1 else kwargs.get("index"))
    layers = layers_of(i)
    if layers is None:
        return UNKNOWN
    if isinstance(index, int) and -len(layers) <= index < len(layers):
        return layers[index]
    if isinstance(name, str):
        return next((v for v in layers if isinstance(v, Instance) and v.attrs.get("name") == name), UNKNOWN)
    return UNKNOWN


_WEIGHT = (
    "shape",
    "initializer",
    "dtype",
    "trainable",
    "autocast",
    "regularizer",
    "constraint",
    "aggregation",
    "overwrite",
    "name",
)


def _add_weight(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    given = {**dict(zip(_WEIGHT, args)), **kwargs}
    shape = m.store.value(given.get("shape", ()))
    dtype = m.call.dtype(m.store.value(given.get("dtype")), _rules().variable_dtype(m.call, i))
    if isinstance(shape, str):  # Keras 2: the name comes first
        shape = m.store.value(given.get("initializer"))
    dims: Any = None
    if isinstance(shape, (tuple, list)) and getattr(shape, "rest", None) is None:
        try:
            dims = tuple([m.call.dim(m.store.value(d)) for d in shape])
        except registry.NotKnown:
            dims = None
    return Tensor(dims, dtype, "tensorflow", origin=m.origin(f, node), parameter=True)


def _count_params(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Scalar("int")


def _get_weights(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if i.attrs.get("?") is not None:
        return UNKNOWN
    return List([w.with_(library="numpy") for w in weights(i)])


def _set_weights(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Hold what is set against the weights that there are. Source: keras.layers.Layer.set_weights."""
    given = m.store.value(args[0] if args else kwargs.get("weights"))
    if i.attrs.get("?") is not None or not isinstance(given, (list, tuple)) or getattr(given, "rest", None) is not None:
        return None
    own = weights(i)
    if len(own) != len(given):
        if own and _has_all_weights(i):
            text = f"{i.cls.name} has {len(own)} weights, and is given {len(given)}"
            m.report(Failure("call-arguments", text), f.place, node)
        return None
    for number, (have, value) in enumerate(zip(own, given)):
        value = m.store.value(value)
        if not isinstance(value, Tensor):
            continue
        shape, came = m.store.shape(have.shape), m.store.shape(value.shape)
        if not isinstance(shape, tuple) or not isinstance(came, tuple):
            continue
        if len(shape) != len(came) or any(equal(a, b) is False for a, b in zip(shape, came)):
            text = f"{i.cls.name}: weight {number} is {m.call.text(have)}, and is given {m.call.text(value)}"
            m.report(Failure("shape-mismatch", text, m.call.related(have, value)), f.place, node)
            return None
    return None


def _has_all_weights(instance: Instance) -> bool:
    """Whether each layer has made what weights it will have: it has some, or was called and has none."""
    inner = layers_of(instance)
    if instance.attrs.get("?") is not None or inner is None:
        return False
    if any(isinstance(v, Tensor) and v.parameter for v in instance.attrs.values()) or "output" in instance.attrs:
        return all(is_layer(v) for v in inner)
    return bool(inner) and all(is_layer(v) and (kind_of(v) == INPUT_LAYER or _has_all_weights(v)) for v in inner)


def _fits(name: str) -> Method:
    def method(m: Machine, f: Frame, node: ast.AST, i: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
        from shapelens.interpreter import fitting

        return fitting.METHODS[name](m, f, node, i, args, kwargs)

    return method


_METHODS: dict[str, Method] = {
    "add": _add,
    "pop": _pop,
    "build": _build,
    "compute_output_shape": _compute_output_shape,
    "get_layer": _get_layer,
    "add_weight": _add_weight,
    "add_variable": _add_weight,
    "count_params": _count_params,
    "get_weights": _get_weights,
    "set_weights": _set_weights,
    **{
        name: _fits(name)
        for name in "compile fit evaluate predict train_on_batch test_on_batch predict_on_batch".split()
    },
}
_QUIET = frozenset(
    "summary save save_weights load_weights export to_json add_loss add_metric reset_states reset_metrics "
    "compute_loss compute_metrics make_train_function make_test_function plot get_config get_build_config quantize "
    "reset_state adapt stateless_call enable_lora get_metrics_result get_compile_config compile_from_config".split()
)


def has_method(name: str) -> bool:
    """Whether Keras layers or models have the method."""
    return name in _METHODS or name in _QUIET or name in ("call", "__call__", "__init__")


def call_method(
    m: Machine,
    f: Frame,
    node: ast.AST,
    instance: Instance,
    owner: str,
    name: str,
    args: list[Any],
    kwargs: dict[str, Any],
) -> Any:
    """A method that a Keras class has; NO_METHOD where there is none."""
    if name == "call":
        return forward(m, f, node, instance, owner, [m.store.value(a) for a in args], kwargs)
    if name == "__call__":
        return call_layer(m, f, node, instance, args, kwargs)
    found = _METHODS.get(name)
    if found is not None:
        return found(m, f, node, instance, args, kwargs)
    return UNKNOWN if name in _QUIET else NO_METHOD
