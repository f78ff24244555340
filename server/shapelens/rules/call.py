"""What a rule is given of the call it answers, and how it says that the call cannot work or is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias, Union

from shapelens.dims import Dim, Expr, equal, less, symbol
from shapelens.rules.autocast import Autocast
from shapelens.values import Instance, Lib, List, Open, Origin, Scalar, Shape, Store, Tensor, Unknown
from shapelens.values.dtypes import ALIASES, INTEGERS, NAMES
from shapelens.values.text import dim_text, shape_text

Operand: TypeAlias = Union[Tensor, int, float, complex, Expr, Scalar]  # noqa: UP007  a tensor or a plain number


class NotKnown(Exception):
    """Raised in a rule that cannot answer: the call's result is then unknown, and nothing is reported."""


@dataclass(frozen=True)
class Related:
    """Another place that a problem should name, with what it has to do with it."""

    origin: Origin
    message: str


@dataclass(frozen=True)
class Fix:
    """What the argument `argument` of the call at `origin` would have to say; offered where that mends the program."""

    title: str
    origin: Origin
    argument: str
    text: str


class Failure(Exception):
    """Raised in a rule: every run that makes this call fails.

    `conflict` are the two sizes that should have been equal, `shapes` those of the tensors involved, `asked` that
    which a reshape asks for, `layer` the one whose forward ran: what the search for a fix starts from.
    """

    def __init__(
        self,
        code: str,
        message: str,
        related: Sequence[Related] = (),
        fixes: Sequence[Fix] = (),
        severity: str = "error",
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.related, self.fixes = code, message, tuple(related), tuple(fixes)
        self.severity = severity
        self.conflict: tuple[Dim, Dim] | None = None
        self.shapes: tuple[Shape, ...] = ()
        self.asked: tuple[Dim, ...] = ()
        self.layer: Instance | None = None


class Call:
    """The context of one call of a rule.

    `path` is the library name called (`torch.nn.Conv2d`), `store` what the run has learnt, `layer` the instance whose
    forward runs. `invoke(callable, *args, **kwargs)` calls back into the program (a module held by a container).
    `autocast` is set inside torch.autocast, which casts floats before they meet: rules then do not compare them.
    `floating` is what torch.get_default_dtype() gives, `device` where tensors are made, None where it is not known.
    `keras_policy` is what keras.config.dtype_policy() names: "float32", "mixed_float16"; `image_data_format` what
    keras.config.image_data_format() gives, `nones` the symbols that stand for a None of keras.Input, the batch apart.
    `work` is where what is computed is kept (see rules/work.py), None where nobody wants to know.
    With `flows`, each call of a rule that gives a tensor is kept there too.
    `moves` is set once something may move tensors by itself, as DataParallel does: devices are then not compared.
    `formats` is set once channels were told to lie last in memory: how elements lie is then not known.
    `rewritten` is set once a tensor of random integers was written to: which numbers are in it is then not known.
    """

    __slots__ = (
        "autocast", "conflict", "device", "floating", "flows", "formats", "image_data_format", "invoke", "keras_policy", "layer", "moves", "nones", "path", "rewritten", "store", "tick", "warn",
        "work",
    )  # fmt: skip

    def __init__(
        self,
        store: Store,
        path: str = "",
        invoke: Callable[..., Any] | None = None,
        warn: Callable[[Failure], None] | None = None,
    ) -> None:
        self.store, self.path = store, path
        self.layer: Instance | None = None
        self.work: list[Any] | None = None
        self.flows = False
        self.autocast: Autocast | None = None
        self.floating: str | None = "float32"
        self.keras_policy: str | None = "float32"
        self.image_data_format: str | None = "channels_last"
        self.nones: set[Any] = set()
        self.device: str | None = None
        self.moves = False
        self.formats = False
        self.rewritten = False
        self.conflict: tuple[Dim, Dim] | None = None  # the sizes that were last found to differ
        self.tick: Callable[[], None] = _no_tick  # raises where the run has taken too long
        self.invoke: Callable[..., Any] = invoke or _no_invoke
        self.warn: Callable[[Failure], None] = warn or _no_warn

    @property
    def name(self) -> str:
        """How the user writes what was called: `Conv2d`, `cat`."""
        return self.path.rpartition(".")[2]

    # -- saying that it fails or is not known --------------------------------------------------------------------

    def fail(
        self, code: str, message: str, *tensors: Tensor, fixes: Sequence[Fix] = (), asked: Sequence[Dim] = ()
    ) -> NoReturn:
        """The call cannot work. `tensors` are those involved: where they came from is named as related places.

        `asked` is the shape that a reshape asks for, as far as it is known.
        """
        if code in _OF_RANK and self.path.startswith("numpy.") and any(self.shape(t) == () for t in tensors):
            raise NotKnown  # what we took for a number may be an array elsewhere
        failure = Failure(code, message, self.related(*tensors), fixes)
        failure.layer, failure.asked = self.layer, tuple(asked)
        failure.shapes = tuple(self.shape(t) for t in tensors)
        if self.conflict is not None:
            failure.conflict = self.store.dim(self.conflict[0]), self.store.dim(self.conflict[1])
            self.conflict = None
        try:
            raise failure
        finally:
            del failure  # else what it came through would hold it, and it that

    def related(self, *tensors: Tensor) -> list[Related]:
        """The layer's definition and where the tensors came from."""
        found = []
        if self.layer is not None and self.layer.origin is not None:
            found.append(Related(self.layer.origin, f"{self.name} is made here"))
        for tensor in tensors:
            if tensor.origin is not None:
                found.append(Related(tensor.origin, f"{self.text(tensor)} comes from here"))
        return found

    def unknown(self) -> NoReturn:
        """The result of the call is not known."""
        raise NotKnown

    # -- shapes --------------------------------------------------------------------------------------------------

    def text(self, shape: Tensor | Shape) -> str:
        """A shape as it is written in a message."""
        return shape_text(self.store.shape(shape.shape if isinstance(shape, Tensor) else shape))

    def dim_text(self, dim: Dim) -> str:
        """A dim as it is written in a message."""
        return dim_text(self.store.dim(dim))

    def counted(self, dim: Dim, noun: str) -> str:
        """`1 channel`, `64 channels`: a dim with what it counts."""
        text = self.dim_text(dim)
        return f"{text} {noun}" if text == "1" else f"{text} {noun}s"

    def shape(self, tensor: Tensor) -> Shape:
        """The tensor's shape with all that was learnt."""
        return self.store.shape(tensor.shape)

    def dims(self, tensor: Tensor, names: Sequence[str] | None = None) -> tuple[Dim, ...]:
        """The tensor's dims. An open shape is taught the rank of `names` when given; otherwise NotKnown."""
        shape = self.store.shape(tensor.shape)
        if isinstance(shape, tuple):
            return shape
        if isinstance(shape, Open) and names is not None:
            taught = self.store.rank(shape, names)
            if taught is not None:
                return taught
        raise NotKnown

    def at_least(self, shape: Open, front: int, back: int) -> Open:
        """Teach that an open shape has `front` dims in front and as many as `back` more at its end.

        NotKnown where those at one end may be those known at the other: dim 1 of (…, 512) is the 512 if the rank is 2.
        That an input whose last dim is known has a batch dim too is taken for granted.
        """
        prefix, suffix = len(shape.prefix), len(shape.suffix)
        granted = 0 if shape.var.computed else 2
        if max(front, prefix) + max(back, suffix) > max(prefix + suffix, front + back, granted):
            raise NotKnown
        return self.store.at_least(shape, front, back)

    def axis(self, axis: int, rank: int, tensor: Tensor | None = None, code: str = "axis-out-of-range") -> int:
        """The axis counted from the front; fails where the tensor has no such axis. Rank 0 counts as 1."""
        span = max(rank, 1)
        if not -span <= axis < span:
            shape = f" of shape {self.text(tensor)}" if tensor is not None else ""
            self.fail(
                code,
                f"{self.name}: dim {axis} is out of range for a tensor{shape} of rank {rank}",
                *([tensor] if tensor is not None else []),
            )
        return axis % span

    def axes(self, axes: object, rank: int, tensor: Tensor | None = None) -> tuple[int, ...]:
        """One axis or several, counted from the front, each once."""
        if isinstance(axes, int):
            axes = (axes,)
        if not isinstance(axes, (tuple, list)) or not all(isinstance(a, int) for a in axes):
            raise NotKnown
        found = tuple(self.axis(a, rank, tensor) for a in axes)
        if len(set(found)) != len(found):
            self.fail("axis-out-of-range", f"{self.name}: the same dim appears twice in {tuple(axes)}")
        return found

    def equate(self, a: Dim, b: Dim) -> bool | None:
        """Learn that two dims are equal; False where they cannot be."""
        same = self.store.equate(a, b)
        if same is False:
            self.conflict = a, b
        return same

    def require(self, a: Dim, b: Dim, code: str, message: str, *tensors: Tensor, fixes: Sequence[Fix] = ()) -> None:
        """Learn that two dims are equal, and fail with the message where they cannot be."""
        if self.equate(a, b) is False:
            self.fail(code, message, *tensors, fixes=fixes)

    def broadcast(self, *shapes: tuple[Dim, ...], what: str = "", tensors: Sequence[Tensor] = ()) -> tuple[Dim, ...]:
        """The common shape by NumPy's and PyTorch's rule; fails with `broadcast-mismatch` where there is none."""
        if len(shapes) == 1:
            return shapes[0]
        rank = max(len(s) for s in shapes)
        result: list[Dim] = []
        for i in range(rank):
            dim: Dim = 1
            for shape in shapes:
                j = i - (rank - len(shape))
                if j < 0:
                    continue
                other = shape[j]
                if other is dim or other == dim or (isinstance(other, int) and other == 1):
                    continue
                if isinstance(dim, int) and dim == 1:
                    dim = other
                elif isinstance(dim, int) and isinstance(other, int):
                    self._broadcast_failure(shapes, rank - i, dim, other, what, tensors)
                else:
                    dim = self._broadcast_dims(shapes, rank - i, dim, other, what, tensors)
            result.append(dim)
        return tuple(result)

    def _broadcast_dims(
        self, shapes: Sequence[tuple[Dim, ...]], back: int, a: Dim, b: Dim, what: str, tensors: Sequence[Tensor]
    ) -> Dim:
        a, b = self.store.dim(a), self.store.dim(b)
        same = equal(a, b)
        if same:
            return a
        if a == 1:
            return b
        if b == 1:
            return a
        more_than_one = less(1, a), less(1, b)
        if same is False and more_than_one == (True, True):
            self._broadcast_failure(shapes, back, a, b, what, tensors)
        if more_than_one == (True, True):
            if self.store.equate(a, b) is False:
                self._broadcast_failure(shapes, back, a, b, what, tensors)
            return self.store.dim(a)
        if more_than_one[0]:
            return a
        if more_than_one[1]:
            return b
        if less(0, a) is not True or less(0, b) is not True:
            raise NotKnown  # against a size of 1, one of 0 stays 0
        # Legal only where they are equal or one of them is 1, so the larger is the result.
        from shapelens.dims import maximum

        return maximum(a, b)

    def _broadcast_failure(
        self, shapes: Sequence[tuple[Dim, ...]], back: int, a: Dim, b: Dim, what: str, tensors: Sequence[Tensor]
    ) -> NoReturn:
        listed = " and ".join(shape_text(self.store.dims(s)) for s in shapes)
        self.conflict = a, b
        self.fail(
            "broadcast-mismatch",
            f"{what or self.name}: {listed} cannot be broadcast: "
            f"{self.dim_text(a)} against {self.dim_text(b)} in dim -{back}",
            *tensors,
        )

    def fresh(self, name: str, minimum: int = 1) -> Expr:
        """A dim that depends on data."""
        return symbol(name, minimum)

    # -- arguments -----------------------------------------------------------------------------------------------

    def tensor(self, value: object) -> Tensor:
        """The value as a tensor; an open parameter is taught to be one. NotKnown for anything else."""
        if type(value) is Tensor:
            return value
        value = self.store.value(value)
        if isinstance(value, Tensor):
            return value
        if type(value) is Unknown:
            return self.store.open_tensor(value)
        raise NotKnown

    def dim(self, value: object) -> Dim:
        """The value as a dim: an int, a symbolic dim, or a symbol that stands for an unknown int."""
        kind = type(value)
        if kind is int:
            return value  # type: ignore[return-value]
        if isinstance(value, Expr):
            return self.store.dim(value)
        if kind is bool:
            return int(value)  # type: ignore[call-overload,no-any-return]
        value = self.store.value(value)
        if isinstance(value, (int, Expr)):
            return value
        if type(value) is Tensor and isinstance(value.scalars, (int, Expr)):  # tf.shape(x)[0]
            return self.store.dim(value.scalars)
        if type(value) is Unknown or isinstance(value, Scalar) and value.type == "int":
            if isinstance(value.why, tuple):
                raise NotKnown  # a whole shape, or a dtype: no int
            return self.store.dim_of(value)
        if isinstance(value, Tensor) and value.library == "numpy" and value.shape == () and value.dtype in INTEGERS:
            if value.scalars is None:
                value.scalars = self.fresh("n", 0)  # an int that only the run knows, the same each time
            if isinstance(value.scalars, (int, Expr)):
                return value.scalars
        raise NotKnown

    def ints(self, value: object, n: int | None = None) -> tuple[Dim, ...]:
        """A size argument: one int stands for `n` equal ones (with n None: for a tuple of one)."""
        if isinstance(value, (tuple, list)):
            if isinstance(value, List) and value.rest is not None:
                raise NotKnown
            found = tuple([self.dim(v) for v in value])
            if n is not None and len(found) == 1:
                return found * n
            if n is not None and len(found) != n:
                raise NotKnown
            return found
        if isinstance(value, Tensor) and isinstance(value.scalars, (list, tuple)):
            return self.ints(value.scalars, n)
        if n is None and isinstance(value, Unknown) and not isinstance(value, Scalar):
            raise NotKnown  # an int or several
        return (self.dim(value),) * (1 if n is None else n)

    def known_ints(self, value: object, n: int | None = None) -> tuple[int, ...]:
        """As `ints`, but each must be a known int."""
        found = self.ints(value, n)
        if not all(isinstance(d, int) for d in found):
            raise NotKnown
        return found  # type: ignore[return-value]

    def dtype(self, value: object, default: str | None = None) -> str | None:
        """A dtype argument as a name; the default where it was left out; None where it is unknown."""
        if value is None:
            return default
        if isinstance(value, Lib):
            name = ALIASES.get(value.name, value.name)
            return name if name in NAMES else None
        if isinstance(value, str):
            name = value.rpartition(".")[2]
            name = ALIASES.get(name, name)
            return name if name in NAMES else None
        if value is float:
            return "float64"  # Python's float, for torch as for NumPy
        if value is int:
            return "int64"
        return "bool" if value is bool else None

    def tensors(self, value: object) -> tuple[Tensor, ...]:
        """A known sequence of tensors."""
        if isinstance(value, List) and value.rest is not None:
            raise NotKnown
        if isinstance(value, (tuple, list)):
            return tuple([self.tensor(v) for v in value])
        raise NotKnown

    def child(self, layer: Instance, name: str) -> Any:
        """An attribute of a layer, resolved; NotKnown where it is missing."""
        if name not in layer.attrs:
            raise NotKnown
        return self.store.value(layer.attrs[name])


# What NumPy says of numbers where it wants arrays.
_OF_RANK = frozenset(("rank-mismatch", "index-out-of-range", "axis-out-of-range", "concat-mismatch", "stack-mismatch"))


def _no_invoke(*_: object, **__: object) -> NoReturn:
    raise NotKnown


def _no_tick() -> None:
    return None


def _no_warn(_: Failure) -> None:
    return None


def flat(items: Iterable[Any]) -> list[Any]:
    """One level of nesting removed: the `view(2, 3)` and `view((2, 3))` forms give the same list."""
    listed = list(items)
    if len(listed) == 1 and type(listed[0]) is Unknown:
        raise NotKnown  # one size, or a tuple of them
    if len(listed) == 1 and isinstance(listed[0], (tuple, list)):
        if isinstance(listed[0], List) and listed[0].rest is not None:
            raise NotKnown
        return list(listed[0])
    return listed
