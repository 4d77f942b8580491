"""What callers may pass: wrong types are told as wrong values are."""

from __future__ import annotations

import math
import os
from numbers import Integral, Real
from typing import Any

from vernier.errors import UsageError


def check_options(
    network: Any,
    scale: Any,
    processor: Any,
    bundle: Any,
    tile: Any,
    memory_bytes: Any,
    threads: Any,
) -> None:
    """Refuse arguments of `Upscaler` that cannot be meant.

    Raises:
        UsageError: one of a wrong type, or out of range whatever the network.
    """
    for name, text in (("network", network), ("processor", processor)):
        if not isinstance(text, str):
            raise UsageError(f"expected {name} to be a text, found {text!r}")
    if bundle is not None and not isinstance(bundle, str | os.PathLike):
        raise UsageError(f"expected bundle to be a path, found {bundle!r}")
    if scale is not None and not (_is_real(scale) and math.isfinite(scale)):
        raise UsageError(f"expected scale to be a number such as 2 or 1.5, found {scale!r}")
    for name, number in (("threads", threads), ("memory_bytes", memory_bytes or 0)):
        if not _is_whole(number):
            raise UsageError(f"expected {name} to be a whole number, found {number!r}")
        if number < 0:
            raise UsageError(f"expected 0 or more {name.replace('_', ' ')}, found {number}")
    if tile is not None:
        check_pair(tile, "tile", "a tile")


def check_halo(halo: Any) -> None:
    """Refuse a halo that is neither a number of pixels, "exact" nor None.

    Raises:
        UsageError: anything else.
    """
    if halo in (None, "exact") or (_is_whole(halo) and halo >= 0):
        return
    raise UsageError(f'expected halo to be a number of pixels or "exact", found {halo!r}')


def check_wanted(size: Any) -> tuple[int, int] | None:
    """An exact size that a caller asks for, `(height, width)`, or None.

    Raises:
        UsageError: anything else.
    """
    return None if size is None else check_pair(size, "size", "a result")


def check_pair(value: Any, name: str, what: str) -> tuple[int, int]:
    """`(height, width)`, both whole and at least 1.

    Raises:
        UsageError: anything else.
    """
    is_pair = isinstance(value, tuple | list) and len(value) == 2 and all(map(_is_whole, value))
    if not is_pair:
        raise UsageError(f"expected {name} to be (height, width), found {value!r}")
    height, width = int(value[0]), int(value[1])
    if height < 1 or width < 1:
        raise UsageError(f"expected {what} of at least 1x1 pixels, found {name} {value!r}")
    return height, width


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_real(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
