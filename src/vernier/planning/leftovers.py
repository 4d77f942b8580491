"""What a folder holds that is gone on with: of which network, photos and settings it is.

Ranges and judgements lie in a plan's folder, so that an interrupted search goes on. Of another
network they would fail late, and of other weights or photos they would be wrong without a word. So
a folder says what it was made of before anything else is put into it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from vernier.errors import UsageError
from vernier.files import read_json, to_json, write_whole
from vernier.graphs.graph import Graph
from vernier.images.pairs import list_photos

FILE = "made-of.json"
DIGITS = 16


class MadeOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What results depend on.

    Attributes:
        network: name and scale.
        weights: a digest of operators and constants.
        size: WIDTHxHEIGHT of the low-resolution picture, and the granularity of the units.
        processors: that a split may place units on.
        photos: a digest of the photos' names and sizes in bytes.
        settings: what is minimised, and how, in words.
    """

    network: str
    weights: str
    size: str
    processors: str
    photos: str
    settings: str


def weights_digest(graph: Graph) -> str:
    """Of a graph's operators and constants, in hexadecimal digits."""
    digest = hashlib.sha256()
    for op in graph.operators:
        words = (op.kind, op.inputs, op.output, op.activation, sorted(op.attributes.items()))
        digest.update(repr(words).encode())
    for name in sorted(graph.constants):
        digest.update(name.encode())
        digest.update(graph.constants[name].tobytes())
    return digest.hexdigest()[:DIGITS]


def photos_digest(folder: Path) -> str:
    """Of the names and sizes of a folder's photos, in hexadecimal digits.

    Raises:
        ImageError: the folder is missing or holds no photo.
    """
    listed = [(path.name, path.stat().st_size) for path in list_photos(folder)]
    return hashlib.sha256(repr(listed).encode()).hexdigest()[:DIGITS]


def claim(folder: Path, wanted: MadeOf) -> None:
    """Say what a folder's contents are made of, or check it where it says so already.

    Raises:
        UsageError: it holds results of something else; the message names what differs.
        FileError: it cannot be read or written.
    """
    file = folder / FILE
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(file, to_json(wanted))
        return
    found = read_json(file, MadeOf, "description of unfinished results")
    other = [
        f"{name} ({getattr(found, name)}, now {getattr(wanted, name)})"
        for name in MadeOf.__struct_fields__
        if getattr(found, name) != getattr(wanted, name)
    ]
    if other:
        raise UsageError(
            f"{folder}: holds unfinished results of other {', '.join(other)}; choose another "
            "folder, or delete it"
        )
