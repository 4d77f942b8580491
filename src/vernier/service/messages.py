"""What the service and a worker process tell each other: a line of JSON each."""

from __future__ import annotations

from typing import Literal

import msgspec


class Setup(msgspec.Struct, frozen=True, tag="setup"):
    """To a worker, first: what to compute with; see `ServiceSettings`."""

    network: str
    bundle: str | None
    processor: str
    prefer: Literal["quality", "speed"]
    threads: int
    memory_bytes: int | None


class Work(msgspec.Struct, frozen=True, tag="work"):
    """To a worker: a picture.

    Attributes:
        source: the file.
        target: what to write.
        format: of the target; None for that of the source, PNG where that cannot be written.
        scale: enlargement; None for the network's own.
        size: height and width of the result instead.
        quality: of JPEG and WebP.
        pixels: the most that are read.
        result_pixels: the most that are made.
        most_scale: the largest enlargement.
    """

    source: str
    target: str
    format: str | None
    scale: float | None
    size: tuple[int, int] | None
    quality: int
    pixels: int
    result_pixels: int
    most_scale: float


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """From a worker: it has loaded its network."""

    processor: str
    network: str
    scale: float


class Begun(msgspec.Struct, frozen=True, tag="begun"):
    """From a worker: it has the picture in hand."""


class Step(msgspec.Struct, frozen=True, tag="step"):
    """From a worker: how far it is."""

    done: int
    total: int


class Done(msgspec.Struct, frozen=True, tag="done"):
    """From a worker: the result is written.

    Attributes:
        height: of the result.
        width: likewise.
        format: likewise.
        processor: that computed it.
        plan: network, passes and tiles, in words.
        notes: what was changed on reading and writing, in sentences.
        read_pixels: of the picture.
        milliseconds: from the first byte read to the last one written.
    """

    height: int
    width: int
    format: str
    processor: str
    plan: str
    notes: tuple[str, ...]
    read_pixels: int
    milliseconds: float


class Fault(msgspec.Struct, frozen=True, tag="fault"):
    """From a worker: there is no result.

    Attributes:
        kind: "picture" of what was sent, "large" where a limit was met, "stopped" on request,
            "service" of our own.
        reason: in one line.
    """

    kind: Literal["picture", "large", "stopped", "service"]
    reason: str


Answer = Ready | Begun | Step | Done | Fault
