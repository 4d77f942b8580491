"""MobiSR (MobiCom 2019): patches by difficulty, two variants of a network, processors at once.

Lee, R., Venieris, S. I., Dudziak, L., Bhattacharya, S., Lane, N. D.: MobiSR: Efficient On-Device
Super-Resolution through Heterogeneous Mobile Processors. A patch's total variation says how hard it
is; hard ones go to the finer variant on the slower processor, others to the coarser one on the
accelerator. Variants, processors and how many are hard are chosen for a time.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from vernier.bundles.shipped import shipped_networks
from vernier.errors import UsageError
from vernier.export.networks import Photos, ranges_on
from vernier.graphs.counts import count_macs
from vernier.graphs.graph import Graph
from vernier.graphs.shapes import fits_one_size, resized
from vernier.metrics.psnr import psnr
from vernier.networks.source import find_source
from vernier.quantization.quantize import quantize
from vernier.rivals.decision import Decision, PatchChoice
from vernier.rivals.patches import Grid, PatchRunner, halo_of, patch_ms
from vernier.rivals.protocol import About, Float32, Runner, Setting, Unsuitable
from vernier.rivals.stages import hand_over_ms

GRIDS = ((2, 2), (2, 3), (3, 4), (4, 6))
"""Rows and columns of patches that are tried."""
JUDGED = 4
"""Photos that variants are compared on."""
SMALLER = {"sesr-m11": "sesr-m5", "sesr-m7": "sesr-m5", "sesr-xl": "sesr-m5", "sesr-m5": "sesr-m3",
           "sesr-m11-hw": "sesr-m5-hw", "edsr-baseline": "sesr-m11", "enet": "sesr-m7"}  # fmt: skip
"""A network's smaller relative, where one comes with Vernier; the next that does otherwise."""
SMALL_OVERLAP = 4
"""Pixels; patches that carry less than their network's halo are cheaper, and their seams show."""

ABOUT = About(
    name="mobisr",
    title="MobiSR",
    kind="paper",
    paper="Lee et al., MobiCom 2019",
    policy="patches of a large total variation by the full network in float, the others by a "
    "compressed variant in INT8, both processors at once, as many as the budget allows",
    adapted="a processor is an engine with one core; the threshold is each picture's own, so that "
    "each keeps the time; patches carry the networks' halo, or 4 pixels; the INT8 variant is the "
    "network itself or a smaller one of its kind; of these and of four grids, what is nearest to "
    "the float pictures within the budget",
)


@dataclass(frozen=True)
class MobiSr:
    """See the module."""

    about: About = ABOUT

    def decide(self, setting: Setting, budget_ms: float) -> Decision:
        """See `protocol.Rival`."""
        if fits_one_size(setting.source.graph):
            raise Unsuitable("the network takes pictures of one size only")
        options = [
            found
            for variant in _variants(setting)
            for overlap in _overlaps(setting, variant)
            if (found := self._fitted(setting, variant, overlap, budget_ms)) is not None
        ]
        if not options:
            raise Unsuitable(f"no grid of patches keeps {budget_ms:.2f} ms")
        if len(options) == 1:
            return options[0]
        return max(options, key=lambda one: self._nearness_db(setting, one))

    def build(self, setting: Setting, decision: Decision, height: int, width: int) -> Runner:
        """See `protocol.Rival`."""
        choice = decision.patches
        assert choice is not None
        exact, coarse = setting.source.graph, integer_variant(setting, choice.variant)
        # As many patches along the longer side, whichever way the picture lies.
        rows, columns = sorted((choice.rows, choice.columns), reverse=height > width)
        grid = Grid.of(height, width, rows, columns, choice.overlap)
        return PatchRunner(
            (setting.float_processor, exact),
            (setting.int8_processor, coarse),
            grid,
            choice.share,
            setting.source.scale,
        )

    def _fitted(
        self, setting: Setting, variant: str, overlap: int, budget_ms: float
    ) -> Decision | None:
        """The grid and threshold that give the float processor most within a time."""
        best: tuple[float, float, Decision] | None = None
        coarse, scale = integer_variant(setting, variant), setting.source.scale
        for rows, columns in GRIDS:
            try:
                grid = Grid.of(*setting.size, rows, columns, overlap)
            except UsageError:
                continue
            before_ms = 0.0 if setting.modelled else _judging_ms(setting, grid) + hand_over_ms()
            exact_ms = patch_ms(setting.float_processor, setting.source.graph, grid, scale)
            coarse_ms = patch_ms(setting.int8_processor, coarse, grid, scale)
            count = len(grid.tiles)
            for hard in range(count, -1, -1):
                time_ms = max(hard * exact_ms, (count - hard) * coarse_ms) + before_ms
                if time_ms > budget_ms:
                    continue
                share = hard / count
                if best is None or (share, -time_ms) > best[:2]:
                    choice = PatchChoice(
                        rows=rows,
                        columns=columns,
                        share=share,
                        variant=variant,
                        overlap=overlap,
                    )
                    note = (
                        f"{hard} of {count} patches in float, the others {variant} in INT8, "
                        f"which overlap by {overlap} pixels"
                    )
                    decision = Decision(patches=choice, predicted_ms=round(time_ms, 4), note=note)
                    best = (share, -time_ms, decision)
                break
        return None if best is None else best[2]

    def _nearness_db(self, setting: Setting, decision: Decision) -> float:
        """Mean PSNR to the float network's pictures, on photos that nothing is scored on."""
        found = []
        for low in setting.photos[:JUDGED]:
            size = (low.shape[0], low.shape[1])
            exact = _float_picture(setting, low)
            runner = self.build(setting, decision, *size)
            try:
                runner.fill(low)
                runner.run()
                found.append(psnr(np.clip(runner.result(), 0, 1), np.clip(exact, 0, 1)))
            finally:
                runner.close()
        return float(np.mean([min(value, 99.0) for value in found]))


def _float_picture(setting: Setting, low: Float32) -> Float32:
    from vernier.rivals.ends import FLOAT

    decision = FLOAT.decide(setting, math.inf)
    runner = FLOAT.build(setting, decision, low.shape[0], low.shape[1])
    try:
        runner.fill(low)
        runner.run()
        return runner.result()
    finally:
        runner.close()


def _judging_ms(setting: Setting, grid: Grid) -> float:
    """Of looking how hard the patches of a picture are."""
    low = np.full((*setting.size, setting.photos[0].shape[2]), 0.5, np.float32)
    times = []
    for _ in range(9):
        started = time.perf_counter()
        grid.variations(low)
        times.append((time.perf_counter() - started) * 1e3)
    return float(np.median(times))


def _variants(setting: Setting) -> list[str]:
    """The network itself, and a smaller one of its kind if one comes at this scale and colours."""
    source = setting.source
    name = SMALLER.get(source.name, "")
    if source.scale not in shipped_networks().get(name, ()):
        return [source.name]
    smaller = find_source(name, source.scale).graph
    channels = [g.types[g.inputs[0]].shape[3] for g in (smaller, source.graph)]
    macs = [count_macs(resized(g, 16, 16)) for g in (smaller, source.graph)]
    return (
        [source.name, name] if channels[0] == channels[1] and macs[0] < macs[1] else [source.name]
    )


def integer_variant(setting: Setting, variant: str) -> Graph:
    """A variant in INT8, calibrated on the photos that all methods are calibrated on."""
    if variant == setting.source.name:
        return setting.integer_graph
    source = find_source(variant, setting.source.scale)
    photos = Photos(setting.photos, "the same photos")
    return quantize(source.graph, ranges_on(source, photos))


def _overlaps(setting: Setting, variant: str) -> list[int]:
    """The halo that makes every patch exact, and a small one where that is dear."""
    exact = _halo(setting, variant)
    return [exact, SMALL_OVERLAP] if exact > SMALL_OVERLAP else [exact]


def _halo(setting: Setting, variant: str) -> int:
    graphs = [setting.source.graph]
    if variant != setting.source.name:
        graphs.append(find_source(variant, setting.source.scale).graph)
    return halo_of(*graphs)
