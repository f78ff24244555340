"""Which callables of TensorFlow have a rule: `python -m tests.rules.tensorflow.callables [--write]` makes the page
docs/coverage-tensorflow.md.
"""

from __future__ import annotations

import inspect
import os
from functools import cache, reduce

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

import shapelens.rules.tensorflow  # noqa: F401  registers the rules
from shapelens.interpreter.library import NATIVES
from shapelens.rules.registry import attributes, canonical, rules
from tests.rules.coverage import INTERPRETER, NOTHING, RULE, UNKNOWN, Coverage, Entry, file_of

FAMILIES = (
    "tensorflow", "tensorflow.math", "tensorflow.linalg", "tensorflow.nn", "tensorflow.image", "tensorflow.signal",
    "tensorflow.random", "tensorflow.data.Dataset",
)  # fmt: skip
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
        return Entry(family, name, RULE, file_of(known.function))
    if path in NATIVES:
        return Entry(family, name, RULE, INTERPRETER)
    if name in _NO_TENSOR:
        return Entry(family, name, NOTHING, "")
    reason = next((why for why, names in REASONS.items() if name in names.split()), "")
    return Entry(family, name, UNKNOWN if reason else "", reason)


COVERAGE = Coverage(
    "tensorflow", "TensorFlow", tf.__version__, "coverage-tensorflow.md", FAMILIES, entries, REASONS,
    [
        "Each rule is held against TensorFlow by `tests/rules/tensorflow/test_calls.py`, with what works and what must fail.",
        "`tf.keras` is Keras, and has rules of its own.",
    ],
    short=lambda path: "tf" + path.removeprefix("tensorflow"),
)  # fmt: skip

if __name__ == "__main__":
    COVERAGE.main()
