"""What is asked of a search: the fastest possible, the finest possible, and all between.

A search knows times from a profile and quality from a *judge*; it knows neither engines nor
pictures. A split is a processor's name for each unit, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from vernier.errors import UsageError
from vernier.processor_id import is_integer, precision_of
from vernier.profiling.prediction import Predictor
from vernier.profiling.profile import Profile
from vernier.splitting.time_model import TimeModel, time_model
from vernier.units.split import Split

Judge = Callable[[Split], float]
"""The objective of a split; lower looks better."""


@dataclass(frozen=True)
class Memory:
    """What a split needs to be kept: weights, and one copy of what crosses.

    Attributes:
        weights: by unit, bytes on each processor.
        most_bytes: limit.
    """

    weights: tuple[Mapping[str, int], ...]
    most_bytes: int


@dataclass(frozen=True)
class Constraints:
    """What a user insists on beside the budget.

    Attributes:
        locked: processor by the unit's name.
        most_switches: between processors; any number where None.
        memory: limit of weights and crossing tensors; none where None.
    """

    locked: Mapping[str, str] = field(default_factory=dict)
    most_switches: int | None = None
    memory: Memory | None = None


@dataclass(frozen=True)
class Problem:
    """A profile, a budget and what else must hold.

    Attributes:
        profile: of the network, at the size that the budget is for.
        budget_ms: of one picture; infinity for none.
        constraints: further ones.

    Raises:
        UsageError: a lock names no unit, or a processor that the unit was not profiled on.
    """

    profile: Profile
    budget_ms: float
    constraints: Constraints = Constraints()

    def __post_init__(self) -> None:
        names = {unit.name for unit in self.profile.units}
        for unit, processor in self.constraints.locked.items():
            if unit not in names:
                raise UsageError(
                    f"no unit is called {unit!r} to be locked; there are {', '.join(sorted(names))}"
                )
            if processor not in self.profile.processors:
                raise UsageError(
                    f"{unit!r} is locked to {processor}, which was not profiled; there are "
                    f"{', '.join(self.profile.processors)}"
                )
        for unit_times, able in zip(self.profile.units, self.able, strict=True):
            if not able:
                raise UsageError(
                    f"the unit {unit_times.name!r} runs on no profiled processor: "
                    f"{unit_times.refused or 'its lock excludes all'}"
                )

    def within(self, budget_ms: float) -> Problem:
        """The same with another budget."""
        return replace(self, budget_ms=budget_ms)

    @cached_property
    def able(self) -> tuple[tuple[str, ...], ...]:
        """For each unit the processors it may run on, in the profile's order."""
        locked = self.constraints.locked
        return tuple(
            tuple(
                name
                for name in self.profile.processors
                if name in unit.times and locked.get(unit.name, name) == name
            )
            for unit in self.profile.units
        )

    @cached_property
    def _predictor(self) -> Predictor:
        return Predictor(self.profile)

    @cached_property
    def _known_ms(self) -> dict[Split, tuple[float, int]]:
        return {}

    def _times(self, split: Split) -> tuple[float, int]:
        if split not in self._known_ms:
            found = self._predictor.predict(split)
            self._known_ms[split] = found.total_ms, len(found.runs) - 1
        return self._known_ms[split]

    def time_ms(self, split: Split) -> float:
        """Predicted, of one picture."""
        return self._times(split)[0]

    def switches(self, split: Split) -> int:
        """Times that computing passes from one processor to another."""
        return self._times(split)[1]

    def switches_ms(self, split: Split) -> list[float]:
        """Converting and handing over what each unit reads, in ms; see `TimeModel.switches_ms`."""
        places = [self.profile.processors.index(name) for name in split]
        return self.sums.switches_ms(places)

    def memory_bytes(self, split: Split) -> int:
        """Weights, and one copy of each crossing tensor in each format; 0 without a limit."""
        memory = self.constraints.memory
        if memory is None:
            return 0
        weights = sum(unit[name] for unit, name in zip(memory.weights, split, strict=True))
        copies = {
            (read.tensor, is_integer(split[number])): _bytes(read.shape, split[number])
            for number, unit in enumerate(self.profile.units)
            for read in unit.reads
            if read.unit < 0 or split[read.unit] != split[number]
        }
        return weights + sum(copies.values())

    def allowed(self, split: Split) -> bool:
        """Whether all constraints but the budget hold."""
        most, memory = self.constraints.most_switches, self.constraints.memory
        return (
            all(name in able for name, able in zip(split, self.able, strict=True))
            and (most is None or self.switches(split) <= most)
            and (memory is None or self.memory_bytes(split) <= memory.most_bytes)
        )

    def feasible(self, split: Split) -> bool:
        """Whether it keeps the budget and all other constraints."""
        return self.allowed(split) and self.time_ms(split) <= self.budget_ms

    @cached_property
    def sums(self) -> TimeModel:
        """Times as sums."""
        return time_model(self.profile, self.able)

    @cached_property
    def finest(self) -> Split:
        """The exact end: each unit on a float processor, the same one as far as possible."""
        return self._mostly([name for name in self.profile.processors if not is_integer(name)])

    @cached_property
    def coarsest(self) -> Split:
        """The other end: each unit in INT8 that can be, on one processor as far as possible."""
        return self._mostly([name for name in self.profile.processors if is_integer(name)])

    def _mostly(self, wanted: Sequence[str]) -> Split:
        """The slowest-to-fastest question does not arise: precision first, then the fastest."""
        exact = [name for name in wanted if precision_of(name) == "float32"] or list(wanted)
        candidates = [
            tuple(
                next((name for name in (first, *exact, *wanted) if name in able), able[0])
                for able in self.able
            )
            for first in exact or self.profile.processors
        ]
        return min(candidates, key=self.time_ms)


def _bytes(shape: Sequence[int], processor: str) -> int:
    _, height, width, channels = shape
    return height * width * channels * (1 if is_integer(processor) else 4)
