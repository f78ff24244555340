"""What is not a tensor and not a plain Python object: library names, classes, functions, instances, unknowns."""

from __future__ import annotations

import itertools
from typing import Any

from shapelens.values.tensor import Origin

serials = itertools.count(1)


class Hole:
    """The unknown value of a parameter that nobody called with: what uses it may teach what it is (see Store).

    `computed`: it is no parameter, but a name that an unknown result was assigned to. `method_of`: the unknown object
    of which it is what tensors have as a method and modules as a part, and the name of that.
    """

    __slots__ = ("computed", "method_of", "name", "serial")

    def __init__(self, name: str, computed: bool = False) -> None:
        self.name, self.serial, self.computed = name, next(serials), computed
        self.method_of: tuple[Unknown, str] | None = None


class Unknown:
    """Nothing is known. `hole` is set where using the value may teach it; `why` is for a hover.

    `relation` is set on the truth of an undecided comparison of dims, so that the surviving branch can learn it.
    """

    __slots__ = ("hole", "relation", "why")

    def __init__(
        self, why: str = "", hole: Hole | None = None, relation: tuple[str, object, object] | None = None
    ) -> None:
        self.why, self.hole, self.relation = why, hole, relation

    def __repr__(self) -> str:
        return f"Unknown({self.why!r})"


UNKNOWN = Unknown()


class Scalar(Unknown):
    """A plain Python value of a known type ("int", "float", "bool", "str") whose value is not known."""

    __slots__ = ("type",)

    def __init__(self, type: str, why: str = "", relation: tuple[str, object, object] | None = None) -> None:
        super().__init__(why, None, relation)
        self.type = type

    def __repr__(self) -> str:
        return f"Scalar({self.type})"


# Why a Scalar is one that may be an array too: a function of NumPy of something unknown.
MAYBE_ARRAY = "a number or an array"


class Alias(Unknown):
    """A type that says shapes, `Float[Tensor, "b c"]`, not read yet: the expression and the frame that it stands in."""

    __slots__ = ("frame", "node")

    def __init__(self, node: Any, frame: Any) -> None:
        super().__init__()
        self.node, self.frame = node, frame


class Ratio(Scalar):
    """The float `numerator / denominator` of two dims, so that `int(H / 2)` is still exact."""

    __slots__ = ("denominator", "numerator")

    def __init__(self, numerator: Any, denominator: Any) -> None:
        super().__init__("float")
        self.numerator, self.denominator = numerator, denominator


class Uneven(Scalar):
    """How many batches a loader gives (`count`, a dim or None), the last of which may be smaller than the others."""

    __slots__ = ("count",)

    def __init__(self, count: Any) -> None:
        super().__init__("int")
        self.count = count


def turns(count: Any) -> Any:
    """A number of elements, be they all alike or not."""
    return count.count if isinstance(count, Uneven) else count


class Choice:
    """One of a few values, which one depends on the run: what two branches left in one name."""

    __slots__ = ("values",)

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.values = values

    def __repr__(self) -> str:
        return f"Choice{self.values!r}"


class Iter:
    """An iterator over known items that were computed already, such as a generator's; `rest` as in List."""

    __slots__ = ("born", "items", "position", "rest", "result")

    def __init__(self, items: Any, rest: object | None = None) -> None:
        self.items, self.position, self.rest = list(items), 0, rest
        self.result: Any = None
        self.born = next(serials)


class Super:
    """super(): looks attributes up behind `cls` in the method resolution order of `receiver`."""

    __slots__ = ("cls", "receiver")

    def __init__(self, cls: Any, receiver: Any) -> None:
        self.cls, self.receiver = cls, receiver


class Plain:
    """A method of a plain Python object, not called yet."""

    __slots__ = ("name", "receiver")

    def __init__(self, receiver: Any, name: str) -> None:
        self.receiver, self.name = receiver, name


class Lib:
    """A name of a library that is known by rules: `torch.nn.Conv2d`. Interned: equal paths are one object."""

    __slots__ = ("name", "path")
    _all: dict[str, Lib] = {}

    path: str
    name: str

    def __new__(cls, path: str) -> Lib:
        found = cls._all.get(path)
        if found is None:
            found = object.__new__(cls)
            found.path, found.name = path, path.rpartition(".")[2]
            cls._all[path] = found
        return found

    def __reduce__(self) -> tuple[type[Lib], tuple[str]]:
        return Lib, (self.path,)

    def __repr__(self) -> str:
        return f"Lib({self.path})"


class List(list[Any]):
    """A list made by the program. `rest` is None, or what further elements (an unknown number of them) look like.

    `others` are the lists of which it is one where it is not known which one: what changes it may change any of them.
    """

    __slots__ = ("born", "count", "held", "others", "rest")

    def __init__(self, items: Any = ()) -> None:
        super().__init__(items)
        self.rest: object | None = None
        self.count: object | None = None  # type: ignore[assignment]
        self.held = False
        self.others: tuple[List, ...] = ()
        self.born = next(serials)


class Dict(dict[Any, Any]):
    """A dict made by the program. `rest` is None, or what the values under further, unknown keys look like.

    `factory` is a defaultdict's, called for a key that is not there.
    """

    __slots__ = ("born", "factory", "held", "rest")

    def __init__(self, items: Any = ()) -> None:
        super().__init__(items)
        self.rest: object | None = None
        self.factory: object | None = None
        self.held = False
        self.born = next(serials)


class Children(Dict):
    """What `module._modules` gives: a write to it is one to the module."""

    __slots__ = ("owner",)

    def __init__(self, owner: Instance, items: Any) -> None:
        super().__init__(items)
        self.owner = owner


class Globals(Dict):
    """What `globals()` gives: a write to it is one to the module's names."""

    __slots__ = ("scope",)

    def __init__(self, scope: dict[str, Any], items: Any) -> None:
        super().__init__(items)
        self.scope = scope


class Many:
    """An iterable of an unknown number of elements that all look like `element`; `length` a dim, or None.

    `last` is None, or what the last one looks like where it differs: the batch of what is left over, and its size.
    """

    __slots__ = ("element", "last", "length")

    def __init__(self, element: object, length: object | None = None, last: tuple[object, str] | None = None) -> None:
        self.element, self.length, self.last = element, length, last

    def __repr__(self) -> str:
        return f"Many({self.element!r})"


class PyModule:
    """A Python module that is followed from source. `namespace` is filled by the interpreter.

    `found` keeps what names mean that it imports and that were looked up.
    """

    __slots__ = ("born", "found", "is_package", "name", "namespace", "path", "state")

    def __init__(self, name: str, path: str | None, is_package: bool = False) -> None:
        self.name, self.path, self.is_package = name, path, is_package
        self.namespace: dict[str, Any] = {}
        self.found: dict[object, Any] = {}
        self.state = "running"  # "new": its statements have not run yet; "done"
        self.born = next(serials)

    def __repr__(self) -> str:
        return f"PyModule({self.name})"


class Function:
    """A function of the program: its ast node, the scopes around it, its defaults."""

    __slots__ = (
        "attrs", "born", "cells", "code", "defaults", "kind", "kw_defaults", "module", "name", "node", "owner",
        "qualname",
    )  # fmt: skip

    def __init__(
        self,
        node: Any,
        name: str,
        module: PyModule,
        cells: Any,
        defaults: tuple[Any, ...] = (),
        kw_defaults: dict[str, Any] | None = None,
        owner: Class | None = None,
        qualname: str = "",
    ) -> None:
        self.node, self.name, self.module, self.cells = node, name, module, cells
        self.defaults, self.kw_defaults, self.owner = defaults, kw_defaults or {}, owner
        self.qualname = qualname or name
        self.attrs: dict[str, Any] = {}
        self.born = next(serials)
        self.code: Any = None

    def __repr__(self) -> str:
        return f"Function({self.qualname})"


class Bound:
    """A function or library callable with its first argument."""

    __slots__ = ("function", "receiver")

    def __init__(self, function: object, receiver: object) -> None:
        self.function, self.receiver = function, receiver

    def __repr__(self) -> str:
        return f"Bound({self.function!r}, {self.receiver!r})"


class Partial:
    """functools.partial."""

    __slots__ = ("args", "born", "function", "keywords")

    def __init__(self, function: object, args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        self.function, self.args, self.keywords = function, args, keywords
        self.born = next(serials)


class Descriptor:
    """property, classmethod, staticmethod, cached_property: `kind` says which."""

    __slots__ = ("function", "kind", "setter")

    def __init__(self, kind: str, function: object, setter: object = None) -> None:
        self.kind, self.function, self.setter = kind, function, setter


class Class:
    """A class of the program. `mro` ends where Python's would, library bases being `Lib`s, unknown ones UNKNOWN."""

    __slots__ = ("attrs", "bases", "born", "fields", "kind", "module", "mro", "name", "node", "origin", "qualname")

    def __init__(
        self,
        name: str,
        bases: tuple[Any, ...],
        attrs: dict[str, Any],
        module: PyModule,
        node: Any = None,
        origin: Origin | None = None,
        qualname: str = "",
    ) -> None:
        self.name, self.bases, self.attrs, self.module, self.node = name, bases, attrs, module, node
        self.origin, self.qualname = origin, qualname or name
        self.mro: tuple[Any, ...] = ()
        self.kind = ""  # "dataclass", "enum", "namedtuple"
        self.fields: tuple[Any, ...] = ()
        self.born = next(serials)

    def __repr__(self) -> str:
        return f"Class({self.qualname})"


class Instance:
    """An object of a class of the program or of a library (`cls` is a Class or a Lib), with its attributes.

    Layers are instances whose `cls` is, or inherits from, a Lib such as `torch.nn.Conv2d`; the layer's configuration
    lies in `attrs` under the names that PyTorch gives it, as do submodules (in order) and parameters.
    """

    __slots__ = ("attrs", "born", "cls", "fingerprint", "origin", "payload")

    def __init__(self, cls: Class | Lib, attrs: dict[str, Any] | None = None, origin: Origin | None = None) -> None:
        self.cls, self.origin = cls, origin
        self.attrs: dict[str, Any] = {} if attrs is None else attrs
        self.born = next(serials)
        self.fingerprint: Any = None
        self.payload: Any = None  # the plain value of an Enum member, a tuple/dict/list/str subclass instance …

    def __repr__(self) -> str:
        name = self.cls.name if isinstance(self.cls, (Class, Lib)) else self.cls
        return f"Instance({name})"


class Exceptional(Exception):
    """A Python exception that the interpreted program raises: `problem` is its text, where that is known.

    `place`, `node` and `callsites` say where: the statement, and the calls that led there. It is `certain` where every
    run raises it there, so that one which nothing catches is a problem of the program.
    """

    def __init__(self, name: str, value: object = None, problem: object = None) -> None:
        super().__init__(name)
        self.name, self.value, self.problem = name, value, problem
        self.place: Any = None
        self.node: Any = None
        self.callsites: tuple[Any, ...] = ()
        self.certain = False
        self.is_known = True  # whether it is one that the program names, rather than a value that nobody knows
