"""A split, one processor per unit: as a value, as a file, and what it means for operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec

from vernier.errors import UsageError
from vernier.files import from_json, read_file, to_json
from vernier.processor_id import ProcessorId, is_integer
from vernier.units.cutting import Granularity
from vernier.units.unit import Unit

FORMAT = 1

Split = tuple[str, ...]
"""One processor for each unit, `ENGINE:DEVICE:PRECISION`, in the units' order."""


class Form(StrEnum):
    """How a split becomes files.

    SEGMENTS: one file per segment; Vernier converts between them. Any processors.
    ENGINE: one file per segment; the INT8 ones begin and end with QUANTIZE and DEQUANTIZE
        operators, so that the engine converts. For INT8 processors that accept float ends.
    FUSED: one file of mixed precision, for processors that are one engine's on one device.
    """

    SEGMENTS = "segments"
    ENGINE = "engine"
    FUSED = "fused"


def of_operators(split: Split, units: Sequence[Unit]) -> dict[str, str]:
    """The processor of each operator, by the operator's output.

    Raises:
        UsageError: the split has more or fewer units than these.
    """
    if len(split) != len(units):
        raise UsageError(
            f"expected a split of {len(units)} units, found one of {len(split)}; cut the network "
            "with the same granularity"
        )
    return {
        output: processor
        for unit, processor in zip(units, split, strict=True)
        for output in unit.operators
    }


def integer_operators(split: Split, units: Sequence[Unit]) -> frozenset[str]:
    """Outputs of the operators that a split of these units runs in INT8; errors likewise."""
    placed = of_operators(split, units)
    return frozenset(output for output, name in placed.items() if is_integer(name))


def fusion(processors: Sequence[str]) -> dict[str, str]:
    """Which processors of a split can live in one file, and the one that such a file runs on.

    Those are float32 and INT8 of one engine on one device: a file of both runs on the INT8 one.

    Args:
        processors: that the split uses.

    Returns:
        By processor that can be fused with another of them, that one of the engine and device.
    """
    used = set(processors)
    named = {name: ProcessorId.parse(name) for name in sorted(used)}
    pairs = {
        str(known.in_precision("float32")): name
        for name, known in named.items()
        if known.is_integer
    }
    return {
        one: integer
        for exact, integer in pairs.items()
        if exact in used
        for one in (exact, integer)
    }


Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class _Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    unit: Text
    processor: Text


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    granularity: Granularity
    units: tuple[_Place, ...]


@dataclass(frozen=True)
class SplitFile:
    """A split as a file says it, with the names of its units.

    Attributes:
        split: one processor per unit.
        units: their names, in the same order.
        granularity: that the network was cut with.
    """

    split: Split
    units: tuple[str, ...]
    granularity: Granularity

    def of(self, units: Sequence[Unit]) -> Split:
        """The split, if it is of these units.

        Raises:
            UsageError: it is of others, or has them in another order.
        """
        wanted = tuple(unit.name for unit in units)
        if self.units != wanted:
            missing = [name for name in wanted if name not in self.units]
            surplus = sorted({*self.units} - {*wanted})
            fault = (
                f"no processor for {missing[0]!r}"
                if missing
                else f"a processor for {surplus[0]!r}, which is no unit"
                if surplus
                else "the units in another order"
            )
            raise UsageError(
                f"expected a split of {len(units)} units, found {fault}; cut the network with the "
                "same granularity"
            )
        return self.split


def parse_split(data: bytes, origin: str) -> SplitFile:
    """A split from the JSON that `format_split` makes.

    Raises:
        UsageError: it is not such a file.
    """
    file = from_json(data, _File, origin, "split", FORMAT)
    names = tuple(place.unit for place in file.units)
    twice = [name for number, name in enumerate(names) if name in names[:number]]
    if twice:
        raise UsageError(f"{origin}: the unit {twice[0]!r} is placed twice")
    return SplitFile(tuple(place.processor for place in file.units), names, file.granularity)


def load_split(path: Path) -> SplitFile:
    """`parse_split` of a file.

    Raises:
        UsageError: the file is missing or is no split.
    """
    data = read_file(path)
    return parse_split(data, str(path))


def format_split(split: Split, units: Sequence[Unit], granularity: Granularity) -> bytes:
    """The split as JSON that a person can read and edit."""
    places = tuple(_Place(unit.name, name) for unit, name in zip(units, split, strict=True))
    file = _File(FORMAT, granularity, places)
    return to_json(file, indent=2)
