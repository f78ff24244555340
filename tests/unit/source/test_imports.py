"""From names to files, as the interpreter would find them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from shapelens.source.environments import Environment, find_environment
from shapelens.source.imports import ModuleFile, Resolver


def files(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    return files(
        tmp_path / "site",
        "torch/__init__.py",
        "torch/nn/__init__.py",
        "torch/nn/functional.py",
        "torch/_C.cpython-310-x86_64-linux-gnu.so",
        "torch/fast.py",
        "torch/fast.pyx",
        "torch/fast.cpython-310-x86_64-linux-gnu.so",
        "torch/_VF.pyi",
        "compiled/__init__.pyd",
        "spaced/one/__init__.py",
        "alone.py",
        "stubs/__init__.pyi",
        "not-a-name.py",
        "a.b.py",
    )


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return files(
        tmp_path / "work",
        "train.py",
        "models/__init__.py",
        "models/net.py",
        "models/types.py",
        "models/blocks/__init__.py",
        "models/blocks/conv.py",
        "scripts/run.py",
        "scripts/helper.py",
        "src/inner/__init__.py",
        "src/inner/deep.py",
        "spaced/two.py",
        "loose/piece.py",
    )


@pytest.fixture
def resolver(packages: Path, work: Path) -> Resolver:
    environment = Environment(None, (str(packages),), (3, 10), "chosen", {"edited": str(work / "src" / "inner")})
    return Resolver(environment, [work])


@pytest.mark.parametrize(
    ("module", "importer", "level", "expected"),
    [
        ("torch", "train.py", 0, "site/torch/__init__.py"),
        ("torch.nn.functional", "train.py", 0, "site/torch/nn/functional.py"),
        ("alone", None, 0, "site/alone.py"),
        ("torch.fast", None, 0, "site/torch/fast.py"),
        ("torch._VF", None, 0, "site/torch/_VF.pyi"),
        ("stubs", None, 0, "site/stubs/__init__.pyi"),
        ("models", "train.py", 0, "work/models/__init__.py"),
        ("models.net", "scripts/run.py", 0, "work/models/net.py"),
        ("helper", "scripts/run.py", 0, "work/scripts/helper.py"),
        ("inner.deep", "train.py", 0, "work/src/inner/deep.py"),
        ("loose.piece", "train.py", 0, "work/loose/piece.py"),
        ("spaced.one", "train.py", 0, "site/spaced/one/__init__.py"),
        ("spaced.two", "train.py", 0, "work/spaced/two.py"),
        ("edited.deep", "train.py", 0, "work/src/inner/deep.py"),
        ("models.net", "models/blocks/conv.py", 0, "work/models/net.py"),
        ("net", "models/blocks/conv.py", 1, None),
        ("net", "models/blocks/conv.py", 2, "work/models/net.py"),
        ("conv", "models/blocks/__init__.py", 1, "work/models/blocks/conv.py"),
        ("", "models/net.py", 1, "work/models/__init__.py"),
        ("blocks.conv", "models/__init__.py", 1, "work/models/blocks/conv.py"),
        ("conv", "models/blocks/conv.py", 0, "work/models/blocks/conv.py"),
        ("helper", "train.py", 0, None),
        ("nowhere", "train.py", 0, None),
        ("torch.nowhere", "train.py", 0, None),
        ("alone.nowhere", "train.py", 0, None),
        ("torch..nn", "train.py", 0, None),
        ("", "train.py", 0, None),
        ("a\0b", "train.py", 0, None),
        ("net", None, 1, None),
        ("x", "train.py", 99, None),
    ],
)
def test_files(
    resolver: Resolver, tmp_path: Path, module: str, importer: str | None, level: int, expected: str | None
) -> None:
    for _ in range(2):
        found = resolver.find(module, tmp_path / "work" / importer if importer else None, level)
        assert (found.path if found else None) == (tmp_path / expected if expected else None)
    if found and not level and module != "conv":
        assert found.name == module
    if found and found.path:
        assert found.is_package == (found.path.stem == "__init__")
        assert found.is_stub == (found.path.suffix == ".pyi")
        assert found.search == ((found.path.parent,) if found.is_package else ())


def test_modules_without_source(resolver: Resolver, packages: Path, work: Path) -> None:
    assert resolver.find("torch._C", None) == ModuleFile("torch._C", None, False)
    assert resolver.find("compiled", None) == ModuleFile("compiled", None, True, False, (packages / "compiled",))
    assert resolver.find("spaced", None) == ModuleFile(
        "spaced", None, True, False, (work / "spaced", packages / "spaced")
    )
    assert resolver.find("sys", None) == ModuleFile("sys", None, False)


def test_relative_names_are_whole(resolver: Resolver, work: Path) -> None:
    found = resolver.find("net", work / "models" / "blocks" / "conv.py", 2)
    assert found is not None
    assert found.name == "models.net"


def test_a_package_does_not_see_its_files_as_top_level_modules(resolver: Resolver, work: Path) -> None:
    files(work.parent / "site", "types.py")
    found = resolver.find("types", work / "models" / "net.py")
    assert found is not None
    assert found.path == work.parent / "site" / "types.py"


def test_what_changed_on_disk_is_seen_when_told(resolver: Resolver, work: Path) -> None:
    assert resolver.find("models.later", None) is None
    assert resolver.find("fresh.sub", None) is None
    files(work, "models/later.py", "fresh/__init__.py", "fresh/sub.py")
    assert resolver.find("models.later", None) is None
    resolver.invalidate([work / "models" / "later.py", work / "fresh" / "sub.py"])
    assert resolver.find("models.later", None) is not None
    assert resolver.find("fresh.sub", None) is not None
    (work / "models" / "later.py").unlink()
    resolver.invalidate()
    assert resolver.find("models.later", None) is None


def test_module_names(resolver: Resolver, work: Path) -> None:
    assert resolver.module_name_of(work / "train.py") == "train"
    assert resolver.module_name_of(work / "models" / "blocks" / "conv.py") == "models.blocks.conv"
    assert resolver.module_name_of(work / "models" / "__init__.py") == "models"


NAMES = ["json", "json.decoder", "xml.dom.minidom", "math", "os.path", "pytest", "_pytest.fixtures"]


@pytest.mark.parametrize(
    "name", [*NAMES, "hypothesis.strategies", "nowhere", "json.nowhere", "email.mime", "itertools"]
)
def test_the_real_environment(name: str) -> None:
    resolver = Resolver(find_environment(None, sys.executable), [])
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        spec = None
    found = resolver.find(name, None)
    if name == "os.path":
        # Not a file of that name: os puts it into sys.modules.
        assert found is None
    elif spec is None:
        assert found is None
    else:
        assert found is not None
        has_source = spec.origin and spec.origin.endswith(".py")
        assert found.path == (Path(spec.origin) if has_source and spec.origin else None)


def test_jedi_is_the_second_opinion(resolver: Resolver, work: Path) -> None:
    mark = work / "ran"
    (work / "models" / "__init__.py").write_text(f"open({str(mark)!r}, 'w')\n")
    (work / "loose" / "broken.so").write_bytes(b"no library")
    found = resolver.resolve_slow("models.net", work / "train.py")
    assert found is not None
    assert found.path == work / "models" / "net.py"
    assert resolver.resolve_slow("models.nowhere", work / "train.py") is None
    assert resolver.resolve_slow("a b", None) is None
    assert resolver.resolve_slow("models", work / "train.py") is not None
    assert resolver.resolve_slow("loose.broken", work / "train.py") is None
    assert not mark.exists()
