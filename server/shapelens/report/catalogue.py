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
    "ambiguous-truth": Entry(
        "Ambiguous truth", "An array of several elements is tested, by `if`, `while`, `and`, `or` or `not`."
    ),
    "annotation-mismatch": Entry(
        "Annotation mismatch", "A value has another shape or dtype than its annotation says.", "warning"
    ),
    "argument-value": Entry("Argument value", "An argument has a value that the function or layer rejects."),
    "axis-out-of-range": Entry("Axis out of range", "A dim is named that the tensor does not have."),
    "batch-mismatch": Entry("Batch mismatch", "Inputs that must have the same batch size do not."),
    "broadcast-loss": Entry(
        "Broadcasting in a loss",
        "A loss broadcasts its input against its target: a wrong value and no error.",
        "warning",
    ),
    "broadcast-mismatch": Entry("Broadcast mismatch", "Two shapes cannot be broadcast to a common one."),
    "call-arguments": Entry("Call arguments", "A call lacks an argument, or passes one that is not known."),
    "channel-mismatch": Entry("Channel mismatch", "A layer is given another number of channels than it was made for."),
    "collate-mismatch": Entry("Collate mismatch", "A data loader cannot make a batch of what its dataset gives."),
    "comment-mismatch": Entry(
        "Comment mismatch",
        "A comment states a shape of another rank, or other sizes, than the value has.",
        "information",
    ),
    "concat-mismatch": Entry("Concatenation mismatch", "Tensors that are joined along one dim differ in another."),
    "crop-too-large": Entry("Crop too large", "A transform crops more than the image has."),
    "device-mismatch": Entry("Device mismatch", "Tensors that must be on the same device are not."),
    "dtype-mismatch": Entry("Dtype mismatch", "An operation is given tensors of a dtype that it does not take."),
    "einops-mismatch": Entry("Einops mismatch", "An einops pattern does not fit the tensor, or itself."),
    "einsum-mismatch": Entry("Einsum mismatch", "An `einsum` equation and its operands do not fit together."),
    "embedding-mismatch": Entry(
        "Embedding mismatch", "The weight of an embedding has another shape than its arguments say."
    ),
    "empty-reduction": Entry("Empty reduction", "A reduction that needs at least one element is given none."),
    "expand-mismatch": Entry("Expand mismatch", "A tensor cannot be expanded to the shape asked for."),
    "feature-mismatch": Entry("Feature mismatch", "A layer is given another number of features than it was made for."),
    "groups-mismatch": Entry("Groups mismatch", "A number of channels cannot be divided into the groups asked for."),
    "heads-mismatch": Entry("Heads mismatch", "An embedding cannot be split into the attention heads asked for."),
    "hidden-state-mismatch": Entry(
        "Hidden state mismatch", "A recurrent layer is given a hidden state of another shape than it expects."
    ),
    "image-type": Entry("Image type", "A transform is given an image of a kind that it does not take."),
    "index-dtype": Entry("Index dtype", "A tensor is indexed with one that holds neither integers nor booleans."),
    "index-mismatch": Entry(
        "Index mismatch", "An index tensor does not fit the tensor that it picks from or writes to."
    ),
    "index-out-of-range": Entry("Index out of range", "An index or a count goes beyond the size of a dim."),
    "input-mismatch": Entry(
        "Input mismatch", "A model is called, fitted or asked with data that its declared input does not take."
    ),
    "item-size": Entry("Item of several elements", "`item` is called on a tensor that has not exactly one element."),
    "kernel-too-large": Entry("Kernel too large", "A kernel or window is larger than the input with its padding."),
    "last-batch": Entry(
        "Last batch",
        "The last batch of a loader is smaller than the others, and the code takes it for a full one.",
        "warning",
    ),
    "mask-mismatch": Entry("Mask mismatch", "An attention mask has another shape than the attention needs."),
    "matmul-mismatch": Entry("Matrix product mismatch", "The inner sizes of a matrix product differ."),
    "memory-budget": Entry(
        "Memory budget", "An array, or the activations of a model, are larger than the memory that there is.", "warning"
    ),
    "not-contiguous": Entry(
        "Not contiguous", "A view is asked for that the order of the elements in memory does not allow."
    ),
    "not-square": Entry("Not square", "A function of square matrices is given a matrix that is not square."),
    "no-attribute": Entry("No such attribute", "An array is asked for an attribute or method that arrays do not have."),
    "normalize-before-tensor": Entry(
        "Normalize before ToTensor", "Normalize is given an image that is not a tensor yet."
    ),
    "padding-too-large": Entry("Padding too large", "Padding is larger than the input or the window allows."),
    "ragged-data": Entry("Ragged data", "A tensor is made of nested lists of different lengths."),
    "rank-mismatch": Entry("Rank mismatch", "A tensor has more or fewer dims than the operation takes."),
    "repeat-mismatch": Entry("Repeat mismatch", "The numbers of repetitions do not fit the tensor."),
    "reshape-mismatch": Entry(
        "Reshape mismatch", "A tensor cannot have the shape asked for: the numbers of elements differ."
    ),
    "shape-mismatch": Entry("Shape mismatch", "Two shapes that must agree do not."),
    "size-mismatch": Entry("Size mismatch", "Tensors of one dataset differ in their number of items."),
    "size-too-small": Entry("Size too small", "A dim is smaller than the operation needs."),
    "split-mismatch": Entry("Split mismatch", "The sizes of a split do not add up to the dim that is split."),
    "stack-mismatch": Entry("Stack mismatch", "Tensors that are stacked differ in shape."),
    "target-mismatch": Entry("Target mismatch", "A loss is given a target that does not fit the output."),
    "uncaught-exception": Entry(
        "Uncaught exception", "The program raises an exception that nothing catches: its own, or one of Python's."
    ),
    "unpack-mismatch": Entry(
        "Unpack mismatch", "A shape or result has another number of parts than names on the left."
    ),
    "weight-mismatch": Entry("Weight mismatch", "The weights given to a loss do not fit its classes or its input."),
}
"""Code to entry. A test holds that each code that a rule reports stands here and has a page."""

_PAGES = Path(__file__).parents[3] / "docs" / "rules"


def page(code: str) -> str:
    """The page of a code, from the root of the project."""
    return f"docs/rules/{code}.md"


def page_uri(code: str, base: str | None = None) -> str | None:
    """The page as a URI that an editor can open: below `base`, or the file that is installed beside the package.

    None where there is neither; the page is then to be had by `page_text`.
    """
    if base and code in CATALOGUE:
        return f"{base.rstrip('/')}/{code}.md"
    path = _PAGES / f"{code}.md"
    return path.as_uri() if code in CATALOGUE and path.is_file() else None


def page_text(code: str) -> str | None:
    """The page of a code as Markdown: its own, or what the catalogue says where the documentation is not installed."""
    entry = CATALOGUE.get(code)
    if entry is None:
        return None
    try:
        return (_PAGES / f"{code}.md").read_text(encoding="utf-8")
    except OSError:
        return f"# {entry.title}\n\n`{code}` · {entry.severity}\n\n{entry.summary}\n"
