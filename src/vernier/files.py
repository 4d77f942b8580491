"""Files that appear whole under their name or not at all, and JSON that is checked when it is read.

Nothing else in the package renames a file.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import shutil
import stat
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from vernier.errors import FileError, VernierError

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

T = TypeVar("T")

# Bytes of a name in the temporary one: with what is added they stay below file systems' 255.
KEPT_NAME_BYTES = 100


def write_whole(
    path: Path, content: bytes | str, *, overwrite: bool = True, durable: bool = True
) -> None:
    """Write a file whole, text in UTF-8; arguments and errors are those of `whole_file`."""
    with whole_file(path, overwrite=overwrite, durable=durable) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def whole_file(path: Path, *, overwrite: bool = True, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to write under a temporary name beside `path`, renamed at the end.

    Where the block raises, be it for a signal, the temporary file is removed. One that a killed
    process left is used again, so that it goes when the same output is written. The file gets the
    permissions that the user's umask gives. Through a symbolic link the file that it names is
    replaced. Devices and pipes, such as /dev/stdout, are written to as they are.

    Args:
        path: of the file.
        overwrite: replace a file that is there.
        durable: wait until the disk has it, so that it survives the machine's end as well.

    Raises:
        FileError: the folder cannot be written to, the disk is full, the name is too long, or the
            file is there and may not be replaced.
    """
    try:
        if _is_device(path):
            with path.open("wb") as device:
                yield device
            return
        final = Path(os.path.realpath(path)) if path.is_symlink() else path
        file, partial = _open_partial(final)
        # The lock is kept until the name is taken: the temporary file is ours for so long.
        with file:
            try:
                yield file
                file.flush()
                if durable:
                    os.fsync(file.fileno())
                if fcntl is None:
                    file.close()
                if overwrite:
                    partial.replace(final)
                else:
                    _take_new_name(partial, final)
            except BaseException:
                with contextlib.suppress(OSError):
                    partial.unlink()
                raise
    except FileExistsError as error:
        raise FileError(f"{path}: exists already; allow overwriting or rename it") from error
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror or error})") from error


def into_place(made: Path, path: Path) -> None:
    """Give a file that a library wrote, whole and on the same disk, its name.

    Raises:
        FileError: it cannot be written there.
    """
    try:
        with made.open("rb") as file:
            os.fsync(file.fileno())
        made.replace(path)
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror or error})") from error


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """An empty folder to fill beside `path`, which takes its name at the end.

    A file or folder of that name is replaced. Where the block raises, nothing has changed.

    Raises:
        FileError: the place cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        try:
            ready = scratch / "ready"
            ready.mkdir(mode=0o755)
            yield ready
            if path.is_dir():
                # A folder cannot be replaced in one step: move the old one aside first.
                path.replace(scratch / "old")
            ready.replace(path)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror or error})") from error


def to_json(value: object, indent: int = 1) -> bytes:
    """JSON that a person can read, of what `msgspec` can write."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value), indent=indent) + b"\n"


def from_json(
    content: bytes,
    as_type: type[T],
    origin: str,
    kind: str,
    newest: int | None = None,
    error: type[VernierError] = FileError,
) -> T:
    """JSON of a schema.

    Args:
        content: of the file.
        as_type: the schema, as `msgspec` knows it.
        origin: the file's name, for messages.
        kind: what it should be: "profile".
        newest: the greatest number that the file's `format` may have; None where it has none. A
            file of a later format gets that message, whatever else it holds.
        error: the class to raise.

    Raises:
        FileError: it is not JSON, against the schema, or of a later format.
    """
    import msgspec

    try:
        if newest is not None:
            found = msgspec.json.decode(content, type=_with_format_only()).format
            if found > newest:
                raise error(
                    f"{origin}: the {kind} has format {found}, this Vernier reads up to {newest}; "
                    "update it: pip install -U vernier-sr"
                )
        return msgspec.json.decode(content, type=as_type)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as reason:
        raise error(f"{origin}: not a {kind}: {reason}") from reason


@functools.cache
def _with_format_only() -> Any:
    import msgspec

    return msgspec.defstruct("WithFormat", [("format", int)])


def read_json(
    path: Path,
    as_type: type[T],
    kind: str,
    newest: int | None = None,
    error: type[VernierError] = FileError,
) -> T:
    """`from_json` of a file.

    Raises:
        FileError: it cannot be read, or as `from_json`.
    """
    return from_json(read_file(path, error), as_type, str(path), kind, newest, error)


def read_file(path: Path, error: type[VernierError] = FileError) -> bytes:
    """All bytes of a file.

    Raises:
        FileError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as reason:
        raise error(f"{path}: cannot be read ({reason.strerror or reason})") from reason


def _is_device(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def partial_name(name: str) -> str:
    """The temporary name of a file: the same each time, and no other file's."""
    whole = os.fsencode(name)
    # Whole characters only, and in whatever coding the system has for names.
    start = os.fsdecode(whole[:KEPT_NAME_BYTES].decode("utf-8", "ignore").encode())
    return f".{start}.{zlib.crc32(whole):08x}.part"


def _open_partial(final: Path) -> tuple[BinaryIO, Path]:
    """The temporary file, empty and this process's own."""
    partial = final.with_name(partial_name(final.name))
    file = _claimed(partial)
    if file is None:
        # Somebody else is writing the same output: whoever ends last has it.
        partial = partial.with_name(f"{partial.name[:-5]}.{secrets.token_hex(4)}.part")
        file = partial.open("xb")
    return file, partial


def _claimed(partial: Path) -> BinaryIO | None:
    """A temporary file under its usual name; None while another writer lives that has it.

    A writer holds a lock on the file that it writes, which the system takes away with the process.
    """
    try:
        made = partial.open("xb")
    except FileExistsError:
        if fcntl is None:
            return None
    else:
        # Until it is locked another writer may take it for one that was left, and be done with it.
        return _owned(made, partial)
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        left = os.fdopen(os.open(partial, flags), "r+b")
    except OSError:
        return None
    about = os.fstat(left.fileno())
    if not (stat.S_ISREG(about.st_mode) and about.st_uid == os.getuid() and about.st_nlink == 1):
        left.close()
        return None
    file = _owned(left, partial)
    if file is not None:
        file.truncate(0)
    return file


def _owned(file: BinaryIO, partial: Path) -> BinaryIO | None:
    """The file, locked and still under its name; closed and None otherwise."""
    if _locked(file) is not None:
        with contextlib.suppress(OSError):
            there = os.stat(partial, follow_symlinks=False)  # noqa: PTH116
            if os.path.samestat(there, os.fstat(file.fileno())):
                return file
    file.close()
    return None


def _locked(file: BinaryIO) -> BinaryIO | None:
    if fcntl is not None:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        except OSError:
            return file  # a file system without locks
    return file


def _take_new_name(partial: Path, final: Path) -> None:
    """Rename unless the name is taken; a hard link decides that without a race."""
    try:
        os.link(partial, final)
        partial.unlink()
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: look first, and live with the moment between.
        if os.path.lexists(final):
            raise FileExistsError(final) from None
        partial.replace(final)
