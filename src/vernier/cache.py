"""What is measured once and remembered: small JSON files in the user's cache folder.

A cache that cannot be read or written only means measuring again.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from vernier.errors import FileError
from vernier.files import write_whole


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/vernier`, else `~/.cache/vernier`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "vernier"


def read_remembered(file: Path) -> dict[str, str]:
    """Texts by key; empty where the file is absent or damaged."""
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, str)}


def remember(file: Path, key: str, value: str) -> None:
    """Add a text; readers at the same time see the file before or after, never half of it."""
    with contextlib.suppress(OSError, FileError):
        file.parent.mkdir(parents=True, exist_ok=True)
        known = json.dumps({**read_remembered(file), key: value}, indent=1)
        write_whole(file, known, durable=False)
