"""Sizes as users type them. A network's input is HEIGHTxWIDTH, as tensors are written."""

from __future__ import annotations

import re

from vernier.errors import UsageError

_SIZE = re.compile(r"(\d{1,6})[xX](\d{1,6})")


def parse_size(text: str) -> tuple[int, int]:
    """`(height, width)` from "HEIGHTxWIDTH".

    Raises:
        UsageError: anything else, or a side of 0.
    """
    match = _SIZE.fullmatch(text.strip())
    if not match or not int(match[1]) or not int(match[2]):
        raise UsageError(f"expected a size as HEIGHTxWIDTH, such as 360x640, found {text!r}")
    return int(match[1]), int(match[2])
