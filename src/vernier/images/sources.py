"""Which file becomes which: all inputs and outputs are planned before any work starts.

What is wrong with one picture of many is that picture's own `fault`: the others are done.
"""

from __future__ import annotations

import errno
import glob
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vernier.errors import UsageError
from vernier.images.writing import EXTENSIONS, FORMATS, format_of

STREAM = "-"
READABLE = {*FORMATS, ".bmp", ".gif", ".avif", ".heic", ".heif"}
# macOS keeps what its own file systems know of `name.jpg` in `._name.jpg` on others.
SIDECAR = "._"
SHOWN_NAMES = 3
PATTERN_FIELD = re.compile(r"\{(name|scale|ext)\}")


@dataclass(frozen=True)
class Job:
    """One picture to enlarge. `source` and `target` are None for standard input and output.

    Attributes:
        source: the picture.
        target: what it becomes.
        format: of the target.
        fault: why it cannot be done, in one line; None where it can.
        is_there: the target is there already and was not to be made again.
    """

    source: Path | None
    target: Path | None
    format: str
    fault: str | None = None
    is_there: bool = False


def expand_sources(texts: Sequence[str], recursive: bool = False) -> list[tuple[Path | None, Path]]:
    """Files for what a user named: files, folders, globs, or "-".

    Sidecars (`._name.jpg`) in folders and globs are passed over, as is what is no picture by its
    ending; `passed_over` lists them.

    Returns:
        Pairs of a file and its path relative to the folder that was named, which is kept in an
        output folder; just the name for files. None stands for standard input.

    Raises:
        UsageError: something does not exist or cannot be looked at, or a folder or glob holds no
            picture.
    """
    found: list[tuple[Path | None, Path]] = []
    for text in texts:
        try:
            found += _expanded(text, recursive)
        except (OSError, ValueError) as error:
            if isinstance(error, UsageError):
                raise
            why = error.strerror if isinstance(error, OSError) else error
            raise UsageError(f"{_shortened(text)}: {why}") from error
    return found


def _shortened(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}..."


def _expanded(text: str, recursive: bool) -> list[tuple[Path | None, Path]]:
    path = Path(text)
    if text == STREAM:
        return [(None, Path("stdin.png"))]
    if path.is_dir():
        pictures = [file for file in _below(path, recursive) if _is_picture(file)]
        if not pictures:
            raise UsageError(f"{path}: the folder holds no pictures ({_endings()})")
        return [(file, file.relative_to(path)) for file in pictures]
    if path.exists():
        return [(path, Path(path.name))]
    if glob.has_magic(text):
        files = [file for file in _matching(text) if _is_picture(file)]
        if not files:
            raise UsageError(f"{text}: no picture matches ({_endings()})")
        return [(file, Path(file.name)) for file in files]
    raise UsageError(f"{_shortened(text)}: no such file or folder")


def _below(folder: Path, recursive: bool) -> list[Path]:
    return sorted(f for f in (folder.rglob("*") if recursive else folder.iterdir()) if f.is_file())


def _matching(pattern: str) -> list[Path]:
    # Path.glob takes no absolute patterns.
    matches = sorted(Path(match) for match in glob.glob(pattern, recursive=True))  # noqa: PTH207
    return [match for match in matches if match.is_file()]


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in READABLE and not file.name.startswith(SIDECAR)


def passed_over(texts: Sequence[str], recursive: bool = False) -> list[str]:
    """A sentence for each folder or glob of `texts` that holds files which are no pictures."""
    notes = []
    for text in texts:
        path = Path(text)
        if text == STREAM or (not path.is_dir() and (path.exists() or not glob.has_magic(text))):
            continue
        files = _below(path, recursive) if path.is_dir() else _matching(text)
        names = [file.name for file in files if not _is_picture(file)]
        if names:
            more = ", ..." if len(names) > SHOWN_NAMES else ""
            what = "1 file that is" if len(names) == 1 else f"{len(names)} files that are"
            listed = ", ".join(names[:SHOWN_NAMES])
            notes.append(f"{text}: passed over {what} no picture ({listed}{more})")
    return notes


def plan_jobs(
    texts: Sequence[str],
    out: str | None,
    suffix: str,
    *,
    recursive: bool = False,
    format_: str | None = None,
    overwrite: bool = False,
    skip_existing: bool = False,
) -> list[Job]:
    """Decide every output, before anything is computed.

    Two inputs that would have one output are told apart by their endings: `a.png` and `a.jpg`
    become `a.png_x2.webp` and `a.jpg_x2.webp`.

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
        skip_existing: leave files that are there as they are, and do not take what one input
            became for another input.

    Returns:
        One job for each input. What does not exist, has the output of another, would replace an
        input or an existing file, or cannot have its name, has a `fault`.

    Raises:
        UsageError: nothing was named that exists, or the output cannot be meant or written to.
        ImageError: an output's ending cannot be written.
    """
    if overwrite and skip_existing:
        raise UsageError("--overwrite and --skip-existing exclude each other")
    sources, missing = _found(texts, recursive)
    if out == STREAM:
        if len(sources) > 1:
            raise UsageError(f"standard output takes one picture, found {len(sources)} inputs")
        return [Job(sources[0][0], None, format_ or _format_like(sources[0][0])), *missing]
    several = len(sources) + len(missing) > 1
    naming, may_make_folders = _naming(texts, out, suffix, format_, several)
    jobs = [naming(source, name, name.stem) for source, name in sources]
    jobs = [
        naming(source, name, name.name) if double else job
        for job, double, (source, name) in zip(jobs, _doubles(jobs), sources, strict=True)
    ]
    checked = _checked(jobs, overwrite, skip_existing)
    _check_folders([job for job in checked if job.fault is None], may_make_folders)
    return [*checked, *missing]


def _found(
    texts: Sequence[str], recursive: bool
) -> tuple[list[tuple[Path | None, Path]], list[Job]]:
    """Inputs that exist, and jobs with a fault for those that do not."""
    sources: list[tuple[Path | None, Path]] = []
    missing = []
    for text in texts:
        try:
            sources += expand_sources([text], recursive)
        except UsageError as error:
            if len(texts) == 1:
                raise
            missing.append(Job(Path(text), None, "PNG", fault=str(error)))
    if not sources:
        raise UsageError("; ".join(str(job.fault) for job in missing))
    return sources, missing


Naming = Callable[[Path | None, Path, str], Job]


def _naming(
    texts: Sequence[str], out: str | None, suffix: str, format_: str | None, several: bool
) -> tuple[Naming, bool]:
    """What gives a source, its relative path and its stem a job; whether it may make folders."""
    if out is not None and PATTERN_FIELD.search(out):
        pattern = out

        def by_pattern(source: Path | None, name: Path, stem: str) -> Job:
            return _by_pattern(source, name, stem, pattern, suffix, format_)

        return by_pattern, True
    into_folder = out is not None and (
        several or out.endswith(("/", os.sep)) or Path(out).is_dir() or _is_folder(texts)
    )

    def named(source: Path | None, name: Path, stem: str) -> Job:
        if out is not None and not into_folder:
            target = Path(out)
            return Job(source, target, format_ or format_of(target))
        chosen = format_ or _format_like(source)
        renamed = name.with_name(f"{stem}{suffix}{_ending(name, chosen)}")
        if out is not None:
            return Job(source, Path(out) / renamed, chosen)
        if source is None:
            raise UsageError("standard input needs an output: -o FILE, or -o - for standard output")
        return Job(source, source.with_name(renamed.name), chosen)

    return named, into_folder


def _by_pattern(
    source: Path | None, name: Path, stem: str, pattern: str, suffix: str, format_: str | None
) -> Job:
    chosen = format_ or _format_like(source)
    fields = {
        "name": stem,
        "scale": suffix.removeprefix("_").removeprefix("x"),
        "ext": _ending(name, chosen).removeprefix("."),
    }
    target = Path(PATTERN_FIELD.sub(lambda field: fields[field[1]], pattern))
    return Job(source, target, format_ or format_of(target))


def _doubles(jobs: Sequence[Job]) -> list[bool]:
    """Whether each job's target is another's as well."""
    places = [None if job.target is None else os.path.realpath(job.target) for job in jobs]
    counts = Counter(places)
    return [place is not None and counts[place] > 1 for place in places]


def _checked(jobs: Sequence[Job], overwrite: bool, skip_existing: bool) -> list[Job]:
    inputs = {_identity(job.source) for job in jobs if job.source is not None}
    places = {os.path.realpath(job.target) for job in jobs if job.target is not None}
    taken: dict[str, Path | None] = {}
    checked = []
    for job in jobs:
        target = job.target
        if target is None:
            checked.append(job)
            continue
        where = os.path.realpath(target)
        if skip_existing and job.source is not None and os.path.realpath(job.source) in places:
            # What a run before made of a picture beside it.
            checked.append(replace(job, target=job.source, is_there=True))
            continue
        fault: str | None = None
        is_there = False
        try:
            if where in taken:
                fault = f"{job.source} and {taken[where]} would both become {target}"
            elif target.is_dir():
                fault = f"{target}: is a folder; name a file in it"
            elif _is_loop(target):
                fault = f"{target}: is a symbolic link that leads to itself"
            elif target.exists():
                is_there = skip_existing
                fault = None if is_there else _why_kept(target, inputs, overwrite)
        except OSError as error:
            fault = f"{_shortened(str(target))}: {error.strerror}"
        taken.setdefault(where, job.source)
        checked.append(replace(job, fault=fault, is_there=is_there))
    return checked


def _why_kept(target: Path, inputs: set[tuple[int, int]], overwrite: bool) -> str | None:
    if _identity(target) in inputs:
        return f"{target}: is an input; an input is never overwritten"
    if overwrite:
        return None
    return f"{target}: exists already; replace it with --overwrite, or keep it with --skip-existing"


def _is_loop(path: Path) -> bool:
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ELOOP
    return False


def _check_folders(jobs: Sequence[Job], may_make_folders: bool) -> None:
    for folder in dict.fromkeys(job.target.parent for job in jobs if job.target is not None):
        if not folder.exists() and not may_make_folders:
            raise UsageError(f"{folder}: no such folder for the output")
        existing = folder
        while not existing.exists():
            existing = existing.parent
        if not existing.is_dir() or not os.access(existing, os.W_OK):
            raise UsageError(f"{existing}: cannot be written to")


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
