"""What a rival is: it decides for a budget, and makes what runs at a size."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vernier.graphs.graph import Graph
from vernier.graphs.shapes import resized
from vernier.networks.source import Source
from vernier.planning.context import Context
from vernier.processors.discovery import find_processor
from vernier.processors.protocol import Executable
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import Ranges
from vernier.rivals.decision import Decision
from vernier.rivals.modelled import HELPER, has_model_of_parts
from vernier.splitting.problem import Problem
from vernier.units.cutting import cut
from vernier.units.unit import Unit

Float32 = NDArray[np.float32]


class Unsuitable(Exception):  # noqa: N818 - it is an answer and no failure
    """A method has nothing to offer for this network or on this machine; the message says why."""


@dataclass(frozen=True)
class About:
    """What people should know of a method.

    Attributes:
        name: as results have it.
        title: as people read it.
        kind: "plan", "end" (a single precision), "paper" or "tool".
        paper: where it was published, or whose tool it is like.
        policy: what it does, in a sentence.
        adapted: what is otherwise here, in words.
        budgeted: whether it is given a budget.
    """

    name: str
    title: str
    kind: str
    paper: str = ""
    policy: str = ""
    adapted: str = ""
    budgeted: bool = True


class Runner(Protocol):
    """A method at one picture size, loaded. Not to be shared between threads."""

    def fill(self, low: Float32) -> None:
        """Put a picture in: planes `(h, w, channels)`, float32 in [0, 1]. Not timed."""
        ...

    def run(self) -> None:
        """Compute the picture; this is what is timed."""
        ...

    def result(self) -> Float32:
        """The planes `(scale*h, scale*w, channels)`, not clipped. Not timed."""
        ...

    @property
    def int8_share(self) -> float | None:
        """Of the last picture's pixels that INT8 computed, where the picture decides that."""
        ...

    def close(self) -> None:
        """Free the engines' memory."""
        ...


@dataclass(frozen=True)
class Setting:
    """What all methods are given alike.

    Attributes:
        context: network, profile, ranges, photos to calibrate and to search with.
        float_processor: exact and slow.
        int8_processor: fast and coarse.
        photos: low-resolution inputs `(h, w, channels)` that nothing is scored on.
        threads: of the CPU, for methods that use one processor at a time.
        float_ms: all-float, measured now, of one picture of the profile's size.
    """

    context: Context
    float_processor: str
    int8_processor: str
    photos: tuple[Float32, ...]
    threads: int
    float_ms: float

    @property
    def source(self) -> Source:
        """The network."""
        return self.context.source

    @property
    def ranges(self) -> Ranges:
        """Of its activations."""
        return self.context.ranges

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture that budgets are for, in low-resolution pixels."""
        return self.context.profile.height, self.context.profile.width

    @property
    def modelled(self) -> bool:
        """Whether the processors are not here: then nothing is measured.

        Raises:
            Unsuitable: they are not, and there is no model of parts on them.
        """
        pair = (self.float_processor, self.int8_processor)
        if not any(map(self.context.profile.is_elsewhere, pair)):
            return False
        if all(map(has_model_of_parts, pair)):
            return True
        raise Unsuitable(f"parts of a network cannot be timed on {' and '.join(pair)}")

    @property
    def helper(self) -> str:
        """A phone's CPU beside its GPU, where these are modelled; "" of processors here."""
        return HELPER if self.modelled else ""

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Of the network."""
        return cut(self.source.graph, self.context.subject.granularity)

    @cached_property
    def integer_graph(self) -> Graph:
        """The network in full-integer INT8.

        Raises:
            Unsuitable: an operator has no INT8 form.
        """
        problem = self.problem(float("inf"))
        if any(self.int8_processor not in able for able in problem.able):
            raise Unsuitable("a unit has no INT8 form")
        return quantize(self.source.graph, self.ranges)

    def float_at(self, height: int, width: int) -> Graph:
        """The float network at a size."""
        return resized(self.source.graph, height, width)

    def problem(self, budget_ms: float) -> Problem:
        """The units' profiled times and a budget, which is taken at the profile's pace."""
        free = Problem(self.context.profile, math.inf, self.context.constraints)
        return free.within(budget_ms / self.pace)

    @cached_property
    def pace(self) -> float:
        """All-float's time now to what the profile says, which was measured at another moment."""
        free = Problem(self.context.profile, math.inf, self.context.constraints)
        return self.float_ms / free.time_ms(free.finest)


Load = Callable[[str, bytes], Executable]


def on_one_core(processor: str, model: bytes) -> Executable:
    """A `.tflite` file, loaded on a processor with one thread of its own."""
    return find_processor(processor).load(model, threads=1)


class Rival(Protocol):
    """A method."""

    @property
    def about(self) -> About:
        """What people should know of it."""
        ...

    def decide(self, setting: Setting, budget_ms: float) -> Decision:
        """Find what to run.

        Args:
            setting: see `Setting`.
            budget_ms: of one picture; infinity for a method that is given none.

        Raises:
            Unsuitable: the method has nothing to offer here.
        """
        ...

    def build(self, setting: Setting, decision: Decision, height: int, width: int) -> Runner:
        """Load what was decided, for low-resolution pictures of a size."""
        ...
