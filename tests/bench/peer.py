"""The other server: pyrefly with its stubs of torch, in an environment of its own."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

_PACKAGES = ("pyrefly==1.4.1", "pyrefly-shape-extensions==1.4.0")
_STUBS = ("pyrefly-torch-stubs==1.4.0", "pyrefly-numpy-stubs==1.4.0", "pyrefly-einops-stubs==1.4.0")
_SETTINGS = 'python-version = "3.13"\nskip-interpreter-query = true\nsite-package-path = [{paths}]\n'


def prepared(root: Path) -> list[str]:
    """The command that starts the server on a workspace; its environment is made once and kept in the temporary folder."""
    folder = Path(tempfile.gettempdir(), "shapelens-bench-peer")
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        print(f"installing {_PACKAGES[0]} with its stubs into {folder}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*install, *_PACKAGES], check=True)
        subprocess.run([*install, "--no-deps", "--ignore-requires-python", *_STUBS], check=True)
        (folder / "complete").touch()
    own = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    paths = ", ".join(f'"{path}"' for path in (own, sysconfig.get_path("purelib")))
    (root / "pyrefly.toml").write_text(_SETTINGS.format(paths=paths))
    return [str(folder / "bin" / "pyrefly"), "lsp"]
