"""What of a film is done, so that whatever ends the work, it goes on from there.

Beside the result, in the folder `.NAME.vernier-video`, lie the finished segments and
`journal.jsonl`: a first line that says what is being made of what, then a line for each segment. A
segment's file is written, flushed to the disk and renamed before its line is, and a line that is
not whole counts for nothing; so what the journal says is there.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import msgspec

from vernier.errors import FileError, UsageError, VideoError
from vernier.files import write_whole
from vernier.video.encoder import Sealed

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

ALL = {"all": True}
"""The last line: no segment is left to be made."""
_HEAD = struct.Struct("<qqIB")
"""Of each packet in a segment: pts, duration, bytes, whether it is a key frame."""


class SegmentNote(msgspec.Struct, frozen=True):
    """A finished segment.

    Attributes:
        file: its name in the folder.
        frames: in it.
        bytes: of the file.
        crc32: of the file.
        last: timestamp of its last frame shown.
        last_duration: of that frame; 0 unknown.
        pts: timestamps in the order of decoding.
        tiles: of all its frames, as compared with the frames before.
        computed: of those tiles.
        damage: seconds of what could not be decoded.
    """

    file: str
    frames: int
    bytes: int
    crc32: int
    last: int
    last_duration: int
    pts: tuple[int, ...]
    tiles: int = 0
    computed: int = 0
    damage: tuple[float, ...] = ()


class Heading(msgspec.Struct, frozen=True):
    """What is being made of what: the journal's first line.

    Attributes:
        work: settings by name; another run must have the same.
        processor: that computes, which may have been chosen by measuring.
        header: the encoder's, in hexadecimal.
    """

    work: dict[str, str]
    processor: str
    header: str


@dataclass
class Journal:
    """The journal of one result, open for this process alone. Use as a context manager.

    Attributes:
        folder: that holds it.
        heading: its first line; None while there is none.
        segments: that are finished.
        is_complete: whether those are all.
        resumed: whether an earlier run began.
    """

    folder: Path
    heading: Heading | None
    segments: list[SegmentNote]
    is_complete: bool
    resumed: bool
    _file: IO[bytes]

    @classmethod
    def open(cls, target: Path) -> Journal:
        """The journal beside a result, made where there is none.

        Raises:
            UsageError: another process works on the same result.
            VideoError: the folder cannot be written.
        """
        folder = journal_folder(target)
        try:
            folder.mkdir(exist_ok=True)
            file = (folder / "journal.jsonl").open("a+b")
        except OSError as error:
            raise VideoError(f"{folder}: cannot be written ({error.strerror or error})") from error
        if fcntl is not None:
            try:
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.close()
                raise UsageError(f"{target}: another process is making it") from error
        heading, segments, is_complete, end = _read(folder, file)
        file.truncate(end)
        return cls(folder, heading, segments, is_complete, heading is not None, file)

    def begin(self, heading: Heading) -> None:
        """Write the first line."""
        self._append(msgspec.to_builtins(heading))
        self.heading = heading

    def check(self, work: dict[str, str], target: Path) -> None:
        """Refuse to go on with other settings than the work was begun with.

        Raises:
            UsageError: they differ.
        """
        if self.heading is None:
            return
        begun = self.heading.work
        differing = [key for key in {**begun, **work} if begun.get(key) != work.get(key)]
        if differing:
            key = differing[0]
            raise UsageError(
                f"{target}: was begun with {key} {begun.get(key)!r}, now it is {work.get(key)!r}; "
                "give the same settings to go on, or --restart to begin anew"
            )

    def add(self, packets: Sequence[Sealed], note: dict[str, Any]) -> SegmentNote:
        """Keep a finished segment.

        Raises:
            VideoError: the disk is full, or the folder cannot be written.
        """
        name = f"{len(self.segments):06}.packets"
        content = b"".join(
            _HEAD.pack(p.pts, p.duration, len(p.data), p.key) + p.data for p in packets
        )
        try:
            write_whole(self.folder / name, content)
            made = SegmentNote(
                file=name,
                bytes=len(content),
                crc32=zlib.crc32(content),
                pts=tuple(p.pts for p in packets),
                **note,
            )
            self._append(msgspec.to_builtins(made))
        except (OSError, FileError) as error:
            raise VideoError(
                f"{self.folder}: {error}; what is done is kept, and the same command goes on from "
                "there"
            ) from error
        self.segments.append(made)
        return made

    def packets(self) -> Iterator[Sealed]:
        """All packets of the finished segments, in the order of decoding.

        Raises:
            VideoError: a segment is not what it was when it was finished.
        """
        for note in self.segments:
            content = (self.folder / note.file).read_bytes()
            if zlib.crc32(content) != note.crc32:
                raise VideoError(
                    f"{self.folder / note.file}: was changed after it was written; begin anew "
                    "with --restart"
                )
            yield from _packets(content)

    def complete(self) -> None:
        """Note that no segment is left to be made."""
        self._append(ALL)
        self.is_complete = True

    def clear(self) -> None:
        """Forget all that is finished."""
        self._file.truncate(0)
        for note in self.segments:
            (self.folder / note.file).unlink(missing_ok=True)
        self.heading, self.segments, self.is_complete = None, [], False
        self.resumed = False

    def remove(self) -> None:
        """Remove the journal and all segments."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _append(self, value: Any) -> None:
        self._file.write(json.dumps(value, separators=(",", ":")).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def journal_folder(target: Path) -> Path:
    """Where the journal of a result lies."""
    return target.with_name(f".{target.name}.vernier-video")


def _packets(content: bytes) -> Iterator[Sealed]:
    place = 0
    while place < len(content):
        pts, duration, size, key = _HEAD.unpack_from(content, place)
        place += _HEAD.size
        yield Sealed(content[place : place + size], pts, duration, bool(key))
        place += size


def _read(folder: Path, file: IO[bytes]) -> tuple[Heading | None, list[SegmentNote], bool, int]:
    """What the journal says, up to the first line that is not whole or not true any more."""
    file.seek(0)
    heading: Heading | None = None
    segments: list[SegmentNote] = []
    end = 0
    for line in file:
        if not line.endswith(b"\n"):
            break
        try:
            if json.loads(line) == ALL:
                return heading, segments, True, end + len(line)
            if heading is None:
                heading = msgspec.json.decode(line, type=Heading)
            else:
                note = msgspec.json.decode(line, type=SegmentNote)
                if (folder / note.file).stat().st_size != note.bytes:
                    break
                segments.append(note)
        except (msgspec.DecodeError, ValueError, OSError):
            break
        end += len(line)
    return heading, segments, False, end
