"""The model of the Ethos-N78 against Arm's own open estimator, built and run unmodified.

Its figures: 4TOPS_4PLE, 1 GHz, release 25.03, activation compression 0.5; per pass the slower of
DRAM at 16 bytes a cycle and multipliers. SESR in its hardware variant without input skip.
"""

import itertools
import math
from dataclasses import replace

import pytest

from vernier.errors import GraphError, UsageError
from vernier.estimates.ethos_n import ETHOS_N, convolution_cycles
from vernier.estimates.lowering import relu_form
from vernier.estimates.model import estimate
from vernier.estimates.table import Bound
from vernier.estimates.tiling import best_tile, estimate_tiled
from vernier.graphs.graph import Kind
from vernier.graphs.shapes import resized
from vernier.networks.source import graph_of

NPU = ETHOS_N["ethos-n78-4tops"]


def network(name, scale=2, height=1080, width=1920):
    return relu_form(resized(graph_of(name, scale), height, width))


@pytest.mark.parametrize(
    ("name", "scale", "size", "wanted_ms", "wanted_mb", "time_within", "dram_within"),
    [
        ("sesr-m3-hw", 2, (1080, 1920), 22.5, 215, 0.003, 0.032),
        ("sesr-m5-hw", 2, (1080, 1920), 27.17, 289.2, 0.003, 0.032),
        ("sesr-m7-hw", 2, (1080, 1920), 31.8, 363, 0.003, 0.032),
        ("sesr-m11-hw", 2, (1080, 1920), 41.1, 512, 0.003, 0.032),
        ("sesr-xl-hw", 2, (1080, 1920), 78.2, 1022, 0.003, 0.032),
        ("sesr-m5-hw", 4, (1080, 1920), 43.77, 386.5, 0.003, 0.032),
        ("sesr-m5-hw", 2, (300, 400), 1.22, 7.92, 0.025, 0.032),
        ("sesr-m5-hw", 4, (300, 400), 2.19, 12.74, 0.025, 0.032),
        ("sesr-m3-hw", 2, (300, 400), 1.10, None, 0.025, 0.032),
        ("sesr-m11-hw", 2, (300, 400), 1.60, None, 0.025, 0.032),
        ("fsrcnn", 2, (1080, 1920), 203.6, 1018.9, 0.02, 0.12),
    ],
)
def test_arms_own_estimator(name, scale, size, wanted_ms, wanted_mb, time_within, dram_within):
    """The bounds are those that docs/npu.md claims; a tile's time is given to two digits only."""
    found = estimate(network(name, scale, *size), NPU)
    assert found.time_ms == pytest.approx(wanted_ms, rel=time_within)
    if wanted_mb is not None:
        assert found.dram_bytes / 1e6 == pytest.approx(wanted_mb, rel=dram_within)


@pytest.mark.parametrize(
    ("name", "scale", "wanted"),
    [("sesr-m5-hw", 2, 17.6e6), ("sesr-m5-hw", 4, 34.2e6), ("fsrcnn", 2, 176.3e6)],
)
def test_cycles_of_the_multipliers(name, scale, wanted):
    assert estimate(network(name, scale), NPU).mac_cycles == pytest.approx(wanted, rel=0.002)


def test_without_compression():
    plain = replace(NPU, activation_compression=0.0)
    found = estimate(network("sesr-m5-hw"), plain)
    assert found.dram_bytes / 1e6 == pytest.approx(538.5, rel=0.065)
    assert found.time_ms == pytest.approx(40.05, rel=0.05)


def test_few_channels_cost_as_many_as_sixteen():
    def cycles(inputs, outputs):
        return convolution_cycles(NPU, 64, 64, (3, 3), inputs, outputs, winograd=False)

    assert cycles(1, 16) == cycles(16, 16) == cycles(16, 4)
    assert cycles(17, 16) == 2 * cycles(16, 16)
    assert cycles(16, 16) == 64 * 64 * 9 * 16 * 16 // 2048


def test_winograd_saves_what_it_should():
    for kernel, saving in ((3, 2.25), (5, 1.5625), (9, 2.25)):
        direct, fast = (
            convolution_cycles(NPU, 64, 64, (kernel, kernel), 16, 16, winograd=allowed)
            for allowed in (False, True)
        )
        assert direct / fast == pytest.approx(saving)


def test_plain_convolutions_chain_exactly_where_sram_holds_their_windows():
    """(n + 1) tensors of three stripes of eight rows: 400 pixels fit for five 3x3, 640 do not."""

    def passes(width, kib):
        npu = replace(NPU, sram_bytes=kib << 10)
        layers = estimate(network("sesr-m5-hw", 2, 300, width), npu).layers
        return len({layer.pass_number for layer in layers})

    window = 3 * 8 * 400 * 16
    fits, short = math.ceil(6 * window / 1024), 2 * window // 1024 - 1
    assert passes(400, fits) < passes(400, short)
    assert passes(640, fits) > passes(400, fits)
    assert passes(400, short) == len(estimate(network("sesr-m5-hw", 2, 300, 400), NPU).layers)


def test_what_bounds_a_layer():
    layers = estimate(network("sesr-m5-hw"), NPU).layers
    assert {layer.bound for layer in layers} <= {Bound.MAC, Bound.DRAM, Bound.ELEMENTWISE}
    slow = replace(NPU, dram_bytes_per_cycle=0.5)
    assert {layer.bound for layer in estimate(network("sesr-m5-hw"), slow).layers} == {Bound.DRAM}


def test_tiles_are_counted_as_the_paper_counts_them():
    found = estimate_tiled(network("sesr-m5-hw"), NPU, (300, 400), exact=False)
    assert found.area_ratio == pytest.approx(17.28)
    assert found.count == 4 * 5
    # 46 frames a second, says the paper; it takes tiles by area, and its own 1.26 ms.
    assert 1000 / found.time_by_area_ms == pytest.approx(46, rel=0.08)


@pytest.mark.parametrize("exact", [False, True])
def test_the_best_tile_is_the_best_of_all(exact):
    """Against every tile on a grid, on a picture that is small enough to try them."""
    graph = network("sesr-m5-hw", 2, 96, 128)
    npu = replace(NPU, sram_bytes=96 << 10)
    sides = range(32, 129, 4)
    tried = [
        estimate_tiled(graph, npu, tile, exact).time_ms for tile in itertools.product(sides, sides)
    ]
    assert best_tile(graph, npu, exact).time_ms <= min(tried) * (1 + 1e-9)


def test_a_tile_that_is_all_halo_is_refused():
    with pytest.raises(UsageError, match="leaves nothing between two halos"):
        estimate_tiled(network("sesr-m5-hw"), NPU, (18, 40), exact=True)


def test_codes_are_refused():
    from vernier.quantization.quantize import quantize
    from vernier.quantization.ranges import Ranges

    graph = network("sesr-m5-hw", 2, 16, 16)
    ranges = Ranges(dict.fromkeys(graph.activations(), (-1.0, 1.0)))
    with pytest.raises(GraphError, match="expected the float graph"):
        estimate(quantize(graph, ranges), NPU)


def test_a_relu_form_has_no_slopes():
    assert not [op for op in network("sesr-m5").operators if op.kind is Kind.PRELU]
