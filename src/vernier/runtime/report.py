"""How a picture was computed: what was asked, what ran, on which tiles."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vernier.processors.protocol import Placement
from vernier.runtime.choice import Choice
from vernier.runtime.tiles import TileChoice


@dataclass(frozen=True)
class Report:
    """How the last picture was computed.

    Attributes:
        network: name of the bundle's network.
        factors: whole factors of the passes; their product is at least what was asked.
        processor: what ran, as `ENGINE:DEVICE:PRECISION`; several of a split, joined by "+".
        pinned: the bundle itself says where its parts run.
        conversion: what converts between float and INT8 segments; None where nothing does.
        choice: how it was chosen, where that was left to Vernier.
        tiles: the tiles of each pass.
        workers: tiles computed at once.
        threads: of each worker.
        placements: what was asked of the engine in each pass, and what it reports.
        scale: what was asked; another one than the factors give is resampled to.
    """

    network: str
    factors: tuple[int, ...]
    processor: str
    pinned: bool
    conversion: str | None
    choice: Choice | None
    tiles: tuple[TileChoice, ...]
    workers: int
    threads: int
    placements: tuple[Placement, ...]
    scale: float

    def explain(self) -> list[str]:
        """Lines for the user."""
        passes = " then ".join(f"x{factor}" for factor in self.factors)
        why = "as the bundle says" if self.pinned else "as asked"
        chosen = self.choice.explain() if self.choice else [f"processor {self.processor} ({why})"]
        lines = [f"network {self.network} {passes}", *chosen]
        if self.scale != math.prod(self.factors):
            lines.insert(1, f"the result is resampled from {passes} to x{self.scale:g} (bicubic)")
        if self.conversion is not None:
            lines.append(f"formats converted by {self.conversion}")
        lines += [f"tiles: {tiles.explain()}" for tiles in self.tiles]
        for placement in self.placements:
            lines += [f"note: {text}" for text in (*placement.mismatches, placement.note) if text]
        return lines
