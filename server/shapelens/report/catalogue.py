"""Every diagnostic code: its title, what it says, how severe it is, and its page in docs/rules/."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One diagnostic code."""

    title: str
    summary: str
    severity: str = "error"


CATALOGUE: dict[str, Entry] = {
    "argument-value": Entry("Argument value", "An argument has a value that the function or layer rejects."),
    "axis-out-of-range": Entry("Axis out of range", "A dim is named that the tensor does not have."),
    "broadcast-mismatch": Entry("Broadcast mismatch", "Two shapes cannot be broadcast to a common one."),
    "call-arguments": Entry("Call arguments", "A call lacks an argument, or passes one that is not known."),
    "channel-mismatch": Entry("Channel mismatch", "A layer is given another number of channels than it was made for."),
    "dtype-mismatch": Entry("Dtype mismatch", "An operation is given tensors of a dtype that it does not take."),
    "feature-mismatch": Entry("Feature mismatch", "A layer is given another number of features than it was made for."),
    "groups-mismatch": Entry("Groups mismatch", "A number of channels cannot be divided into the groups asked for."),
    "kernel-too-large": Entry("Kernel too large", "A kernel or window is larger than the input with its padding."),
    "padding-too-large": Entry("Padding too large", "Padding is larger than the input or the window allows."),
    "rank-mismatch": Entry("Rank mismatch", "A tensor has more or fewer dims than the operation takes."),
    "shape-mismatch": Entry("Shape mismatch", "Two shapes that must agree do not."),
}
"""Code to entry. A test holds that each code that a rule reports stands here and has a page."""

_PAGES = Path(__file__).parents[3] / "docs" / "rules"


def page(code: str) -> str:
    """The page of a code, from the root of the project."""
    return f"docs/rules/{code}.md"


def page_uri(code: str) -> str | None:
    """The page as a URI that an editor can open; None where the documentation is not installed beside the package."""
    path = _PAGES / f"{code}.md"
    return path.as_uri() if code in CATALOGUE and path.is_file() else None
