"""Which file becomes which: all inputs and outputs are planned before any work starts."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vernier.errors import UsageError
from vernier.images.writing import EXTENSIONS, FORMATS, format_of

STREAM = "-"
READABLE = {*FORMATS, ".bmp", ".gif"}
PATTERN_FIELD = re.compile(r"\{(name|scale|ext)\}")


@dataclass(frozen=True)
class Job:
    """One picture to enlarge. `source` and `target` are None for standard input and output."""

    source: Path | None
    target: Path | None
    format: str


def expand_sources(texts: Sequence[str], recursive: bool = False) -> list[tuple[Path | None, Path]]:
    """Files for what a user named: files, folders, globs, or "-".

    Returns:
        Pairs of a file and its path relative to the folder that was named, which is kept in an
        output folder; just the name for files. None stands for standard input.

    Raises:
        UsageError: something does not exist, or a folder or glob holds no picture.
    """
    found: list[tuple[Path | None, Path]] = []
    for text in texts:
        path = Path(text)
        if text == STREAM:
            found.append((None, Path("stdin.png")))
        elif path.is_dir():
            files = sorted(path.rglob("*") if recursive else path.iterdir())
            pictures = [f for f in files if f.is_file() and f.suffix.lower() in READABLE]
            if not pictures:
                raise UsageError(f"{path}: the folder holds no pictures ({_endings()})")
            found += [(file, file.relative_to(path)) for file in pictures]
        elif path.exists():
            found.append((path, Path(path.name)))
        elif glob.has_magic(text):
            # Path.glob takes no absolute patterns.
            matches = sorted(Path(match) for match in glob.glob(text, recursive=True))  # noqa: PTH207
            files = [m for m in matches if m.is_file() and m.suffix.lower() in READABLE]
            if not files:
                raise UsageError(f"{text}: no picture matches ({_endings()})")
            found += [(file, Path(file.name)) for file in files]
        else:
            raise UsageError(f"{text}: no such file or folder")
    return found


def plan_jobs(
    texts: Sequence[str],
    out: str | None,
    suffix: str,
    *,
    recursive: bool = False,
    format_: str | None = None,
    overwrite: bool = False,
) -> list[Job]:
    """Decide every output, and refuse what would go wrong before anything is computed.

    Args:
        texts: inputs, as `expand_sources`.
        out: a file, a folder (one that exists, ends in a slash, or takes several inputs), a pattern
            such as "large/{name}_x{scale}.{ext}", "-" for standard output, or None for beside each
            input.
        suffix: put after the name where inputs keep theirs, such as "_x2".
        recursive: descend into folders.
        format_: "PNG", "JPEG", "WEBP" or "TIFF"; None for what the output's ending or, in a folder,
            the input's says (PNG where that cannot be written).
        overwrite: replace files that are there.

    Raises:
        UsageError: an input does not exist; two inputs have one output; an output is an input,
            exists already, or lies in no folder that can be written to.
        ImageError: an output's ending cannot be written.
    """
    sources = expand_sources(texts, recursive)
    if out == STREAM:
        if len(sources) > 1:
            raise UsageError(f"standard output takes one picture, found {len(sources)} inputs")
        return [Job(sources[0][0], None, format_ or _format_like(sources[0][0]))]
    if out is not None and PATTERN_FIELD.search(out):
        jobs = [_by_pattern(source, name, out, suffix, format_) for source, name in sources]
        _check(jobs, overwrite, may_make_folders=True)
        return jobs
    into_folder = out is not None and (
        Path(out).is_dir() or out.endswith(("/", os.sep)) or len(sources) > 1 or _is_folder(texts)
    )
    jobs = []
    for source, name in sources:
        if out is not None and not into_folder:
            target = Path(out)
            jobs.append(Job(source, target, format_ or format_of(target)))
            continue
        chosen = format_ or _format_like(source)
        renamed = name.with_name(f"{name.stem}{suffix}{_ending(name, chosen)}")
        if out is not None:
            target = Path(out) / renamed
        elif source is None:
            raise UsageError("standard input needs an output: -o FILE, or -o - for standard output")
        else:
            target = source.with_name(renamed.name)
        jobs.append(Job(source, target, chosen))
    _check(jobs, overwrite, into_folder)
    return jobs


def _by_pattern(
    source: Path | None, name: Path, pattern: str, suffix: str, format_: str | None
) -> Job:
    chosen = format_ or _format_like(source)
    fields = {
        "name": name.stem,
        "scale": suffix.removeprefix("_").removeprefix("x"),
        "ext": _ending(name, chosen).removeprefix("."),
    }
    target = Path(PATTERN_FIELD.sub(lambda field: fields[field[1]], pattern))
    return Job(source, target, format_ or format_of(target))


def _check(jobs: Sequence[Job], overwrite: bool, may_make_folders: bool) -> None:
    inputs = {_identity(job.source): job.source for job in jobs if job.source is not None}
    taken: dict[Path, Path | None] = {}
    for job in jobs:
        target = job.target
        if target is None:
            continue
        where = target.resolve()
        if where in taken:
            raise UsageError(f"{job.source} and {taken[where]} would both become {target}")
        taken[where] = job.source
        if target.is_dir():
            raise UsageError(f"{target}: is a folder; name a file in it")
        if target.exists():
            if _identity(target) in inputs:
                raise UsageError(f"{target}: is an input; an input is never overwritten")
            if not overwrite:
                raise UsageError(f"{target}: exists already; allow it with --overwrite")
        folder = target.parent
        if not folder.exists() and not may_make_folders:
            raise UsageError(f"{folder}: no such folder for the output")
        while not folder.exists():
            folder = folder.parent
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            raise UsageError(f"{folder}: cannot be written to")


def _identity(path: Path) -> tuple[int, int]:
    """The same for all names of one file, links of both kinds included."""
    status = path.stat()
    return status.st_dev, status.st_ino


def _is_folder(texts: Sequence[str]) -> bool:
    return any(Path(text).is_dir() for text in texts)


def _format_like(source: Path | None) -> str:
    return FORMATS.get(source.suffix.lower(), "PNG") if source is not None else "PNG"


def _ending(name: Path, format_: str) -> str:
    same = FORMATS.get(name.suffix.lower()) == format_
    return name.suffix if same else EXTENSIONS[format_]


def _endings() -> str:
    return ", ".join(sorted(READABLE))
