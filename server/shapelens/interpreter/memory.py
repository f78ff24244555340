"""Arrays that are larger than the memory that there is.

Only what certainly allocates counts: not views, not what is on the meta device or on a device that is not known, not
what may be in a branch that is never taken, in a `try`, in a context manager or under a decorator that is not known.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from shapelens.interpreter.machine import Frame, Machine
from shapelens.rules.call import Failure
from shapelens.rules.work import Again, Called, Maybe, Work, calls, formulas
from shapelens.values import Instance, Tensor
from shapelens.values.dtypes import BYTES
from shapelens.values.text import shape_text, size_text

CODE = "memory-budget"
_MADE = (
    "zeros ones empty rand randn full randint randperm eye arange linspace logspace range zeros_like ones_like empty_like "
    "rand_like randn_like randint_like full_like new_zeros new_ones new_empty new_full tensor"
)
_COMBINED = (
    "add sub subtract mul multiply div divide true_divide floor_divide pow remainder fmod atan2 hypot maximum minimum "
    "fmax fmin eq ne lt le gt ge equal not_equal less less_equal greater greater_equal logical_and logical_or "
    "logical_xor bitwise_and bitwise_or bitwise_xor where lerp addcmul addcdiv cat concat concatenate stack hstack vstack "
    "dstack column_stack row_stack repeat tile repeat_interleave outer ger kron cdist one_hot clone cartesian_prod "
    "combinations pad embedding interpolate"
)
_NAMES = frozenset((*_MADE.split(), *_COMBINED.split()))
# Of NumPy: views, and what gives the array that it was handed, aside, all that is named here makes one of its own.
_OF_NUMPY = frozenset(
    "array copy astype identity tri indices vstack hstack dstack column_stack row_stack append block power mod remainder "
    "sqrt exp log sin cos tanh abs absolute square nan_to_num round around clip sort argsort isnan isclose matmul dot "
    "tensordot einsum inner choice permutation integers random standard_normal take fft ifft fft2 ifft2 fftn ifftn".split()
)
# Decorators and context managers that change nothing of what is allocated.
QUIET = frozenset(
    "no_grad inference_mode enable_grad set_grad_enabled autocast staticmethod classmethod property cached_property wraps "
    "override abstractmethod lru_cache cache open suppress detect_anomaly profile record_function manual_seed".split()
)


def is_allocating(path: str) -> bool:
    """Whether a library callable certainly gives a tensor of its own."""
    if path in formulas:
        return True
    name = path.rpartition(".")[2]
    if name.startswith("__"):
        name = name.strip("_")
        return (name[1:] if name[:1] == "r" and name not in _NAMES else name) in _NAMES
    if path.startswith("numpy."):
        return name in _NAMES or name in _OF_NUMPY or path.startswith("numpy.random.")
    return path.startswith("torch.") and (name in _NAMES or path == "torch.nn.Embedding")


def hold(
    m: Machine, f: Frame, node: ast.AST, path: str, value: Any, given: Iterable[Any], kwargs: Mapping[str, Any]
) -> None:
    """Report a result that is larger than the budget, where none of what it was made from is."""
    if type(value) is not Tensor or not _is_larger(m, value) or not is_allocating(path):
        return
    if "out" in kwargs or "layout" in kwargs or not _is_certain(m, f):
        return
    tensors = [v for each in given for v in (each if isinstance(each, (tuple, list)) else (each,))]
    if any(isinstance(tensor, Tensor) and _is_larger(m, tensor) for tensor in map(m.store.value, tensors)):
        return
    name = path.rpartition(".")[2].strip("_")
    m.report(Failure(CODE, f"{name} makes {_said(m, value)}", severity="warning"), f.place, node)


def hold_weights(m: Machine, f: Frame, node: ast.AST, path: str, layer: Instance) -> None:
    """Report a layer of which one weight is larger than the budget."""
    for name, weight in layer.attrs.items():
        if type(weight) is Tensor and weight.parameter and _is_larger(m, weight) and _is_certain(m, f):
            message = f"{path.rpartition('.')[2]}.{name} is {_said(m, weight)}"
            m.report(Failure(CODE, message, severity="warning"), f.place, node)
            return


def may_train(m: Machine, f: Frame, module: Instance) -> bool:
    """Whether a call of a module certainly keeps its activations for a backward pass, and nothing else decides that."""
    if m.untracked or m.depth > 1 or not _is_certain(m, f):
        return False
    if f.function is not None and not _decorators(f.function.node).isdisjoint(("no_grad", "inference_mode")):
        return False
    return module.attrs.get("training") is not False


def hold_activations(m: Machine) -> None:
    """Report calls of models whose activations are larger than the budget: twice the outputs of layers with weights."""
    if m.activation_budget is None:
        return
    for call in calls(m.call.work or []):
        size = _activations(m, call) if call.site is not None else None
        if size is not None and size > m.activation_budget:
            message = (
                f"one step of training {call.instance.cls.name} keeps {size_text(size)} of activations and their gradients, "
                f"more than the activation budget of {size_text(m.activation_budget).replace('.0 ', ' ')}"
            )
            m.report(Failure(CODE, message, severity="warning"), *call.site)


def hold_step(m: Machine, f: Frame, node: ast.AST, model: Instance, arrays: list[Any], run: Callable[[], Any]) -> None:
    """Report what one step of `fit` keeps, where that is more than the activation budget.

    Without one, it is told beside arrays that are larger than the memory budget. `run` calls the model on one batch.
    """
    is_large = any(isinstance(each, Tensor) and _is_larger(m, each) for each in arrays)
    if m.activation_budget is None and not is_large or m.branching or m.sheltered:
        return
    before, m.call.work = m.call.work, []
    recording, m.recording = m.recording, False
    try:
        run()
        done = m.call.work
    finally:
        m.call.work, m.recording = before, recording
    root = next((call for call in calls(done) if call.instance is model), None)
    size = None if root is None else _activations(m, root)
    if not size or m.activation_budget is not None and size <= m.activation_budget:
        return
    message = f"one step of training {model.cls.name} keeps {size_text(size)} of activations and their gradients"
    if m.activation_budget is not None:
        message += f", more than the activation budget of {size_text(m.activation_budget).replace('.0 ', ' ')}"
    severity = "information" if m.activation_budget is None else "warning"
    m.report(Failure(CODE, message, severity=severity), f.place, node)


def _activations(m: Machine, call: Called) -> int | None:
    """In bytes; None where a size, or whether a layer is called, is not known."""
    inner = list(_parts(call.work))
    if None in inner:
        return None
    if inner:
        sizes = [_activations(m, part) for part in inner if part is not None]
        return None if None in sizes else sum(size for size in sizes if size is not None)
    if not any(type(each) is Tensor and each.parameter for each in call.instance.attrs.values()):
        return 0
    result = m.store.value(call.result)
    tensors = result if isinstance(result, tuple) else (result,)
    found = [each for each in map(m.store.value, tensors) if each is not None]
    sizes = [_bytes(m, each) if type(each) is Tensor else None for each in found if type(each) is not tuple]
    return None if None in sizes else 2 * sum(size for size in sizes if size is not None)


def _parts(work: Work) -> Iterator[Called | None]:
    """The calls of modules, each as often as it is made; None for a branch that may not be taken."""
    for entry in work:
        if type(entry) is Called:
            yield entry
        elif type(entry) is Again or type(entry) is Maybe and entry.taken:
            yield from _parts(entry.work)
        elif type(entry) is Maybe and entry.taken is None and entry.work:
            yield None


def _is_larger(m: Machine, tensor: Tensor) -> bool:
    size = _bytes(m, tensor)
    return size is not None and m.memory_budget is not None and size > m.memory_budget


def _bytes(m: Machine, tensor: Tensor) -> int | None:
    """The bytes, where they are certain, and the device is not one that holds nothing."""
    shape = tensor.shape
    somewhere = tensor.library != "torch" or tensor.device not in (None, "meta")
    if type(shape) is not tuple or tensor.dtype not in BYTES or not somewhere:
        return None
    size = BYTES[tensor.dtype]
    for dim in m.store.dims(shape):
        if not isinstance(dim, int):
            return None
        size *= dim
    return size


def _is_certain(m: Machine, f: Frame) -> bool:
    if m.caught or m.branching or m.sheltered or not m.recording:
        return False
    return f.function is None or not _is_decorated(f.function.node)


def _is_decorated(node: ast.AST) -> bool:
    return not _decorators(node) <= QUIET


def _decorators(node: ast.AST) -> set[str]:
    """The last names of a function's decorators; "" for one that is no name."""
    found = set()
    for decorator in getattr(node, "decorator_list", ()):
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        found.add(called.attr if isinstance(called, ast.Attribute) else str(getattr(called, "id", "")))
    return found


def _said(m: Machine, tensor: Tensor) -> str:
    size, budget = _bytes(m, tensor), m.memory_budget
    assert size is not None and budget is not None
    return (
        f"{shape_text(m.store.shape(tensor.shape))} {tensor.dtype}: {size_text(size)}, more than the memory budget of "
        f"{size_text(budget).replace('.0 ', ' ')}"
    )
