"""What is asked of an enlargement, what one run of it needs, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from vernier.errors import UsageError
from vernier.runtime.choice import Prefer
from vernier.runtime.engine import Engine
from vernier.video.damage import Damage
from vernier.video.encoder import EncoderSettings
from vernier.video.muxing import Cut
from vernier.video.probing import Film


@dataclass(frozen=True)
class VideoRequest:
    """What is asked for; see `video` for the fields."""

    network: str = "sesr-m5"
    scale: float | None = None
    height: int | None = None
    bundle: Path | None = None
    processor: str = "auto"
    prefer: Prefer = Prefer.SPEED
    codec: str | None = None
    crf: int | None = None
    preset: str | None = None
    start: float | None = None
    end: float | None = None
    interlaced: Literal["refuse", "deinterlace", "keep"] = "refuse"
    reuse: bool = True
    threads: int = 0
    memory_bytes: int = 1 << 29
    allow_inexact: bool = False


def video_request(
    *, bundle: str | Path | None = None, prefer: str = Prefer.SPEED, **fields: Any
) -> VideoRequest:
    """What is asked for, of the arguments of `video`.

    Raises:
        UsageError: it prefers what cannot be preferred.
    """
    return VideoRequest(
        bundle=None if bundle is None else Path(bundle), prefer=_prefer(prefer), **fields
    )


def _prefer(prefer: str) -> Prefer:
    if prefer not in list(Prefer):
        raise UsageError(f"expected to prefer {' or '.join(Prefer)}, found {prefer!r}")
    return Prefer(prefer)


@dataclass(frozen=True)
class VideoReport:
    """What became of a film.

    Attributes:
        target: the result.
        size: its height and width.
        frames: in it.
        resumed: of those, how many an earlier run had finished.
        seconds: that this run took.
        processor: that computed.
        codec: FFmpeg's encoder.
        reused: share of luma's tiles that equalled the frame before, from 0 to 1.
        bytes: of the result.
        how: sentences on what was chosen and why.
        damage: one sentence on what could not be decoded; empty of a sound film.
    """

    target: Path
    size: tuple[int, int]
    frames: int
    resumed: int
    seconds: float
    processor: str
    codec: str
    reused: float
    bytes: int
    how: tuple[str, ...]
    damage: str


@dataclass
class Work:
    """All that one run needs.

    Attributes:
        film: what is enlarged.
        request: what is asked for.
        target: the result.
        settings: of the encoder.
        engines: that compute.
        how: sentences on what was chosen and why.
        cut: the part that is asked for.
        damage: what could not be decoded.
    """

    film: Film
    request: VideoRequest
    target: Path
    settings: EncoderSettings
    engines: list[Engine]
    how: list[str]
    cut: Cut
    damage: Damage = field(default_factory=Damage)

    @property
    def processor(self) -> str:
        """Of each pass, joined by +."""
        return "+".join(str(p) for engine in self.engines for p in engine.processors)
