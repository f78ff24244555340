"""Which callables of torch have a rule: the page docs/coverage.md.

    python tests/rules/torch/callables.py            print the page
    python tests/rules/torch/callables.py --write    write it

The names are those of the installed torch, whether a call gives a tensor is read from torch's own type stubs and
annotations, and whether there is a rule from the registry. Only the reasons for having none are written by hand.
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

import shapelens.rules.torch  # noqa: F401  registers the rules
from shapelens.interpreter.library import NATIVES
from shapelens.rules.registry import aliases, attributes, layers, plain_bases, rules

PAGE = Path(__file__).parents[3] / "docs" / "coverage.md"
REPOSITORY = Path(__file__).parents[3]
FAMILIES = (
    "torch.nn", "torch.nn.functional", "torch.Tensor", "torch", "torch.linalg", "torch.fft", "torch.special",
    "torch.nn.init", "torch.nn.utils", "torch.nn.utils.rnn", "torch.signal.windows",
)  # fmt: skip
# All of these must have a rule.
COMPLETE = ("torch.nn", "torch.nn.functional", "torch.linalg", "torch.fft", "torch.special", "torch.nn.init")

RULE, NO_TENSOR, UNKNOWN = "rule", "no tensor", "unknown"


@dataclass(frozen=True)
class Entry:
    """One callable: its class is RULE, NO_TENSOR or UNKNOWN; `note` is the rule's file, or why there is none."""

    family: str
    name: str
    kind: str
    note: str

    @property
    def path(self) -> str:
        """The dotted name."""
        return f"{self.family}.{self.name}"


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
    """The file of the rule, from the repository's top; None where there is none."""
    path = aliases.get(path, path)
    if path in layers:
        function: Any = layers[path].forward and layers[path].forward.function
    elif path in rules or path in attributes:
        function = (rules.get(path) or attributes[path]).function
    elif path in plain_bases or path in NATIVES or path == "torch.nn.Module":
        return "interpreter"
    else:
        return None
    function = inspect.unwrap(function) if function else None
    if function is None:
        return "interpreter"
    place = Path(inspect.getfile(function)).name
    return place if place not in ("patterns.py", "registry.py") else "signatures"


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
        return Entry(family, name, NO_TENSOR, "")
    for reason, names in REASONS.items():
        if _listed(path, names):
            return Entry(family, name, UNKNOWN, reason)
    tensor = gives_tensor(family, name, value)
    if tensor is False or isinstance(value, type) and not tensor:
        return Entry(family, name, NO_TENSOR, "")
    if tensor is None and family == "torch" and not _stubs()["torch"].get(name):
        return Entry(family, name, NO_TENSOR, "")  # Python functions of settings, serialization and compilation
    return Entry(family, name, "", "")


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Every public callable of the families."""
    return tuple(classify(family, name) for family in FAMILIES for name in public_names(family))


def counts(family: str) -> Counter[str]:
    """How many callables of a family are of each class; "tensor rule" counts the rules whose result is a tensor."""
    owner = functools.reduce(getattr, family.split(".")[1:], torch)
    found: Counter[str] = Counter()
    for entry in entries():
        if entry.family == family:
            found[entry.kind] += 1
            if entry.kind == RULE and gives_tensor(family, entry.name, getattr(owner, entry.name)) is not False:
                found["tensor rule"] += 1
    return found


def share(*families: str) -> float:
    """Rules over all callables that give tensors."""
    totals = sum((counts(f) for f in families), Counter[str]())
    return totals["tensor rule"] / (totals["tensor rule"] + totals[UNKNOWN])


def page() -> str:
    """docs/coverage.md."""
    version = torch.__version__.partition("+")[0]
    lines = [
        "# Which callables of torch have a rule",
        "",
        f"Made from torch {version} by `python tests/rules/torch/callables.py --write`; not edited by hand.",
        "Each rule is held against torch by `tests/rules/torch/test_every_rule.py`.",
        "",
        "| family | callables | rule | no tensor | unknown | of those that give tensors |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for family in FAMILIES:
        c = counts(family)
        total = c[RULE] + c[NO_TENSOR] + c[UNKNOWN]
        lines.append(f"| `{family}` | {total} | {c[RULE]} | {c[NO_TENSOR]} | {c[UNKNOWN]} | {share(family):.1%} |")
    everything = sum((counts(f) for f in FAMILIES), Counter[str]())
    total = everything[RULE] + everything[NO_TENSOR] + everything[UNKNOWN]
    lines.append(
        f"| all | {total} | {everything[RULE]} | {everything[NO_TENSOR]} | {everything[UNKNOWN]} "
        f"| {share(*FAMILIES):.1%} |"
    )
    lines += [
        "",
        "*No tensor*: types, settings, and functions whose result is no tensor and that no shape depends on. What gives a",
        "tensor and has no rule is unknown, and nothing is said of it unless [torch itself is asked](oracle.md).",
        "",
        "## Unknown, and why",
        "",
    ]
    for reason in REASONS:
        names = [e.path.removeprefix("torch.") for e in entries() if e.note == reason]
        if names:
            lines.append(f"- {reason[0].upper()}{reason[1:]}: {_joined(names)}.")
    for family in FAMILIES:
        lines += ["", f"## {family}", ""]
        mine = [e for e in entries() if e.family == family]
        for file in sorted({e.note for e in mine if e.kind == RULE}):
            names = [e.name for e in mine if e.kind == RULE and e.note == file]
            lines.append(f"- {_place(file)}: {_joined(names)}")
        rest = [e.name for e in mine if e.kind == NO_TENSOR]
        if rest:
            lines.append(f"- no tensor: {_joined(rest)}")
    return "\n".join(lines) + "\n"


def _joined(names: list[str]) -> str:
    return " ".join(f"`{n}`" for n in names)


def _place(file: str) -> str:
    if file.endswith(".py"):
        return f"[{file}](../server/shapelens/rules/torch/{file})"
    return {"interpreter": "the interpreter itself", "signatures": "signatures"}[file]


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page())
    else:
        print(page())
    for entry in entries():
        if not entry.kind:
            print("unclassified:", entry.path, file=sys.stderr)
