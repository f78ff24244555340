"""A tensor with a shape and a dtype but no data."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, Union

from shapelens.dims import Dim
from shapelens.values.shapes import Shape

PACKED: Literal[True] = True
"""Strides of elements that lie in the order of the dims."""
Strides: TypeAlias = Union[tuple[Dim, ...], Literal[True], None]  # noqa: UP007


class Origin:
    """Where a value came from: `where` is opaque here (a place in a source file), `text` is the code there."""

    __slots__ = ("text", "where")

    def __init__(self, where: Any, text: str) -> None:
        self.where, self.text = where, text

    def __repr__(self) -> str:
        return f"Origin({self.text})"


class Tensor:
    """Immutable but for `reshape`. `library` says whose methods it has; `dtype` and `device` are None where unknown.

    Libraries are "torch", "numpy", "tensorflow" (a tf.Tensor, eager or traced) and "keras" (a symbolic KerasTensor).

    `scalars` holds the plain nested values of a small tensor made of known Python numbers, else None.
    `parameter` marks a torch.nn.Parameter; `frozen` says that it requires no gradient, None where that is not known.
    `history` is how a KerasTensor was made: the layer (or None) and the KerasTensors that it was made from.
    `drawn` is the range (low, high) that random integers were drawn from (rules/drawn.py); a copy forgets it.
    `strides` says how the elements lie in memory, as far as rules/torch/strides.py knows it; a copy forgets them.
    Equality ignores where the tensor came from.
    """

    __slots__ = (
        "_hash", "device", "drawn", "dtype", "frozen", "history", "library", "origin", "parameter", "scalars", "shape",
        "strides",
    )  # fmt: skip

    def __init__(
        self,
        shape: Shape,
        dtype: str | None = None,
        library: str = "torch",
        device: str | None = None,
        origin: Origin | None = None,
        scalars: object = None,
        parameter: bool = False,
    ) -> None:
        self.shape, self.dtype, self.library, self.device = shape, dtype, library, device
        self.origin, self.scalars, self.parameter = origin, scalars, parameter
        self.strides: Strides = None
        self.drawn: tuple[int, int] | None = None
        self.frozen: bool | None = False
        self.history: tuple[Any, tuple[Any, ...]] | None = None
        self._hash: int | None = None

    def _key(self) -> tuple[object, ...]:
        return self.shape, self.dtype, self.library, self.device

    def __eq__(self, other: object) -> bool:
        return (
            self is other
            or isinstance(other, Tensor)
            and self.shape == other.shape
            and self.dtype == other.dtype
            and self.library == other.library
            and self.device == other.device
            and self.scalars == other.scalars
            and self.strides == other.strides
            and self.drawn == other.drawn
        )

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash((self.shape, self.dtype, self.library))
        return self._hash

    @property
    def written(self) -> str | None:
        """Its known elements in writing, which tells 1 from 1.0 and True; None where one has thousands of digits."""
        try:
            return repr(self.scalars)
        except ValueError:
            return None

    def reshape(self, shape: Shape) -> None:
        """The only change that a tensor knows: an in-place operation gave it, and all its names, another shape."""
        self.shape, self._hash, self.scalars, self.strides = shape, None, None, None
        self.drawn = None

    def __repr__(self) -> str:
        return f"Tensor({self.shape}, {self.dtype})"

    def with_(self, **changes: Any) -> Tensor:
        """A copy with some fields changed; where it came from is forgotten unless given, as are known scalars."""
        made = Tensor(
            changes.get("shape", self.shape),
            changes.get("dtype", self.dtype),
            changes.get("library", self.library),
            changes.get("device", self.device),
            changes.get("origin"),
            changes.get("scalars"),
            changes.get("parameter", False),
        )
        if made.parameter:
            made.frozen = self.frozen
        made.history = changes.get("history", self.history)
        made.strides = changes.get("strides")
        return made


class Size(tuple[Any, ...]):
    """torch.Size: a tuple of dims that knows `numel`. `of` is the tensor that it was read from."""

    of: Tensor | None = None


class Named(tuple[Any, ...]):
    """A tuple whose elements have names too, as torch.return_types: `x.max(dim=1).indices`."""

    names: tuple[str, ...] = ()

    @staticmethod
    def of(**fields: Any) -> Named:
        """`Named.of(values=v, indices=i)`."""
        made = Named(fields.values())
        made.names = tuple(fields)
        return made
