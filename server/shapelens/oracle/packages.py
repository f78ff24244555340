"""Which versions of the libraries an environment has, read from their metadata: nothing is imported."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence

_METADATA = re.compile(
    r"(?P<name>.+?)-(?P<version>\d[^-]*)(?:-py[\d.]+(?:-.+)?)?\.(?:dist-info|egg-info)", re.IGNORECASE
)


def versions(sites: Sequence[str], names: Iterable[str]) -> dict[str, str]:
    """Name to version for the distributions that are installed in the first of these folders that has each."""
    wanted = {_normal(name): name for name in names}
    found: dict[str, str] = {}
    for site in sites:
        try:
            entries = sorted(os.listdir(site))
        except OSError:
            continue
        for entry in entries:
            match = _METADATA.fullmatch(entry)
            name = wanted.get(_normal(match["name"])) if match else None
            if match and name is not None and name not in found:
                found[name] = match["version"]
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
