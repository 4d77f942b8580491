"""Files that appear whole under their name or not at all, whatever ends the work."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from vernier.errors import ImageError

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

# Bytes of a name in the temporary one: with what is added they stay below file systems' 255.
KEPT_NAME_BYTES = 100


def write_whole(path: Path, content: bytes, *, overwrite: bool = True) -> None:
    """Write a file whole; arguments and errors are those of `whole_file`."""
    with whole_file(path, overwrite=overwrite) as file:
        file.write(content)


@contextmanager
def whole_file(path: Path, *, overwrite: bool = True) -> Iterator[BinaryIO]:
    """A file to write under a temporary name beside `path`, renamed at the end.

    Where the block raises, be it for a signal, the temporary file is removed. One that a killed
    process left is used again, so that it goes when the same output is written. The file gets the
    permissions that the user's umask gives. Through a symbolic link the file that it names is
    replaced. Devices and pipes, such as /dev/stdout, are written to as they are.

    Raises:
        ImageError: the folder cannot be written to, the disk is full, the name is too long, or the
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
        raise ImageError(f"{path}: exists already; allow overwriting or rename it") from error
    except OSError as error:
        raise ImageError(f"{path}: cannot be written ({error.strerror or error})") from error


def _is_device(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def partial_name(name: str) -> str:
    """The temporary name of a file: the same each time, and no other file's."""
    whole = os.fsencode(name)
    start = whole[:KEPT_NAME_BYTES].decode("utf-8", "ignore")
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
