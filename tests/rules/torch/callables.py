"""Which callables of torch have a rule: `python -m tests.rules.torch.callables [--write]` makes docs/coverage.md.

The names are those of the installed torch, whether a call gives a tensor is read from torch's own type stubs and
annotations, and whether there is a rule from the registry. Only the reasons for having none are written by hand.
"""

from __future__ import annotations

import ast
import functools
import inspect
from pathlib import Path
from typing import Any

import torch

import shapelens.rules.torch  # noqa: F401  registers the rules
from shapelens.interpreter.library import NATIVES
from shapelens.rules.registry import aliases, attributes, layers, plain_bases, rules
from tests.rules.coverage import INTERPRETER, NOTHING, RULE, UNKNOWN, Coverage, Entry, file_of

FAMILIES = (
    "torch.nn", "torch.nn.functional", "torch.Tensor", "torch", "torch.linalg", "torch.fft", "torch.special",
    "torch.nn.init", "torch.nn.utils", "torch.nn.utils.rnn", "torch.signal.windows",
)  # fmt: skip
SIGNATURES = "signatures"  # rules that are nothing but a pattern

# Why a callable that gives a tensor has no rule. A name may end in *, for all that begin so.
REASONS = {
    "kernel of one backend, which other functions call": (
        "torch.cudnn_* torch.miopen_* torch.mkldnn_* torch.fbgemm_* torch.batch_norm_* torch.quantized_* "
        "torch.choose_qparams_optimized torch.native_norm torch.Tensor.mkldnn_* "
        "torch.Tensor.ipu torch.Tensor.mtia"
    ),
    "the structure of a sparse tensor, which is not followed": (
        "torch.values_copy torch.indices_copy torch.Tensor.values torch.Tensor.sparse_resize_* torch.resize_as_sparse_ torch.Tensor.resize_as_sparse_"
    ),
    "nested tensors": "torch.Tensor.to_padded_tensor",
    "calls a function that it is given": "torch.cond torch.vmap",
    "what is in a file": "torch.load",
    "lists of as many tensors as the batch is large": "torch.nn.utils.rnn.unpack_sequence torch.nn.utils.rnn.unpad_sequence",
    "reads another tensor's memory": "torch.Tensor.set_ torch.Tensor.module_load torch.resize_as_ torch.as_strided_",
}
# What neither stubs nor annotations tell: these give no tensor.
NO_RESULT = (
    "torch.Tensor.reinforce torch.Tensor.index torch.nn.factory_kwargs torch.nn.utils.convert_* torch.nn.utils.fuse_* "
    "torch.nn.utils.skip_init torch.nn.utils.vector_to_parameters torch.nn.utils.clip_grads_with_norm_ "
    "torch.nn.functional.assert_int_or_pair torch.nn.functional.boolean_dispatch torch.nn.functional.has_torch_* "
    "torch.nn.functional.handle_torch_function torch.typename torch.fork torch.wait torch.save torch.get_device "
    "torch.Tensor.eig torch.Tensor.lstsq torch.Tensor.solve torch.Tensor.symeig "  # removed: they only raise
    "torch.cudnn_is_acceptable torch.Tensor.const_data_ptr torch.Tensor.lu torch.nn.utils.rnn.PackedSequence torch.nn.Container"
)


def _returns(tree: list[ast.stmt]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for node in tree:
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, set()).add(ast.unparse(node.returns) if node.returns else "")
    return found


@functools.cache
def _stubs() -> dict[str, dict[str, set[str]]]:
    """What the functions of torch and the methods of tensors return, by torch's own type stubs."""
    root = Path(torch.__file__).parent / "_C"
    functions = ast.parse((root / "_VariableFunctions.pyi").read_text()).body
    classes = [n for n in ast.parse((root / "__init__.pyi").read_text()).body if isinstance(n, ast.ClassDef)]
    methods = next(n.body for n in classes if n.name == "TensorBase")
    return {"torch": _returns(functions), "torch.Tensor": _returns(methods)}


def gives_tensor(family: str, name: str, value: Any) -> bool | None:
    """Whether a call gives a tensor or several; None where torch does not say."""
    if isinstance(value, type):
        return issubclass(value, (torch.Tensor, torch.nn.Module))
    known = _stubs().get(family, {}).get(name)
    if known is None:
        try:
            annotation = inspect.signature(value).return_annotation
        except (TypeError, ValueError):
            return None
        if annotation is inspect.Signature.empty:
            return None
        known = {annotation if isinstance(annotation, str) else str(annotation)}
    words = ("Tensor", "Self", "return_types", "Parameter")
    return any(w in text and "TensorBase" not in text for w in words for text in known)


def _listed(path: str, names: str) -> bool:
    for name in names.split():
        start, star, end = name.partition("*")
        if path == name or star and path.startswith(start) and path.endswith(end):
            return True
    return False


def _file(path: str) -> str | None:
    """The file of the rule; None where there is none."""
    path = aliases.get(path, path)
    if path in layers:
        function: Any = layers[path].forward and layers[path].forward.function
    elif path in rules or path in attributes:
        function = (rules.get(path) or attributes[path]).function
    elif path in plain_bases or path in NATIVES or path == "torch.nn.Module":
        return INTERPRETER
    else:
        return None
    file = file_of(function) if function else INTERPRETER
    return SIGNATURES if file in ("patterns.py", "registry.py") else file


def public_names(family: str) -> list[str]:
    """What the installed torch offers there, by `__all__` where there is one."""
    owner = functools.reduce(getattr, family.split(".")[1:], torch)
    names = getattr(owner, "__all__", None) if family != "torch.Tensor" else None
    found = []
    for name in sorted(set(names or dir(owner))):
        value = getattr(owner, name, None)
        if name.startswith("_") or not callable(value) or inspect.ismodule(value):
            continue
        module = getattr(value, "__module__", None) or ""
        leaked = not names and family not in ("torch.Tensor", "torch.nn") and not module.startswith("torch")
        if (
            leaked
            or value is torch.Tensor
            and family != "torch"
            or names is None
            and isinstance(value, type)
            and not module.startswith(family)
        ):
            continue
        found.append(name)
    return found


def classify(family: str, name: str) -> Entry:
    """The entry of one callable; its class is "" where nothing is known of it."""
    owner = functools.reduce(getattr, family.split(".")[1:], torch)
    value, path = getattr(owner, name), f"{family}.{name}"
    file = _file(path)
    if file is None and family == "torch":
        file = _file(f"torch.Tensor.{name}")  # torch.f(x) is x.f() to the interpreter
    if file is not None:
        return Entry(family, name, RULE, file)
    if _listed(path, NO_RESULT):
        return Entry(family, name, NOTHING, "")
    for reason, names in REASONS.items():
        if _listed(path, names):
            return Entry(family, name, UNKNOWN, reason)
    tensor = gives_tensor(family, name, value)
    if tensor is False or isinstance(value, type) and not tensor:
        return Entry(family, name, NOTHING, "")
    if tensor is None and family == "torch" and not _stubs()["torch"].get(name):
        return Entry(family, name, NOTHING, "")  # Python functions of settings, serialization and compilation
    return Entry(family, name, "", "")


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Every public callable of the families."""
    return tuple(classify(family, name) for family in FAMILIES for name in public_names(family))


@functools.cache
def _may_give_tensor(entry: Entry) -> bool:
    owner = functools.reduce(getattr, entry.family.split(".")[1:], torch)
    return gives_tensor(entry.family, entry.name, getattr(owner, entry.name)) is not False


COVERAGE = Coverage(
    "torch", "torch", torch.__version__.partition("+")[0], "coverage.md", FAMILIES, entries, REASONS,
    ["Each rule is held against torch by `tests/rules/torch/test_every_rule.py`."],
    [
        "*No tensor*: types, settings, and functions whose result is no tensor and that no shape depends on. What gives a",
        "tensor and has no rule is unknown, and nothing is said of it unless [torch itself is asked](oracle.md).",
    ],
    places={SIGNATURES: "signatures"},
    gives=_may_give_tensor,
)  # fmt: skip

if __name__ == "__main__":
    COVERAGE.main()
