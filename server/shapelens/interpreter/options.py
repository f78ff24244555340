"""argparse: the options that a program declares, and what their defaults say of sizes.

What is given on the command line is not known. A whole number whose default is at least 1 is a dim of the option's name, of
which the default is assumed, as comments are believed, until a layer says otherwise. `parse_args([])` gives the defaults.
"""

from __future__ import annotations

import ast
from typing import Any

from shapelens.interpreter.machine import Frame, Machine
from shapelens.interpreter.natives import native
from shapelens.values import UNKNOWN, Dict, Instance, Lib, Scalar

_PARSER = Lib("argparse.ArgumentParser")
_SPACE = Lib("types.SimpleNamespace")
_FLAGS = {"store_true": False, "store_false": True}


@native("argparse.ArgumentParser")
def _parser(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    made = Instance(_PARSER, {"_options": Dict()})
    if "parents" in kwargs or "argument_default" in kwargs:
        made.attrs["?"] = True
    return made


@native("argparse.ArgumentParser.add_argument_group", "argparse.ArgumentParser.add_mutually_exclusive_group")
def _group(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return args[0] if args else UNKNOWN


@native("argparse.ArgumentParser.add_argument")
def _add(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    parser, names = args[0], [name for name in args[1:] if isinstance(name, str)]
    table = parser.attrs.get("_options") if isinstance(parser, Instance) else None
    if not isinstance(table, Dict):
        return UNKNOWN
    long = next((name for name in names if name.startswith("--")), names[0] if names else "")
    target = kwargs.get("dest", long.lstrip("-").replace("-", "_"))
    m.touch(table)
    if not isinstance(target, str) or not target or len(names) != len(args) - 1:
        parser.attrs["?"] = True
    else:
        table[target] = Dict(kwargs)
    return UNKNOWN


@native("argparse.ArgumentParser.set_defaults", "argparse.ArgumentParser.add_subparsers")
def _unread(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if args and isinstance(args[0], Instance):
        m.touch(args[0])
        args[0].attrs["?"] = True
    return UNKNOWN


@native("argparse.ArgumentParser.parse_args")
def _parse(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    held = args[0].attrs if args and isinstance(args[0], Instance) else {}
    table = held.get("_options")
    if not isinstance(table, Dict) or table.rest is not None or "?" in held or len(args) > 2:
        return UNKNOWN
    given = m.store.value(args[1] if len(args) == 2 else kwargs.get("args"))
    is_empty = isinstance(given, list) and not given and getattr(given, "rest", None) is None
    return Instance(_SPACE, {name: _value(m, name, how, is_empty) for name, how in table.items()})


@native("argparse.ArgumentParser.parse_known_args")
def _parse_known(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return _parse(m, f, node, args, kwargs), UNKNOWN


def _value(m: Machine, name: str, how: Any, is_default: bool) -> Any:
    """What an option holds, by what it was declared with."""
    if not isinstance(how, Dict):
        return UNKNOWN
    action, default = how.get("action"), how.get("default")
    if action in _FLAGS:
        default = how.get("default", _FLAGS[action])
        return default if is_default else Scalar("bool")
    if is_default:
        return default
    if type(default) is int and default >= 1 and how.get("nargs") is None and action is None:
        return m.store.state(name, default)
    return UNKNOWN
