"""Every rule of torch against torch: a rule that has no calls to be held by does not pass.

The calls are torch's own samples (`samples.py`) and some by hand (`calls.py`), varied at random (`varying.py`). For each
one both must give the same shape and dtype. Where torch raises the rule may not claim a result, but for errors that no
shape shows (`UNSEEN`). Enough of the calls must work, and of those the rule must know most: one that answers nothing fails.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import bind, call_layer, layers, make_layer, rules
from shapelens.values import UNKNOWN, Instance, Lib, Scalar, Store, Tensor, Unknown
from tests.rules.torch.calls import Sample
from tests.rules.torch.harness import Disagreement, _agree, abstract, call, real_function
from tests.rules.torch.samples import samples
from tests.rules.torch.varying import fresh, vary

# So many seeds, and so many calls from each: hypothesis takes longer than a rule and torch together.
SEEDS, CALLS = 6, 8
ERRORS = (
    RuntimeError, ValueError, IndexError, TypeError, AssertionError, AttributeError, NotImplementedError, ArithmeticError
)  # fmt: skip

# What torch says of the numbers in tensors, of memory and of kernels: no rule about shapes can know it.
UNSEEN = re.compile(
    r"not implemented for '|out of bounds|index out of range|singular|positive.definite|converge|must contain only"
    r"|single memory location|more than one element of the written|internal overlap|overflow|Expected object of scalar type"
    r"|distribution|does not require grad|retain_grad|between 0 and 1|>= ?0|non-?negative|not supported on|not implemented on the CPU|accelerator|INTERNAL ASSERT|nan",
    re.IGNORECASE,
)
# These trust their arguments: a wrong one ends the process. Their calls are taken as they are.
TRUSTING = frozenset(
    f"torch.{name}" for name in "gru lstm lu_unpack native_batch_norm native_group_norm rnn_relu rnn_tanh".split()
)
PATHS = sorted(p for p in {*rules, *layers} if p.startswith("torch."))


def known(value: Any) -> bool:
    """Whether a rule's result says the rank of a tensor, or of one of several."""
    if isinstance(value, Unknown):
        return isinstance(value, Scalar)
    if isinstance(value, Tensor):
        return value.shape is not None
    return not value or any(known(v) for v in value) if isinstance(value, (tuple, list)) else True


def _real(path: str, sample: Sample) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        function = real_function(path)
        if sample.made is None:
            return function(*fresh(sample.args), **fresh(sample.kwargs))
        layer = function(*sample.made[0], **sample.made[1])
        layer.eval()
        with torch.no_grad():
            return layer(*fresh(sample.args), **fresh(sample.kwargs))


def _ours(path: str, sample: Sample) -> Any:
    if sample.made is None:
        return call(path, *map(abstract, sample.args), **abstract(sample.kwargs))
    store, layer = Store(), Instance(Lib(path))
    if bind(layers[path].make, *sample.made) is None:
        return UNKNOWN
    make_layer(Call(store, path), path, layer, [abstract(a) for a in sample.made[0]], abstract(sample.made[1]))
    return call_layer(Call(store, path), path, layer, [abstract(x) for x in sample.args], abstract(sample.kwargs))


def _is_empty(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return not value.numel()
    return any(map(_is_empty, value)) if isinstance(value, (tuple, list)) else False


def outcome(path: str, sample: Sample, strict: bool = False) -> str:
    """How the call went: "known" or "unknown", "raised" by both or "missed" by the rule. Raises Disagreement."""
    made = "" if sample.made is None else f"{abstract(sample.made)} on "
    shown = f"{path}{made}{abstract(sample.args)}{abstract(sample.kwargs) or ''}"
    try:
        expected = _real(path, sample)
    except ERRORS as error:
        try:
            found = _ours(path, sample)
        except Failure as failure:
            assert failure.code and failure.message
            return "raised"
        if known(found) and not UNSEEN.search(str(error)):
            if strict:
                raise Disagreement(f"{shown}: torch raises {error}; our rule gives {found!r}") from None
            return "missed"
        return "raised"
    if expected is NotImplemented:
        return "raised"
    if isinstance(expected, Iterator):
        expected = tuple(expected)
    if isinstance(expected, np.ndarray):
        expected = torch.from_numpy(expected)
    try:
        found = _ours(path, sample)
    except Failure as failure:
        if _is_empty((*sample.args, *sample.kwargs.values())):
            return "raised"  # torch skips checks where there is nothing to compute
        raise Disagreement(f"{shown}: torch accepts it; our rule says {failure.code}: {failure.message}") from None
    _agree(found, expected, shown, allow_unknown=True)
    return "known" if known(found) else "unknown"


# -- rules that are held by tests of their own -----------------------------------------------------------------------

_HERE = Path(__file__).parent
_DATA = "../torchvision/test_data.py"
# By the beginning of the path: the file whose tests hold it, in which the last name of the path must stand.
ELSEWHERE = {
    "torch.utils.data.ChainDataset": "test_others.py",
    "torch.utils.data.DistributedSampler": "test_others.py",
    "torch.utils.data.SequentialSampler": "test_others.py",
    "torch.utils.data.Sub": "test_others.py",
    "torch.utils.data.WeightedRandomSampler": "test_others.py",
    "torch.utils.data.default_convert": "test_others.py",
    "torch.utils.data.": _DATA,
    "torch.distributions.": "test_distributions.py",
    "torch.autograd.": "test_info.py",
    "torch.nn.Embedding.from_pretrained": "test_embedding.py",
    "torch.nn.EmbeddingBag.from_pretrained": "test_embedding.py",
    "torch.nn.AdaptiveLogSoftmaxWithLoss.": "test_losses.py",
    "torch.nn.RNNBase.flatten_parameters": "test_others.py",
    "torch.nn.SyncBatchNorm.convert_sync_batchnorm": "test_others.py",
    "torch.nn.TransformerDecoder": "test_attention.py",
    "torch.nn.TransformerEncoder": "test_attention.py",
    "torch.nn.Uninitialized": "test_others.py",
    "torch.nn.parameter.Uninitialized": "test_others.py",
    "torch.nn.utils.rnn.pa": "test_recurrent.py",
    "torch.nn.utils.": "test_others.py",
    "torch.from_file": "test_others.py",
    "torch.from_": "test_creation.py",
    "torch.cuda.": "test_others.py",
    "torch.Tensor.cuda": "test_others.py",
    "torch.Tensor.xpu": "test_others.py",
    "torch.Tensor.pin_memory": "test_others.py",
    "torch.Tensor.to_mkldnn": "test_others.py",
    "torch.Tensor.record_stream": "test_others.py",
    "torch.nn.functional.scaled_": "test_others.py",
}
# Never called themselves, or gone from this torch: what they are for is held by the classes that inherit from them.
ABSTRACT = frozenset((
    "torch.nn.RNNBase", "torch.nn.RNNCellBase", "torch.Tensor.align_as", "torch.Tensor.refine_names",
    "torch.Tensor.rename",
))  # fmt: skip
# Where the result depends on the numbers in tensors, or is no tensor of which a rule says more.
UNKNOWN_RESULT = frozenset(f"torch.{name}" for name in (
    "Tensor.addbmm_ Tensor.register_hook Tensor.register_post_accumulate_grad_hook Tensor.storage Tensor.storage_type "
    "Tensor.untyped_storage masked_select Tensor.masked_select gather nn.functional.linear_cross_entropy "
    "nn.functional.pixel_unshuffle pixel_unshuffle"
).split())  # fmt: skip
# Where most of what torch refuses is a plain number or an option, at which these rules do not look.
OPTIONS = frozenset(f"torch.{name}" for name in (
    "nn.FractionalMaxPool2d nn.FractionalMaxPool3d Tensor.bernoulli_ Tensor.histc Tensor.histogram Tensor.map2_ Tensor.random_ Tensor.resize "
    "Tensor.resize_as Tensor.to_sparse_bsc Tensor.to_sparse_bsr Tensor.to_sparse_csc Tensor.to_sparse_csr "
    "bartlett_window blackman_window ctc_loss embedding_renorm_ empty_quantized "
    "fake_quantize_per_tensor_affine fused_moving_avg_obs_fake_quant hamming_window hann_window histc "
    "histogram instance_norm kaiser_window lobpcg nn.CTCLoss nn.functional.ctc_loss "
    "nn.functional.grouped_mm nn.functional.hardtanh nn.utils.get_total_norm "
    "nn.utils.rnn.invert_permutation norm_except_dim quantize_per_channel quantize_per_tensor "
    "sparse_coo_tensor split_copy"
).split())  # fmt: skip


def _held_by(path: str) -> str | None:
    return next((file for start, file in ELSEWHERE.items() if path.startswith(start)), None)


@pytest.mark.parametrize("path", [p for p in PATHS if p not in ABSTRACT])
def test_rule(path: str) -> None:
    found = samples(path)
    if not found:
        file = _held_by(path)
        assert file is not None, f"no calls to hold {path} by: write some in calls.py"
        names = [n for n in path.split(".") if not n.startswith("__")]
        assert names[-1] in (_HERE / file).read_text(), f"{file} does not test {path}"
        return
    seen: Counter[str] = Counter()

    @settings(max_examples=SEEDS, phases=[Phase.generate])
    @given(st.integers(0, 2**32 - 1))
    def hold(seed: int) -> None:
        chance = Random(seed)
        torch.manual_seed(seed)
        for _ in range(CALLS):
            sample = chance.choice(found)
            seen[outcome(path, sample if path in TRUSTING else vary(sample, chance))] += 1

    hold()
    works = seen["known"] + seen["unknown"]
    assert works * 16 >= seen.total(), f"of {seen.total()} calls of {path} only {works} work"
    if path not in UNKNOWN_RESULT:
        assert seen["known"] * 2 >= works, f"the rule of {path} knows {seen['known']} of {works} results"
    if path not in OPTIONS:
        assert seen["missed"] <= 4 + (seen["missed"] + seen["raised"]) // 4, f"{path}: {seen}"
