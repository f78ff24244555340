"""docs/coverage*.md: true for the installed library, every callable in a class, and enough of them with a rule."""

from __future__ import annotations

import importlib

import pytest

from tests.rules.coverage import UNKNOWN, Coverage

LIBRARIES = ("torch", "keras", "numpy", "tensorflow")
# All of these have a rule, or give no tensor.
COMPLETE = {
    "torch": ("torch.nn", "torch.nn.functional", "torch.linalg", "torch.fft", "torch.special", "torch.nn.init"),
    "keras": ("keras.random", "keras.activations", "keras.losses", "keras.metrics"),
}
# How many of the callables that give tensors have a rule at the least, taken together.
SHARES = [
    ("torch", ("torch", "torch.Tensor", "torch.linalg", "torch.fft", "torch.special"), 0.95),
    ("keras", ("keras.ops", "keras.ops.image", "keras.ops.linalg", "keras.utils"), 0.95),
    *(
        ("numpy", (family,), 0.9)
        for family in (
            "numpy", "numpy.linalg", "numpy.fft", "numpy.random", "numpy.random.Generator", "numpy.random.RandomState",
            "numpy.ndarray",
        )
    ),
    *(
        ("tensorflow", (f"tensorflow{family}",), 0.85)
        for family in ("", ".math", ".linalg", ".nn", ".image", ".signal", ".random", ".data.Dataset")
    ),
    ("tensorflow", (), 0.93),
]  # fmt: skip


def coverage(library: str) -> Coverage:
    """The callables of a library; only that library is imported."""
    found: Coverage = importlib.import_module(f"tests.rules.{library}.callables").COVERAGE
    return found


def pinned(library: str) -> Coverage:
    """The same, where the installed library is the one that the page is of."""
    found = coverage(library)
    page = found.page.read_text(encoding="utf-8")
    if f"Made from {found.title} {found.version} by" not in page:
        pytest.skip(f"the page is of another version of {found.title}")
    return found


@pytest.mark.parametrize("library", LIBRARIES)
def test_page_is_up_to_date(library: str) -> None:
    found = pinned(library)
    assert found.page.read_text(encoding="utf-8") == found.text(), f"run {found.command}"


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_callable_has_a_class(library: str) -> None:
    assert [e.path for e in pinned(library).entries() if not e.kind] == []


@pytest.mark.parametrize("library", LIBRARIES)
def test_reasons_name_what_there_is(library: str) -> None:
    found = pinned(library)
    assert [r for r in found.reasons if not any(e.note == r and e.kind == UNKNOWN for e in found.entries())] == []


@pytest.mark.parametrize(
    ("library", "family"), [(library, family) for library in COMPLETE for family in COMPLETE[library]]
)
def test_complete_families(library: str, family: str) -> None:
    assert coverage(library).counts(family)[UNKNOWN] == 0


@pytest.mark.parametrize(("library", "families", "least"), SHARES)
def test_share(library: str, families: tuple[str, ...], least: float) -> None:
    found = coverage(library)
    assert found.share(*(families or found.families)) >= least
