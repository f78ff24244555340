"""Every rule of NumPy against NumPy: a rule that has no calls to be held by does not pass.

The calls (`calls.py`) are varied at random (`varying.py`): other sizes, ranks, dtypes and numbers, of which some must fail.
For each one both must give the same shape and dtype. Where NumPy raises the rule may not claim a result, but for errors
that no shape shows. Enough of the calls must work, and of those the rule must know most: one that answers nothing fails.
"""

from __future__ import annotations

import itertools
import warnings
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shapelens.rules.call import Failure
from shapelens.rules.numpy.ufuncs import UFUNCS
from shapelens.rules.registry import attributes
from tests.rules.numpy.calls import PATHS, is_of_two, samples
from tests.rules.numpy.harness import Sample, agree, known, our_attribute, ours, outcome, real_function
from tests.rules.numpy.varying import DTYPES, vary

SEEDS, CALLS = 5, 8
ATTRIBUTES = sorted(p.rpartition(".")[2] for p in attributes if p.startswith("numpy.ndarray."))
# Held by tests of their own below, or names that NumPy 2 has no more.
ELSEWHERE = {
    "numpy.random.default_rng": "test_numpy.py",
    "numpy.ndarray.resize": "test_numpy.py",
    "numpy.ndindex": "test_numpy.py",
    "numpy.ndenumerate": "test_numpy.py",
    "numpy.fromfile": __file__,
    "numpy.memmap": __file__,
}
GONE = frozenset(("numpy.in1d", "numpy.trapz"))
# Where the result is no array.
NO_ARRAY = frozenset(("numpy.dtype", "numpy.result_type", "numpy.promote_types"))
# Where what NumPy refuses is mostly the numbers in arrays, or options that no shape depends on.
OPTIONS = frozenset(
    f"numpy.{name}"
    for name in "extract lib.stride_tricks.as_strided piecewise ravel_multi_index unravel_index geomspace digitize "
    "histogram_bin_edges compress ndarray.compress put ndarray.put roots polyder polyint sort_complex roll "
    "random.shuffle random.RandomState.shuffle ndarray.partition correlate linalg.norm linalg.cond fromiter".split()
)


@pytest.mark.parametrize("path", PATHS)
def test_rule(path: str) -> None:
    found = samples(path)
    if path in GONE:
        return
    if not found or path in ELSEWHERE:
        assert path in ELSEWHERE, f"no calls to hold {path} by: write some in calls.py"
        name = path.rpartition(".")[2]
        assert name in (Path(__file__).parent / ELSEWHERE[path]).read_text(), f"{ELSEWHERE[path]} does not test {path}"
        return
    seen: Counter[str] = Counter()

    @settings(
        max_examples=SEEDS, phases=[Phase.generate], derandomize=True, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.integers(0, 2**32 - 1))
    def hold(seed: int) -> None:
        chance = Random(seed)
        for _ in range(CALLS):
            seen[outcome(path, vary(chance.choice(found), chance)).partition(":")[0]] += 1

    for sample in found:
        seen[outcome(path, sample).partition(":")[0]] += 1
    hold()
    works = seen["known"] + seen["unknown"]
    assert works * 8 >= seen.total(), f"of {seen.total()} calls of {path} only {works} work"
    if path not in NO_ARRAY:
        assert seen["known"] * 2 >= works, f"the rule of {path} knows {seen['known']} of {works} results"
    if path not in OPTIONS:
        assert seen["missed"] <= 4 + (seen["missed"] + seen["raised"]) // 3, f"{path}: {seen}"


EVERY = sorted(set(DTYPES))


@pytest.mark.parametrize("name", sorted(UFUNCS))
def test_dtypes_of_functions(name: str) -> None:
    """Each function on every dtype, or on every pair, and with plain numbers, which count only by their kind."""
    if is_of_two(name):
        arrays = [np.ones(2, d) for d in EVERY]
        pairs = itertools.chain(
            itertools.product(arrays, arrays),
            *(((a, n), (n, a)) for a in arrays for n in (2, 1.5, True, 1j)),
        )
        for a, b in pairs:
            _exactly(f"numpy.{name}", a, b)
    else:
        for dtype in EVERY:
            _exactly(f"numpy.{name}", np.ones(2, dtype))


def _exactly(path: str, *args: object) -> None:
    """The rule must know the dtype, or say that the call fails."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            real = real_function(path)(*args)
        except (TypeError, ValueError):
            with pytest.raises(Failure):
                ours(path, Sample(args))
            return
    found = ours(path, Sample(args))
    agree(found, real, f"{path}{args}")
    assert known(found)


def test_attributes() -> None:
    for value in (np.ones((2, 3)), np.ones((2, 3, 4), "complex64"), np.ones(3, bool), np.arange(4)):
        for name in ATTRIBUTES:
            if name == "mT" and value.ndim < 2:
                with pytest.raises(Failure):
                    our_attribute(name, value)
            elif name in ("flat",):
                agree(our_attribute(name, value), value.ravel(), name)
            else:
                agree(our_attribute(name, value), getattr(value, name), name)


def test_files(tmp_path: Path) -> None:
    """Of a file only the run knows how much it holds."""
    path = tmp_path / "data"
    path.write_bytes(bytes(48))
    for args in ((str(path),), (str(path), np.float32)):
        agree(ours("numpy.memmap", Sample(args)), np.memmap(*args), "memmap")
        agree(ours("numpy.fromfile", Sample(args)), np.fromfile(*args), "fromfile")
    shaped = Sample((str(path), np.int16), {"mode": "r", "shape": (2, 3)})
    agree(ours("numpy.memmap", shaped), np.memmap(*shaped.args, **shaped.kwargs), "memmap")
    assert ours("numpy.memmap", shaped).shape == (2, 3)
