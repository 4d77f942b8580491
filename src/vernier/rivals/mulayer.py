"""muLayer (EuroSys 2019): each layer's output channels divided between processors that run at once.

Kim, Y., Kim, J., Chae, D., Kim, D., Kim, J.: muLayer: Low Latency On-Device Inference Using
Cooperative Single-Layer Acceleration and Processor-Friendly Quantization. Channel-wise distribution
of a layer; 8-bit storage between layers, INT8 arithmetic on one processor and float on the other;
the ratio of each layer from a latency predictor.
"""

from __future__ import annotations

from dataclasses import dataclass

from vernier.graphs.shapes import resized
from vernier.rivals.decision import Decision, PlacedUnit, StageChoice
from vernier.rivals.layers import CHANNELS, Layers
from vernier.rivals.part_times import PartTimes
from vernier.rivals.protocol import About, Runner, Setting
from vernier.rivals.stages import StagedRunner

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Of the INT8 processor: the ratios that the paper tries."""

ABOUT = About(
    name="mulayer",
    title="muLayer",
    kind="paper",
    paper="Kim et al., EuroSys 2019",
    policy="every layer's output channels divided between a float and an INT8 processor that run "
    "at once, in the ratio that is fastest by measured times; 8-bit codes between layers",
    adapted="a processor is an engine with one core; no network here has branches to distribute; "
    "the paper divides for time alone and knows no budget, and so it does here; times are of parts "
    "that were run, not of a regression",
    budgeted=False,
)


@dataclass(frozen=True)
class MuLayer:
    """See the module."""

    about: About = ABOUT

    def decide(self, setting: Setting, budget_ms: float) -> Decision:
        """See `protocol.Rival`."""
        layers, times = _layers(setting, *setting.size), PartTimes()
        stages, placement, total = [], [], 0.0
        for number, unit in enumerate(setting.units):
            timed = [
                (time_ms, share)
                for share in SHARES
                if (time_ms := unit_ms(layers, times, number, share)) is not None
            ]
            best_ms, share = min(timed)
            axis = CHANNELS if 0 < share < 1 else ""
            stages.append(StageChoice(first=number, last=number, axis=axis, share=share))
            total += best_ms
            placement.append(
                PlacedUnit(
                    name=unit.name,
                    processor=layers.second if share >= 0.5 else layers.first,
                    time_ms=round(best_ms, 6),
                    divided=axis,
                    int8_share=share,
                )
            )
        return Decision(
            stages=tuple(stages), predicted_ms=round(total, 4), placement=tuple(placement)
        )

    def build(self, setting: Setting, decision: Decision, height: int, width: int) -> Runner:
        """See `protocol.Rival`."""
        layers = _layers(setting, height, width)
        stages = [stage for choice in decision.stages for stage in layers.stages(choice)]
        return StagedRunner(layers.stored, stages)


def unit_ms(layers: Layers, times: PartTimes, unit: int, share: float) -> float | None:
    """The predicted time of a unit that is divided so; None where it cannot be."""
    if share in (0.0, 1.0):
        part = layers.whole(unit, unit, second=share == 1.0)
        processor = layers.second if share == 1.0 else layers.first
        return times.ms(processor, part) + times.sharing_ms(processor, part)
    parts = layers.channel_parts(unit, share)
    if parts is None:
        return None
    both = max(times.ms(name, part) + times.sharing_ms(name, part) for name, part in parts)
    tails = [one for stage in layers.tail(unit) for one in stage.parts]
    return both + sum(times.ms(name, part) + times.sharing_ms(name, part) for name, part in tails)


def _layers(setting: Setting, height: int, width: int) -> Layers:
    return Layers(
        setting.float_at(height, width),
        setting.units,
        setting.float_processor,
        setting.helper or setting.int8_processor,
        resized(setting.integer_graph, height, width),
    )
