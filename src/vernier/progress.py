"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Progress(Protocol):
    """Called with the amount done, the whole amount, and a few words on what is going on."""

    def __call__(self, done: int, total: int, note: str = "") -> None:
        """Report."""
        ...


Stages = Callable[[str], AbstractContextManager[Progress]]
"""For work of several stages: entered with a stage's title, gives the progress of that stage."""


def silent(done: int, total: int, note: str = "") -> None:
    """The progress of those who do not want to hear of it."""


def silent_stages(title: str) -> AbstractContextManager[Progress]:
    """The stages of those who do not want to hear of them."""
    return nullcontext(silent)
