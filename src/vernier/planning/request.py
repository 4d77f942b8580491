"""What a user asks of a plan, checked before anything is opened for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypedDict, TypeVar

from vernier.errors import UsageError
from vernier.processor_id import ProcessorId
from vernier.quality.guard import BOUND_DB
from vernier.quality.objectives import Objective
from vernier.quality.split_quality import PHOTOS, SIDE
from vernier.splitting.budget import Budget, parse_budget
from vernier.splitting.local_search import MOST_JUDGEMENTS
from vernier.splitting.methods import Method

QUICK_JUDGEMENTS = 60
ALL_FLOAT = Budget(1.0, "x")
Word = TypeVar("Word", bound=StrEnum)


class SearchOptions(TypedDict, total=False):
    """What may be asked of a search beside its budget and its photos.

    Keys:
        method: of the search, see `splitting.methods.Method`; "search" if absent.
        objective: what is minimised, see `quality.objectives.Objective`; "visible" if absent.
        bound_db: PSNR to the float picture in dB, down to which a gain of PIQE counts.
        locked: where a unit must run, processor by the unit's name.
        most_switches: between processors; any number if absent.
        memory_mb: MB (10^6 bytes) of weights and crossing tensors, at the most.
        photo_count: photos to search with; 8 if absent. As many others give the verdict, and up
            to six times as many the last choice.
        seed: of the search's random numbers; 0 if absent.
        quick: fewer judgements, and a rougher profile where one is measured.
        nearest: where nothing keeps the budget, end with the fastest split that was timed.
        allow_inexact: use processors that are named although their numbers are wrong here.
    """

    method: str
    objective: str
    bound_db: float | None
    locked: Mapping[str, str]
    most_switches: int | None
    memory_mb: float | None
    photo_count: int
    seed: int
    quick: bool
    nearest: bool
    allow_inexact: bool


@dataclass(frozen=True)
class Request:
    """What is asked of a search.

    Attributes:
        photos: folder of photos to calibrate on, to search with, and to judge by.
        budget: of time.
        method: of the search.
        objective: what is minimised.
        bound_db: of the guarded objective.
        locked: where units must run, processor by the unit's name.
        most_switches: between processors; any number where None.
        memory_bytes: of weights and crossing tensors, at the most; any number where None.
        photo_count: crops to search with, as many others for the verdict, and up to six times as
            many for the last choice.
        side: of a crop at high resolution, in pixels.
        most: judgements of the default method.
        seed: of the search's random numbers.
        nearest: where nothing keeps the budget, the fastest that was timed, and no error.
        allow_inexact: plan with processors whose numbers are wrong here, too.
    """

    photos: Path
    budget: Budget = ALL_FLOAT
    method: Method = Method.SEARCH
    objective: Objective = Objective.VISIBLE
    bound_db: float = BOUND_DB
    locked: Mapping[str, str] = field(default_factory=dict)
    most_switches: int | None = None
    memory_bytes: int | None = None
    photo_count: int = PHOTOS
    side: int = SIDE
    most: int = MOST_JUDGEMENTS
    seed: int = 0
    nearest: bool = False
    allow_inexact: bool = False


def requested(
    photos: Path | str, budget: Budget | str = ALL_FLOAT, options: SearchOptions | None = None
) -> Request:
    """A request from a user's words.

    Args:
        photos: folder.
        budget: such as "40ms", "30fps" or "0.5x" of all-float.
        options: the others.

    Raises:
        UsageError: one of them cannot be read.
    """
    asked = options or SearchOptions()
    bound_db, memory_mb = asked.get("bound_db"), asked.get("memory_mb")
    locked = dict(asked.get("locked", {}))
    for processor in locked.values():
        ProcessorId.parse(processor)
    return Request(
        Path(photos),
        parse_budget(budget) if isinstance(budget, str) else budget,
        _one_of(Method, "a method", asked.get("method", Method.SEARCH)),
        _one_of(Objective, "an objective", asked.get("objective", Objective.VISIBLE)),
        BOUND_DB if bound_db is None else bound_db,
        locked,
        asked.get("most_switches"),
        None if memory_mb is None else int(memory_mb * 1e6),
        asked.get("photo_count", PHOTOS),
        most=QUICK_JUDGEMENTS if asked.get("quick", False) else MOST_JUDGEMENTS,
        seed=asked.get("seed", 0),
        nearest=asked.get("nearest", False),
        allow_inexact=asked.get("allow_inexact", False),
    )


def _one_of(words: type[Word], kind: str, text: str) -> Word:
    if text not in list(words):
        raise UsageError(f"expected {kind} of {', '.join(words)}, found {text!r}")
    return words(text)
