"""Sizes as people type them: WIDTHxHEIGHT, as screens are measured, in every command."""

from __future__ import annotations

import re

from vernier.errors import UsageError

_SIZE = re.compile(r"(\d{1,6})[xX](\d{1,6})", re.ASCII)


def parse_size(text: str, what: str = "a size") -> tuple[int, int]:
    """`(height, width)`, as arrays are shaped, from "WIDTHxHEIGHT".

    Args:
        text: such as "640x360".
        what: is expected, for the message.

    Raises:
        UsageError: anything else, or a side of 0.
    """
    match = _SIZE.fullmatch(text.strip())
    if not match or not int(match[1]) or not int(match[2]):
        raise UsageError(f"expected {what} as WIDTHxHEIGHT, such as 640x360, found {text!r}")
    return int(match[2]), int(match[1])


def size_text(height: int, width: int) -> str:
    """A size as it would be typed: WIDTHxHEIGHT."""
    return f"{width}x{height}"


def refuse_turned(given: tuple[int, int], fitting: tuple[int, int] | None, option: str) -> None:
    """Refuse a size in the old order, HEIGHTxWIDTH, where that can be told.

    Args:
        given: `(height, width)` as parsed.
        fitting: the only one that fits what it is for; None where any does.
        option: its name, such as "--size".

    Raises:
        UsageError: the size turned round is the only one that fits.
    """
    if fitting is not None and given != fitting and given[::-1] == fitting:
        raise UsageError(
            f"{option} {size_text(*given)}: sizes are WIDTHxHEIGHT; write {size_text(*fitting)}"
        )
