"""A split as a value and as a file: one processor per unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec

from vernier.errors import UsageError
from vernier.processor_id import ProcessorId, is_integer
from vernier.units.cutting import Granularity
from vernier.units.unit import Unit

FORMAT = 1

Assignment = tuple[str, ...]
"""A split as searches handle it: one processor for each unit, in the units' order."""


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


@dataclass(frozen=True)
class Split:
    """Which processor computes each unit.

    Attributes:
        processors: by the unit's name, `ENGINE:DEVICE:PRECISION`, in the units' order.
    """

    processors: Mapping[str, str]

    @staticmethod
    def of(units: Sequence[Unit], processors: Sequence[str]) -> Split:
        """A split from one processor per unit, in order."""
        return Split(
            {unit.name: processor for unit, processor in zip(units, processors, strict=True)}
        )

    def of_operators(self, units: Sequence[Unit]) -> dict[str, str]:
        """The processor of each operator, by the operator's output.

        Raises:
            UsageError: the split is of other units than these.
        """
        if list(self.processors) != [unit.name for unit in units]:
            missing = [unit.name for unit in units if unit.name not in self.processors]
            surplus = sorted(set(self.processors) - {unit.name for unit in units})
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
        return {output: self.processors[unit.name] for unit in units for output in unit.operators}

    def integer_operators(self, units: Sequence[Unit]) -> frozenset[str]:
        """Outputs of the operators that the split runs in INT8."""
        placed = self.of_operators(units)
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


def parse_split(data: bytes, origin: str) -> tuple[Split, Granularity]:
    """A split and the granularity of its units, from the JSON that `format_split` makes.

    Raises:
        UsageError: it is not such a file.
    """
    try:
        file = msgspec.json.decode(data, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{origin}: not a split: {error}") from error
    if file.format > FORMAT:
        raise UsageError(
            f"{origin}: the split has format {file.format}, this Vernier reads up to {FORMAT}"
        )
    names = [place.unit for place in file.units]
    twice = [name for number, name in enumerate(names) if name in names[:number]]
    if twice:
        raise UsageError(f"{origin}: the unit {twice[0]!r} is placed twice")
    return Split({place.unit: place.processor for place in file.units}), file.granularity


def load_split(path: Path) -> tuple[Split, Granularity]:
    """`parse_split` of a file.

    Raises:
        UsageError: the file is missing or is no split.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot read the split: {error}") from error
    return parse_split(data, str(path))


def format_split(split: Split, granularity: Granularity) -> bytes:
    """The split as JSON that a person can read and edit."""
    places = tuple(_Place(unit, processor) for unit, processor in split.processors.items())
    file = _File(FORMAT, granularity, places)
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"
