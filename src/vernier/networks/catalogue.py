"""What the registry's networks cost, as plain data that is read without PyTorch.

`catalogue.json` is written by `tools/catalogue.py`, which builds and counts every network; a test
counts again.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec

FILE = Path(__file__).parent / "catalogue.json"


class Cost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A network at one scale.

    Attributes:
        scale: whole factor.
        parameters: all that is trained, of the form that is deployed.
        macs: multiply-accumulates for an output of 1280x720, transposed convolutions counted at
            their output's resolution as the field does.
        halo: receptive-field radius in input pixels; null where it looks at the whole picture.
    """

    scale: int
    parameters: Annotated[int, msgspec.Meta(ge=0)]
    macs: Annotated[int, msgspec.Meta(ge=0)]
    halo: int | None


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A network of the registry.

    Attributes:
        name: what the user types.
        paper: authors, venue and year.
        channels: 1 = luma only, 3 = RGB.
        costs: by rising scale.
    """

    name: str
    paper: str
    channels: int
    costs: tuple[Cost, ...]


@cache
def catalogue() -> tuple[Listed, ...]:
    """All networks of the registry, in its order."""
    return msgspec.json.decode(FILE.read_bytes(), type=tuple[Listed, ...])
