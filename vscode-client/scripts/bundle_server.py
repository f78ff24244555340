"""Puts the server, what it needs, and the pages of its rules into bundled/: pure Python only, nothing compiled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

CLIENT = Path(__file__).resolve().parents[1]
ROOT = CLIENT.parent
LIBS = CLIENT / "bundled" / "libs"
PAGES = CLIENT / "bundled" / "docs" / "rules"
PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet", "install")
OLDEST = "3.10"
COMPILED = (".so", ".pyd", ".dll", ".dylib", ".pyc")
UNUSED = ("jedi/third_party/*/stubs/*", "jedi/third_party/django-stubs", "*.dist-info/RECORD", "bin")
"""What no part of the server asks for: jedi's knowledge of packages that are not its own standard library."""


def install() -> None:
    """What requirements.txt lists, as the oldest Python wants it."""
    requirements = CLIENT / "bundled" / "requirements.txt"
    target = ("--target", str(LIBS), "--no-compile", "--no-deps", "--only-binary", ":all:", "--implementation", "py")
    platform = ("--abi", "none", "--platform", "any", "--python-version", OLDEST, "--requirement", str(requirements))
    subprocess.run([sys.executable, *PIP, *target, *platform], check=True)


def copy() -> None:
    """The server and the pages."""
    no_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "server" / "shapelens", LIBS / "shapelens", ignore=no_caches)
    shutil.copytree(ROOT / "docs" / "rules", PAGES, ignore=no_caches)


def check() -> None:
    """Raises SystemExit where something is compiled, or the server does not start."""
    compiled = [str(path) for path in LIBS.rglob("*") if path.suffix in COMPILED]
    if compiled:
        raise SystemExit(f"compiled files: {compiled}")
    code = "import shapelens.lsp.server, shapelens.analysis.session; print(shapelens.__file__)"
    found = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", f"import sys; sys.path.insert(0, {str(LIBS)!r}); {code}"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    ).stdout.strip()
    if not Path(found).is_relative_to(LIBS):
        raise SystemExit(f"the bundled server was not used, but {found}")


def main() -> None:
    for folder in (LIBS, PAGES.parent):
        shutil.rmtree(folder, ignore_errors=True)
    install()
    for pattern in UNUSED:
        for path in LIBS.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    copy()
    check()
    size = sum(path.stat().st_size for path in LIBS.rglob("*") if path.is_file())
    print(f"bundled {size / 1e6:.1f} MB into {LIBS.relative_to(CLIENT)}")


if __name__ == "__main__":
    main()
