"""Imports: library names that rules know, and modules that are followed from their source.

Following is lazy: `from package import name` in a followed module is only looked up when the name is used, and a
module's statements run when something of it is first asked for.
"""

from __future__ import annotations

import ast
import sys
from functools import lru_cache, partial
from typing import Any

from shapelens.interpreter import attributes
from shapelens.interpreter.machine import STATEMENT_FUEL, Frame, Machine, Place
from shapelens.rules import registry
from shapelens.source.tree import Chunk
from shapelens.values import UNKNOWN, Choice, Class, Exceptional, Lib, PyModule, Unknown

# Libraries that are known by rules, never followed from source.
RULED = frozenset(("torch", "numpy", "einops", "tensorflow", "keras", "jaxtyping", "torchtyping", "sklearn"))
# Parts of a library that is otherwise followed, and PIL: what a torchvision dataset gives is a `PIL.Image.Image`.
RULED_PARTS = ("torchvision.datasets", "torchvision.transforms", "PIL")
# What is followed of a library that is known by rules: models that are made of its layers. By Keras' older names too.
FOLLOWED_PARTS = ("keras.applications", "keras.src.applications")
_FORMER = ("tensorflow.keras.applications", "tensorflow.python.keras.applications", "keras.api.applications")
_STDLIB = frozenset(sys.stdlib_module_names)
MISSING = object()


class Later:
    """A name of another module that a followed module imported and nobody has used yet."""

    __slots__ = ("module", "name")

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


def is_library(name: str) -> bool:
    """Whether a module is known by its name alone."""
    top = name.partition(".")[0]
    return (top in RULED or top in _STDLIB or is_ruled_part(name)) and not is_followed_part(name)


def is_followed_part(name: str) -> bool:
    """Whether a module is followed although its package is known by rules."""
    return any(name == part or name.startswith(f"{part}.") for part in FOLLOWED_PARTS)


def present_name(name: str) -> str:
    """The name that a followed part has today."""
    for former in _FORMER:
        if name == former or name.startswith(f"{former}."):
            return FOLLOWED_PARTS[0] + name[len(former) :]
    return name


def of_followed_part(m: Machine, f: Frame, path: str) -> Any:
    """What `keras.applications.VGG16`, reached by attributes, stands for; None where it cannot be followed."""
    module, _, name = path.rpartition(".")
    target = m.load_module(module, f.module.path)
    if target is None:
        return None
    found = member(m, target, name)
    return None if found is MISSING else found


@lru_cache(maxsize=4096)
def is_ruled_part(name: str) -> bool:
    """Whether a module belongs to the part of a package that is known by rules."""
    return any(name == part or name.startswith(f"{part}.") for part in RULED_PARTS)


# Libraries with arrays of their own, which look like those that rules know and are not.
_FOREIGN = frozenset("mxnet jax paddle mindspore oneflow cupy dask chainer theano tinygrad mlx xarray pandas".split())
_MATRICES = ("scipy.sparse", "numpy.matrix", "numpy.mat")


def tensor_libraries(f: Frame) -> tuple[str, ...]:
    """Whose tensors a function may take, as far as the names tell that it uses, and those of its module.

    Where nothing else is said they are torch's, and those of a layer are its library's. None at all: of a library that is
    not known. A function of a module that has torch, which uses NumPy alone, may take either's.
    """
    has = libraries_of(f.module)
    sparse = ("numpy",) if "sparse" in has else ()
    uses: frozenset[str] = frozenset()
    if f.function is not None and not (isinstance(f.function.owner, Class) and _is_layer_class(f.function.owner)):
        uses = _libraries_used(f.function.node, f.module)
    for library in _TENSOR_LIBRARIES:
        if library in uses or library in has and not uses & _WITH_ARRAYS:
            return (library, *sparse)
    if "numpy" in uses or "numpy" in has:
        others = tuple(library for library in _TENSOR_LIBRARIES if library in has)
        return ("numpy", *others) if others or not sparse else ()
    return () if "foreign" in has | uses else ("torch",)


def tensor_library(f: Frame) -> str | None:
    """The only library whose tensors a function may take."""
    found = tensor_libraries(f)
    return found[0] if len(found) == 1 else None


_TENSOR_LIBRARIES = ("torch", "tensorflow")
_WITH_ARRAYS = frozenset((*_TENSOR_LIBRARIES, "numpy"))


def _is_layer_class(cls: Class) -> bool:
    return any(isinstance(base, Lib) and base.path.startswith(_LAYERS) for base in cls.mro)


_LAYERS = ("torch.nn.", "keras.", "tensorflow.keras.")


def _kind_of_library(path: str) -> str:
    top = path.partition(".")[0]
    if path.startswith(_MATRICES):
        return "sparse"
    if top in _FOREIGN:
        return "foreign"
    if path.endswith(".numpy"):  # autograd.numpy
        return "numpy"
    return "tensorflow" if top == "keras" else top


def libraries_of(module: PyModule) -> frozenset[str]:
    """The libraries that names of a module stand for just now."""
    found: frozenset[str] | None = module.found.get("libraries")
    if found is None:
        values = module.namespace.values()
        paths = [v.path if isinstance(v, Lib) else v.module for v in values if isinstance(v, (Lib, Later))]
        found = frozenset(map(_kind_of_library, paths))
        if module.state == "done":  # else a name may yet come to stand for something else
            module.found["libraries"] = found
    return found


def _libraries_used(node: ast.AST, module: PyModule) -> frozenset[str]:
    """The libraries that the names in a function's body stand for, scipy's matrices if its module speaks of them."""
    key = "names used", node
    names: frozenset[str] | None = module.found.get(key)
    if names is None:
        body = getattr(node, "body", [])
        parts: list[ast.AST] = body if isinstance(body, list) else [body]
        names = module.found[key] = frozenset(n.id for p in parts for n in ast.walk(p) if isinstance(n, ast.Name))
    values = map(module.namespace.get, names)
    found = frozenset(_kind_of_library(value.path) for value in values if type(value) is Lib)
    return found | (libraries_of(module) & {"sparse"})


def absolute_name(f: Frame, module: str, level: int) -> str:
    """The full name of a relative import."""
    if level == 0:
        return module
    parts = f.module.name.split(".")
    if not f.module.is_package:
        parts = parts[:-1]
    parts = parts[: len(parts) - (level - 1)]
    return ".".join([*parts, module] if module else parts)


def member(m: Machine, module: PyModule, name: str) -> Any:
    """What a module has under a name: its own, what it star-imported, a submodule; MISSING where it has none."""
    found = module.namespace.get(name, MISSING)
    if found is MISSING and module.state == "new":
        m.execute(module)
        found = module.namespace.get(name, MISSING)
    if found is not MISSING and type(found) is not Later:
        return found
    # What is looked up once is kept apart from the namespace: a branch of the program may be what asked first, and
    # its namespace is joined with those of the others.
    key = found if type(found) is Later else name
    held = module.found.get(key, MISSING)
    if held is MISSING:
        held = resolved(m, module, found) if type(found) is Later else _imported_member(m, module, name)
        if held is not MISSING:
            module.found[key] = held
    return held


def _imported_member(m: Machine, module: PyModule, name: str) -> Any:
    """A name that a module has without having bound it: by `from x import *`, or as a submodule."""
    for star in _stars(module.namespace) if "*" in module.namespace else ():
        target = m.load_module(star, module.path)
        if target is not None and target is not module and m.may_bind(target, name):
            found = member(m, target, name)
            if found is not MISSING:
                return found
    if is_ruled_part(f"{module.name}.{name}"):
        return Lib(f"{module.name}.{name}")
    if not module.is_package:
        return MISSING
    found = m.load_module(f"{module.name}.{name}", module.path)
    if found is not None:
        return found
    # A package that imports its parts when they are asked for tells type checkers where they are.
    told = m.loader.typed_import(module, name)
    if told is None:
        return _typed_star_member(m, module, name)
    full = _from_package(module, told[0], told[2])
    return MISSING if full == module.name else resolved(m, module, Later(full, told[1]))


def _from_package(package: PyModule, name: str, level: int) -> str:
    """The full name of what a package imports from."""
    parts = package.name.split(".")
    base = ".".join(parts[: len(parts) - level + 1]) if level else ""
    return ".".join(part for part in (base, name) if part)


# Of more modules than that, only those are looked at that are called as the name begins.
_MOST_STARS = 24


def _typed_star_member(m: Machine, module: PyModule, name: str) -> Any:
    """A name that a package tells type checkers to be among all those of some of its parts."""
    stars = [_from_package(module, *star) for star in m.loader.typed_stars(module)]
    if len(stars) > _MOST_STARS:
        plain = name.lower()
        related = [star for star in stars if plain.startswith(star.rpartition(".")[2].replace("_", ""))]
        stars = sorted(related, key=len, reverse=True)
    for star in stars:
        target = m.load_module(star, module.path)
        if target is not None and target is not module and m.may_bind(target, name):
            found = member(m, target, name)
            if found is not MISSING:
                return found
    return MISSING


def resolved(m: Machine, module: PyModule, later: Later) -> Any:
    """What an import that was put off stands for."""
    if is_ruled_part(later.module):
        return attributes.of_lib(Lib(later.module), later.name)
    if is_ruled_part(f"{later.module}.{later.name}"):
        return Lib(f"{later.module}.{later.name}")
    target = m.load_module(later.module, module.path)
    if target is None:
        return attributes.of_lib(Lib(later.module), later.name)
    child = None
    held = target.namespace.get(later.name)
    own = type(held) is Later and (held.module, held.name) == (later.module, later.name)
    if target.is_package and (own or target.state != "done" and not m.may_bind(target, later.name)):
        # What a package's `__init__` does not bind is a submodule: it need not run for that.
        child = m.load_module(f"{later.module}.{later.name}", module.path)
    if child is not None:
        return child
    if own:
        return Unknown(later.name)
    value = member(m, target, later.name)
    return Unknown(later.name) if value is MISSING else value


def loaded(m: Machine, f: Frame, name: Any) -> Any:
    """`sys.modules[name]`."""
    if not isinstance(name, str):
        return UNKNOWN
    if name in ("__main__", f.module.name, f.module.namespace.get("__name__")):
        return f.module
    return imported(m, f, name, True)


def imported(m: Machine, f: Frame, name: str, whole: bool) -> Any:
    """`import a.b` (the top package) or, with `whole`, `import a.b as c`."""
    name = present_name(name)
    top = name.partition(".")[0]
    shown = name if whole else top
    if is_library(shown):
        return Lib(shown)
    found = m.load_module(shown, f.module.path)
    return Lib(shown) if found is None else found


def imported_name(m: Machine, f: Frame, module: str, name: str, level: int) -> Any:
    """`from module import name`."""
    full = present_name(absolute_name(f, module, level))
    if is_library(full) and level == 0 and not is_followed_part(f"{full}.{name}"):
        return attributes.of_lib(Lib(full), name)
    later = Later(full, name)
    if not f.place.focus and f.locals is f.module.namespace:
        return later
    return resolved(m, f.module, later)


def _stars(namespace: dict[str, Any]) -> tuple[str, ...]:
    """The modules whose names were imported by a star, in each of the branches that may have been taken."""
    held = namespace.get("*", ())
    ways = held.values if isinstance(held, Choice) else (held,)
    return tuple(dict.fromkeys(name for way in ways if isinstance(way, tuple) for name in way if isinstance(name, str)))


def import_star(m: Machine, f: Frame, module: str, level: int) -> None:
    """`from module import *`: looked through when a name is not found otherwise. A library's known names are bound."""
    full = absolute_name(f, module, level)
    if not is_library(full) or level:
        f.locals["*"] = (*_stars(f.locals), full)
        return
    path = registry.canonical(present_name(full))
    for name in (*registry.known_names(path), *_classes_below(path)):
        if not name.startswith("_"):
            f.locals[name] = attributes.of_lib(Lib(path), name)


def _classes_below(path: str) -> list[str]:
    return [name for parent, _, name in (each.rpartition(".") for each in registry.plain_bases) if parent == path]


_UNFINISHED = Unknown("unfinished")


def run_module(m: Machine, module: PyModule, chunks: tuple[Chunk, ...]) -> None:
    """Execute the statements of a followed module."""
    for chunk in chunks:
        run_chunk(m, module, Place(module.path or module.name, chunk, False))


def run_chunk(m: Machine, module: PyModule, place: Place) -> None:
    """Execute a chunk's statements one by one; one that fails does not stop those behind it."""
    from shapelens.interpreter.statements import run_block

    frame = Frame(module, place, module.namespace)
    for node in place.chunk.tree:
        try:
            if place.focus:
                run_block(m, [node], frame)
            elif m.within(STATEMENT_FUEL, partial(run_block, m, [node], frame), _UNFINISHED) is _UNFINISHED:
                for name in place.chunk.names_bound - {"*"}:
                    module.namespace[name] = Unknown(name)
        except Exceptional as error:
            if error.name == "SystemExit":
                break
            if place.focus:
                m.report_uncaught(error)
        except RecursionError:
            _give_up(m, module, place)
            break
    frame.exits.clear()
    m.suspended.clear()


def _give_up(m: Machine, module: PyModule, place: Place) -> None:
    """A statement is nested too deeply to be run: what it binds is unknown, and what it may have changed."""
    from shapelens.interpreter.calls import havoc

    m.unfinished += place.focus
    for name in place.chunk.names_used:
        if name in module.namespace:
            havoc(m, module.namespace[name])
    for name in place.chunk.names_bound - {"*"}:
        module.namespace[name] = Unknown(name)
