"""A directory of a TIFF file: its tags, read when they are asked for (TIFF 6.0 and BigTIFF)."""

from __future__ import annotations

import struct
from typing import BinaryIO

# Bytes of a value, by its type.
TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
TYPE_BYTES |= {13: 4, 16: 8, 17: 8, 18: 8}
WHOLE_TYPES = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
LARGEST_DIRECTORY_BYTES = 1 << 28
MOST_PAGES = 1000


class Directory:
    """A directory, the first or the one at a place: whole numbers by tag, read when asked for."""

    def __init__(self, stream: BinaryIO, at: int | None = None) -> None:
        stream.seek(0)
        head = stream.read(16)
        self.order = "<" if head[:2] == b"II" else ">"
        self._stream = stream
        self._entries: dict[int, tuple[int, int, bytes]] = {}
        big = head[2:4] in (b"+\0", b"\0+")
        place = struct.unpack_from(self.order + ("Q" if big else "I"), head, 8 if big else 4)[0]
        place = place if at is None else at
        size, form = (20, "HHQ") if big else (12, "HHI")
        self._inline = 8 if big else 4
        self.pages = _count_pages(stream, self.order, big, place) if at is None else 1
        stream.seek(place)
        (count,) = struct.unpack(self.order + ("Q" if big else "H"), stream.read(8 if big else 2))
        if count > 1 << 16:
            raise OSError("its directory is damaged")
        content = stream.read(count * size)
        if len(content) < count * size:
            raise OSError("image file is truncated")
        self.bytes_claimed = 0
        for number in range(count):
            tag, kind, many = struct.unpack_from(self.order + form, content, number * size)
            value = content[number * size + size - self._inline : number * size + size]
            self.bytes_claimed += many * TYPE_BYTES.get(kind, 1)
            self._entries.setdefault(tag, (kind, many, value))

    def __contains__(self, tag: int) -> bool:
        return tag in self._entries

    def get(self, tag: int) -> tuple[int, ...]:
        """The whole numbers of a tag; none where it is missing, of other types or too long."""
        kind, many, value = self._entries.get(tag, (0, 0, b""))
        length = many * TYPE_BYTES.get(kind, 1)
        if kind not in WHOLE_TYPES or length > LARGEST_DIRECTORY_BYTES:
            return ()
        if length > self._inline:
            self._stream.seek(int.from_bytes(value, "little" if self.order == "<" else "big"))
            value = self._stream.read(length)
        if len(value) < length:
            raise OSError("image file is truncated")
        return struct.unpack_from(f"{self.order}{many}{WHOLE_TYPES[kind]}", value)

    def raw(self, tag: int, most_bytes: int) -> bytes:
        """A tag's bytes; none where they stand in the entry itself, or are too many."""
        _, many, value = self._entries.get(tag, (0, 0, b""))
        if not len(value) < many < most_bytes:
            return b""
        self._stream.seek(int.from_bytes(value, "little" if self.order == "<" else "big"))
        return self._stream.read(many)

    def one(self, tag: int, default: int) -> int:
        """A tag's first number."""
        return next(iter(self.get(tag)), default)


def _count_pages(stream: BinaryIO, order: str, big: bool, place: int) -> int:
    """Directories that follow each other; a chain that bites its tail ends there."""
    seen: set[int] = set()
    size, count_form, next_form = (20, "Q", "Q") if big else (12, "H", "I")
    while place and place not in seen and len(seen) < MOST_PAGES:
        seen.add(place)
        stream.seek(place)
        head = stream.read(struct.calcsize(count_form))
        if len(head) < struct.calcsize(count_form):
            break
        (count,) = struct.unpack(order + count_form, head)
        if count > 1 << 16:
            break
        stream.seek(count * size, 1)
        after = stream.read(struct.calcsize(next_form))
        if len(after) < struct.calcsize(next_form):
            break
        (place,) = struct.unpack(order + next_form, after)
    return len(seen)
