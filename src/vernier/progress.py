"""How long work tells how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with the amount done, the whole amount, and a few words on what is going on."""

    def __call__(self, done: int, total: int, note: str = "") -> None:
        """Report."""
        ...


def silent(done: int, total: int, note: str = "") -> None:
    """The progress of those who do not want to hear of it."""
