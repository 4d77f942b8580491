"""Where pictures lie: any address that fsspec knows, written whole or not at all."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vernier.errors import FileError, MissingExtraError, UsageError, VernierError
from vernier.files import write_whole

PUT_IS_WHOLE = {"s3", "s3a", "gs", "gcs", "abfs", "az", "oss", "memory"}
"""Object stores: what is put appears when all of it is there, under its name or not at all."""
LOCAL = {"file", "local"}


@dataclass(frozen=True)
class Found:
    """A file.

    Attributes:
        name: its path below the address that was listed.
        state: its size with its time or tag, as far as the place tells: the same, and it is the
            same content.
    """

    name: str
    state: str


class Place:
    """A folder, bucket or prefix.

    Args:
        address: a path, or PROTOCOL://PATH.

    Raises:
        UsageError: fsspec does not know the protocol.
        MissingExtraError: fsspec, or what it needs for the protocol, is not installed.
    """

    def __init__(self, address: str) -> None:
        try:
            import fsspec
        except ImportError as error:
            raise MissingExtraError("fsspec", "cluster", "working on a cluster") from error
        self.address = address
        try:
            self._files, root = fsspec.core.url_to_fs(address)
        except ImportError as error:
            raise UsageError(f"{address}: {' '.join(str(error).split())}") from error
        except ValueError as error:
            raise UsageError(f"{address}: fsspec knows no such address ({error})") from error
        protocol = self._files.protocol
        self._protocols = {protocol} if isinstance(protocol, str) else set(protocol)
        self.is_local = bool(self._protocols & LOCAL)
        self._root = str(root).rstrip("/") or "/"

    def path(self, name: str) -> str:
        """The file system's own name of a file."""
        return f"{self._root.rstrip('/')}/{name}" if name else self._root

    def shown(self, name: str) -> str:
        """For messages."""
        return f"{self.address.rstrip('/')}/{name}" if name else self.address

    def files(self, recursive: bool = True) -> Iterator[Found]:
        """Files below, in the order of their names; none where there is no such place.

        Raises:
            FileError: it cannot be listed.
        """
        with _errors(self.address):
            self._files.invalidate_cache()
            if not self._files.exists(self._root):
                return
            depth = None if recursive else 1
            found = self._files.find(self._root, maxdepth=depth, detail=True)
        start = len(self._root.rstrip("/")) + 1
        for path, about in sorted(found.items()):
            if about["type"] == "file" and len(path) >= start:
                tag = next((about[key] for key in ("ETag", "etag", "mtime") if key in about), "")
                yield Found(path[start:], f"{about['size']} {tag}".strip())

    def read(self, name: str) -> bytes:
        """A file's content.

        Raises:
            FileError: it cannot be read.
        """
        with _errors(self.shown(name)):
            return bytes(self._files.cat_file(self.path(name)))

    def read_if_there(self, name: str) -> bytes | None:
        """A file's content; None where there is no such file."""
        with _errors(self.shown(name)):
            self._files.invalidate_cache()
            try:
                return bytes(self._files.cat_file(self.path(name)))
            except FileNotFoundError:
                return None

    def write(self, name: str, content: bytes) -> None:
        """Write a file; it appears whole or not at all, and replaces one that is there.

        Raises:
            FileError: it cannot be written.
        """
        path = self.path(name)
        with _errors(self.shown(name)):
            if self.is_local:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                write_whole(Path(path), content)
            elif self._protocols & PUT_IS_WHOLE:
                self._files.pipe_file(path, content)
            else:
                folder, _, last = path.rpartition("/")
                partial = f"{folder}/.{last}.{secrets.token_hex(4)}.part"
                self._files.makedirs(folder, exist_ok=True)
                try:
                    self._files.pipe_file(partial, content)
                    self._files.mv(partial, path)
                except BaseException:
                    if self._files.exists(partial):
                        self._files.rm_file(partial)
                    raise

    def remove(self, name: str) -> None:
        """Remove a file that is there.

        Raises:
            FileError: it cannot be removed.
        """
        with _errors(self.shown(name)):
            self._files.rm_file(self.path(name))

    def __reduce__(self) -> tuple[Any, ...]:
        return (Place, (self.address,))


class _errors:  # noqa: N801 - used as a function
    """What file systems raise, as a line that names the file."""

    def __init__(self, shown: str) -> None:
        self._shown = shown

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if error is None or isinstance(error, VernierError) or not isinstance(error, Exception):
            return
        why = getattr(error, "strerror", None) or " ".join(str(error).split()) or repr(error)
        raise FileError(f"{self._shown}: {why}") from error
