"""CoDL (MobiSys 2022): each layer divided by rows or channels between two float processors.

Jia, F., Zhang, D., Cao, T., Jiang, S., Liu, Y., Ren, J., Zhang, Y.: CoDL: Efficient CPU-GPU
Co-execution for Deep Learning Inference on Mobile Devices. It has hybrid dimensions, operator
chains, and a latency predictor that knows how kernels respond to sizes, which is no line, and what
sharing data costs.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np

from vernier.errors import GraphError
from vernier.rivals.decision import Decision, PlacedUnit, StageChoice
from vernier.rivals.dividing import Part
from vernier.rivals.ends import bfloat16_processor
from vernier.rivals.layers import CHANNELS, ROWS, Layers
from vernier.rivals.part_times import PartTimes
from vernier.rivals.protocol import About, Runner, Setting, Unsuitable
from vernier.rivals.stages import StagedRunner, hand_over_ms

SHARES = (0.25, 0.375, 0.5, 0.625, 0.75)
"""Of the second processor that are tried."""
POINTS = (0.25, 0.5, 0.75, 1.0)
"""Shares of a unit's rows that are measured; the response is read between them."""
LONGEST_CHAIN = 6

ABOUT = About(
    name="codl",
    title="CoDL",
    kind="paper",
    paper="Jia et al., MobiSys 2022",
    policy="every layer divided by rows or output channels between two float processors that run "
    "at once, neighbouring layers chained by rows where that saves hand-overs, by a latency "
    "predictor",
    adapted="the paper's CPU and GPU are two cores here: float32 on one and, as a GPU's float16, "
    "bfloat16 on the other where the CPU has it, else float32; image buffers have no counterpart; "
    "the predictor reads measured times at four sizes and adds copies and hand-overs; the paper "
    "divides for time alone and knows no budget, and so it does here",
    budgeted=False,
)


@dataclass(frozen=True)
class CoDl:
    """See the module.

    Attributes:
        about: what people should know.
        second: the other processor; chosen here if empty.
    """

    about: About = ABOUT
    second: str = ""

    def decide(self, setting: Setting, budget_ms: float) -> Decision:
        """See `protocol.Rival`."""
        layers = self._layers(setting, *setting.size)
        hand_over = 0.0 if setting.modelled else hand_over_ms()
        predictor = Predictor(layers, PartTimes(), hand_over)
        total_ms, stages = _cheapest(predictor, len(setting.units))
        placement = tuple(
            PlacedUnit(
                name=unit.name,
                processor=layers.second if stage.share > 0.5 else layers.first,
                divided=stage.axis,
            )
            for stage in stages
            for unit in setting.units[stage.first : stage.last + 1]
        )
        chains = sum(stage.last > stage.first for stage in stages)
        return Decision(
            stages=tuple(stages),
            predicted_ms=round(total_ms, 4),
            placement=placement,
            note=f"{layers.first} and {layers.second}, {chains} chains",
        )

    def build(self, setting: Setting, decision: Decision, height: int, width: int) -> Runner:
        """See `protocol.Rival`."""
        layers = self._layers(setting, height, width)
        stages = [stage for choice in decision.stages for stage in layers.stages(choice)]
        return StagedRunner(layers.graph, stages)

    def _layers(self, setting: Setting, height: int, width: int) -> Layers:
        second = self.second or setting.helper
        if not second:
            try:
                second = bfloat16_processor(setting)
            except Unsuitable:
                second = setting.float_processor
        graph = setting.float_at(height, width)
        return Layers(graph, setting.units, setting.float_processor, second)


@dataclass
class Predictor:
    """CoDL's latency predictor: measured responses, sharing, and hand-overs.

    Attributes:
        layers: whose stages it predicts.
        times: of parts that are measured.
        hand_over_ms: of waking the other thread and waiting for it.
    """

    layers: Layers
    times: PartTimes
    hand_over_ms: float
    _responses: dict[tuple[int, str], list[float]] = field(default_factory=dict)

    def stage_ms(self, choice: StageChoice) -> float | None:
        """Of a stage; None where its units cannot be divided so."""
        if choice.axis == CHANNELS:
            return self._channels_ms(choice.first, choice.share)
        if choice.axis == ROWS:
            parts = self.layers.row_parts(choice.first, choice.last, choice.share)
            if parts is None:
                return None
            both = [
                self._chain_ms(choice, processor, share, part)
                for (processor, part), share in zip(
                    parts, (1 - choice.share, choice.share), strict=True
                )
            ]
            return max(both) + self.hand_over_ms
        second = choice.share >= 1
        part = self.layers.whole(choice.first, choice.last, second)
        processor = self.layers.second if second else self.layers.first
        return self.times.ms(processor, part) + self.times.sharing_ms(processor, part)

    def _channels_ms(self, unit: int, share: float) -> float | None:
        parts = self.layers.channel_parts(unit, share)
        if parts is None:
            return None
        tails = [one for stage in self.layers.tail(unit) for one in stage.parts]
        both = max(self._part_ms(name, part) for name, part in parts)
        return both + sum(self._part_ms(name, part) for name, part in tails) + self.hand_over_ms

    def _part_ms(self, processor: str, part: Part) -> float:
        return self.times.ms(processor, part) + self.times.sharing_ms(processor, part)

    def _chain_ms(self, choice: StageChoice, processor: str, share: float, part: Part) -> float:
        """Each unit computes its rows and the halo of those after it; all share data once."""
        rows = part.graph.types[part.graph.inputs[0]].shape[1]
        whole = self.layers.graph.types[part.reads[0].tensor].shape[1]
        units = range(choice.first, choice.last + 1)
        # From all that is read down to what counts, in equal steps.
        reached = np.linspace(rows / whole, share, len(units) + 1)[1:]
        if len(units) == 1:
            reached = np.array([rows / whole])
        response = sum(
            float(np.interp(at, POINTS, self._response(unit, processor)))
            for unit, at in zip(units, reached, strict=True)
        )
        return response + self.times.sharing_ms(processor, part)

    def _response(self, unit: int, processor: str) -> list[float]:
        """Measured times of a unit at `POINTS` of its rows."""
        if (unit, processor) not in self._responses:
            found = []
            for point in POINTS[:-1]:
                parts = self.layers.row_parts(unit, unit, 1 - point)
                if parts is None:
                    raise GraphError(f"{self.layers.graph.name}: cannot be divided by rows")
                found.append(self.times.ms(processor, parts[0][1]))
            whole = self.layers.whole(unit, unit, second=False)
            self._responses[unit, processor] = [*found, self.times.ms(processor, whole)]
        return self._responses[unit, processor]


def _cheapest(predictor: Predictor, units: int) -> tuple[float, list[StageChoice]]:
    """The fastest row of stages, by dynamic programming over where each ends."""
    best: list[tuple[float, list[StageChoice]]] = [(0.0, [])]
    for end in range(units):
        options: list[tuple[float, list[StageChoice]]] = []
        for first in range(max(0, end - LONGEST_CHAIN + 1), end + 1):
            before_ms, before = best[first]
            for choice in _choices(first, end):
                try:
                    time_ms = predictor.stage_ms(choice)
                except GraphError:
                    continue
                if time_ms is not None:
                    options.append((before_ms + time_ms, [*before, choice]))
        best.append(min(options, key=lambda one: one[0]))
    return best[-1]


def _choices(first: int, last: int) -> list[StageChoice]:
    divided = [
        StageChoice(first=first, last=last, axis=axis, share=share)
        for axis, share in itertools.product((ROWS, CHANNELS) if first == last else (ROWS,), SHARES)
    ]
    if first < last:
        return divided
    alone = [StageChoice(first=first, last=last, share=share) for share in (0.0, 1.0)]
    return [*alone, *divided]
