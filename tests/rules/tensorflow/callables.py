"""Which callables of TensorFlow have a rule: `python -m tests.rules.tensorflow.callables [--write]` makes the page
docs/coverage-tensorflow.md.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache, reduce
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

import shapelens.rules.tensorflow  # noqa: F401  registers the rules
from shapelens.interpreter.library import NATIVES
from shapelens.rules.registry import attributes, canonical, rules

PAGE = Path(__file__).parents[3] / "docs" / "coverage-tensorflow.md"
FAMILIES = (
    "tensorflow", "tensorflow.math", "tensorflow.linalg", "tensorflow.nn", "tensorflow.image", "tensorflow.signal",
    "tensorflow.random", "tensorflow.data.Dataset",
)  # fmt: skip
RULE, NO_TENSOR, UNKNOWN = "rule", "no tensor", "unknown"
# Why what gives tensors has no rule.
REASONS = {
    "sparse and ragged tensors": (
        "edit_distance ragged_fill_empty_rows ragged_fill_empty_rows_grad embedding_lookup_sparse "
        "safe_embedding_lookup_sparse ctc_beam_search_decoder ctc_greedy_decoder"
    ),
    "no kernel on the CPU, or only in graphs of TensorFlow 1": (
        "fftnd ifftnd irfftnd rfftnd parallel_stack conv approx_top_k approx_min_k gradients hessians "
        "conv2d_backprop_filter_v2 conv2d_backprop_input_v2 check_pinned"
    ),
    "gradients that other functions call": "depthwise_conv2d_backprop_filter depthwise_conv2d_backprop_input",
    "formats and samplers that few use": (
        "decode_jxl generate_bounding_box_proposals non_max_suppression_padded compute_accidental_hits with_space_to_batch "
        "sobol_sample fingerprint random_index_shuffle create_rng_state timestamp"
    ),
}
# Types, settings, assertions, control flow of graphs, and what only wraps or prints.
_NO_TENSOR = frozenset(
    "Assert assert_equal assert_greater assert_less assert_rank as_dtype control_dependencies device executing_eagerly inverse_stft_window_fn "
    "get_current_name_scope get_logger get_static_value group import_graph_def init_scope inside_function is_symbolic_tensor "
    "load_library load_op_library make_ndarray make_tensor_proto no_gradient no_op nondifferentiable_batch_function print "
    "register_tensor_conversion_function type_spec_from_value variable_creator_scope set_global_generator set_seed".split()
)


@dataclass(frozen=True)
class Entry:
    """One callable. `note`: the file of its rule, or why there is none; "" if nobody said."""

    family: str
    name: str
    kind: str
    note: str

    @property
    def path(self) -> str:
        """Its full name."""
        return f"{self.family}.{self.name}"


@cache
def entries() -> tuple[Entry, ...]:
    """Every public function of the families."""
    found = []
    for family in FAMILIES:
        owner = reduce(getattr, family.split(".")[1:], tf)
        for name in sorted(dir(owner)):
            value = getattr(owner, name)
            if name.startswith("_") or not callable(value) or inspect.isclass(value) or inspect.ismodule(value):
                continue
            found.append(_entry(family, name))
    return tuple(found)


def _entry(family: str, name: str) -> Entry:
    path = canonical(f"{family}.{name}")
    known = rules.get(path) or attributes.get(path)
    if known is not None:
        return Entry(family, name, RULE, f"{known.function.__module__.rpartition('.')[2]}.py")
    if path in NATIVES:
        return Entry(family, name, RULE, "interpreter")
    if name in _NO_TENSOR:
        return Entry(family, name, NO_TENSOR, "")
    reason = next((why for why, names in REASONS.items() if name in names.split()), "")
    return Entry(family, name, UNKNOWN if reason else "", reason)


def counts(*families: str) -> Counter[str]:
    """How many entries of the families there are of each kind."""
    return Counter(e.kind for e in entries() if e.family in families)


def share(*families: str) -> float:
    """Rules over all that gives tensors or that shapes depend on."""
    found = counts(*families)
    return found[RULE] / (found[RULE] + found[UNKNOWN])


def page() -> str:
    """docs/coverage-tensorflow.md."""
    lines = [
        "# Which callables of TensorFlow have a rule",
        "",
        f"Made from TensorFlow {tf.__version__} by `python -m tests.rules.tensorflow.callables --write`; not edited by hand.",
        "Each rule is held against TensorFlow by `tests/rules/tensorflow/test_calls.py`, with what works and what must fail.",
        "`tf.keras` is Keras, and has rules of its own.",
        "",
        "| family | callables | rule | no tensor | unknown | of those that give tensors |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for names, label in [((f,), f"`{_short(f)}`") for f in FAMILIES] + [(FAMILIES, "all")]:
        c = counts(*names)
        total = c[RULE] + c[NO_TENSOR] + c[UNKNOWN]
        lines.append(f"| {label} | {total} | {c[RULE]} | {c[NO_TENSOR]} | {c[UNKNOWN]} | {share(*names):.1%} |")
    lines += ["", "## Unknown, and why", ""]
    for reason in REASONS:
        names_ = dict.fromkeys(_short(e.path) for e in entries() if e.note == reason)
        lines.append(f"- {reason[0].upper()}{reason[1:]}: {_joined(list(names_))}.")
    for family in FAMILIES:
        mine = [e for e in entries() if e.family == family]
        lines += ["", f"## {_short(family)}", ""]
        for file in sorted({e.note for e in mine if e.kind == RULE}):
            place = (
                f"[{file}](../server/shapelens/rules/tensorflow/{file})"
                if file.endswith(".py")
                else "the interpreter itself"
            )
            lines.append(f"- {place}: {_joined([e.name for e in mine if e.kind == RULE and e.note == file])}")
        rest = [e.name for e in mine if e.kind == NO_TENSOR]
        if rest:
            lines.append(f"- no tensor: {_joined(rest)}")
    return "\n".join(lines) + "\n"


def _short(path: str) -> str:
    return "tf" + path.removeprefix("tensorflow")


def _joined(names: list[str]) -> str:
    return " ".join(f"`{n}`" for n in names)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page())
    for entry in entries():
        if not entry.kind:
            print("unclassified:", entry.path, file=sys.stderr)
