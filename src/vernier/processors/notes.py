"""What was found out about this machine, kept in the user's cache folder.

A note is worth nothing once what it was taken of has changed. So a file is dropped whole when it
is of another format, or was made by another Vernier or other engines; and each note's key names
the CPU, its instructions and the environment variables that make engines use others.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from vernier.errors import FileError
from vernier.files import write_whole
from vernier.processors.machine import cpu_flags, cpu_name, engine_versions
from vernier.version import VERSION

FORMAT = 1
"""Of the notes; raised when what is noted means something else: a self-test has new cases."""

# `ONEDNN_MAX_CPU_ISA`, `VK_ICD_FILENAMES` and their like change what computes.
ENGINE_VARIABLES = ("ONEDNN_", "DNNL_", "OV_", "XNNPACK", "VK_", "LITERT_", "OMP_", "KMP_", "ORT_")

Note = TypeVar("Note")


class _File(msgspec.Struct, frozen=True):
    made_by: str
    notes: dict[str, msgspec.Raw] = {}


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/vernier`, or the same below `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "vernier"


def what_computes() -> str:
    """The CPU with its instructions, and what the environment tells engines."""
    return f"{cpu_name()} {' '.join(cpu_flags())} {engine_settings()}"


def engine_settings() -> dict[str, str]:
    """What the environment tells engines, by variable."""
    return {k: value for k, value in sorted(os.environ.items()) if k.startswith(ENGINE_VARIABLES)}


@functools.cache
def _made_by() -> str:
    return f"notes {FORMAT}, Vernier {VERSION}, {engine_versions()}"


def recall(file: Path, about: str, kind: type[Note]) -> Note | None:
    """A note of earlier; None where there is none that still holds.

    Args:
        file: of notes.
        about: what it is about; `what_computes` is added to it.
        kind: of the note.
    """
    raw = _read(file).notes.get(_key(about))
    if raw is None:
        return None
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError:
        return None


def note(file: Path, about: str, found: object) -> None:
    """Keep a note; a folder that cannot be written only means finding it out again.

    Args:
        file: of notes; those of another format, version or engines are dropped from it.
        about: as `recall`.
        found: what `msgspec` can write.
    """
    kept: Mapping[str, object] = {**_read(file).notes, _key(about): found}
    content = msgspec.json.encode({"made_by": _made_by(), "notes": kept})
    with contextlib.suppress(OSError, FileError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, content, durable=False)


def _key(about: str) -> str:
    return hashlib.sha256(f"{what_computes()} {about}".encode()).hexdigest()


def _read(file: Path) -> _File:
    try:
        found = msgspec.json.decode(file.read_bytes(), type=_File)
    except (OSError, msgspec.DecodeError):
        return _File(_made_by())
    return found if found.made_by == _made_by() else _File(_made_by())
