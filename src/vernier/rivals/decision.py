"""What a method decides for a network and a budget, as a value that a file can keep."""

from __future__ import annotations

import msgspec


class PlacedUnit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where one unit runs, and what it would be to move it.

    Attributes:
        name: of the unit.
        processor: where it runs; where it is divided, where the larger part does.
        time_ms: predicted there; null where nothing predicts it.
        switch_ms: of converting and handing over what it reads, predicted; 0 without a switch.
        sensitivity: how much larger the objective is with this unit alone in INT8; null if unknown.
        moved_to: the other processor that `flip_ms` and `flip_objective` are about; empty if none.
        flip_ms: what the whole would take more, predicted, if this unit alone were moved.
        flip_objective: how much larger the objective would be; null if it was not judged.
        divided: "channels" or "rows" where processors share the unit; empty where one has it.
        int8_share: of its output that INT8 computes, from 0 to 1.
    """

    name: str
    processor: str
    time_ms: float | None = None
    switch_ms: float = 0.0
    sensitivity: float | None = None
    moved_to: str = ""
    flip_ms: float | None = None
    flip_objective: float | None = None
    divided: str = ""
    int8_share: float = 0.0


class StageChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Neighbouring units that are computed together, by one processor or divided between two.

    Attributes:
        first: number of the first unit.
        last: of the last, included.
        axis: "channels", "rows", or "" where one processor computes all.
        share: of the second processor, from 0 to 1.
    """

    first: int
    last: int
    axis: str = ""
    share: float = 0.0


class PatchChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a picture is cut into patches, and which of them go to the float processor.

    Attributes:
        rows: of patches.
        columns: likewise.
        share: of the patches that go to the float processor, the hardest ones of each picture.
        variant: the network that the INT8 processor computes.
        overlap: low-resolution pixels that patches carry of their neighbours, on each side.
    """

    rows: int
    columns: int
    share: float
    variant: str
    overlap: int


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be run.

    Attributes:
        split: one processor for each unit, where units are placed whole.
        form: of the split's files.
        stages: where units are divided.
        patches: where pictures are.
        predicted_ms: of one picture, by the method's own predictor; null if it has none.
        placement: of each unit; empty of a method that does not place units.
        note: what else is to be said.
        missing: why the method has nothing to offer; empty where it has.
    """

    split: tuple[str, ...] = ()
    form: str = "segments"
    stages: tuple[StageChoice, ...] = ()
    patches: PatchChoice | None = None
    predicted_ms: float | None = None
    placement: tuple[PlacedUnit, ...] = ()
    note: str = ""
    missing: str = ""
