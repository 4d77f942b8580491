"""Around a bfloat16 network colours are computed in float32, and the picture is nearer for it."""

import numpy as np
import pytest

from vernier.bundles.bundle import in_memory, open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.export.whole import export_float32, network_facts
from vernier.formats.tflite.writer import write
from vernier.graphs.shapes import resized
from vernier.networks.source import graph_of
from vernier.processors.discovery import find_processor
from vernier.runtime.choice import damage
from vernier.runtime.loading import load_picture, placed, placed_colours, wrapped_network
from vernier.runtime.picture_check import through
from vernier.runtime.trial_picture import trial_pair
from vernier.units.segments import segment

EXACT, NARROW = "openvino:cpu:float32", "openvino:cpu:bfloat16"

pytestmark = pytest.mark.skipif(
    not find_processor(NARROW).availability().present, reason=f"{NARROW} is not here"
)


def picture(bundle, name, low, samples=3):
    load = placed(lambda _: find_processor(name), 1, allow_fallback=False)
    chain = load_picture(bundle, *low.shape[:2], samples, True, load)
    try:
        return through(chain, low), [str(one.requested) for one in chain.placements]
    finally:
        chain.close()


@pytest.mark.parametrize(("name", "scale"), [("sesr-m5", 2), ("sesr-m11", 4)])
def test_the_picture_passes_the_bound_of_auto(name, scale):
    bundle = open_bundle(shipped_bundles(name, scale)["float32"])
    low, original = trial_pair(96, 96, scale)
    exact, _ = picture(bundle, EXACT, low)
    found, placements = picture(bundle, NARROW, low)
    assert placements == [EXACT, NARROW, EXACT]
    assert damage(found, exact, original)[0] > damage(all_narrow(bundle, low), exact, original)[0]
    assert damage(found, exact, original)[0] > 55


def all_narrow(bundle, low):
    """The same with the colours in bfloat16, as one file."""
    height, width = low.shape[:2]
    graph = wrapped_network(
        resized(bundle.graph, height, width), bundle.manifest.network.scale, 3, True
    )
    (run,) = segment(graph, placed_colours(graph, bundle)).runs
    executable = find_processor(NARROW).load(write(run.graph), threads=1)
    try:
        return executable(low[None])[0][0]
    finally:
        executable.close()


def test_grey_pictures_too():
    bundle = open_bundle(shipped_bundles("sesr-m5", 2)["float32"])
    low = trial_pair(48, 64, 2)[0][:, :, 1:2]
    exact, _ = picture(bundle, EXACT, low, 1)
    found, placements = picture(bundle, NARROW, low, 1)
    assert placements == [EXACT, NARROW, EXACT]
    assert np.abs(found.astype(int) - exact).mean() < 0.5


def test_a_network_of_rgb_computes_no_colours():
    graph = graph_of("edsr-baseline", 2, size=(16, 16))
    made = export_float32(graph, network_facts(graph, "edsr-baseline", 2))
    bundle = in_memory(made.manifest, made.models)
    _, placements = picture(bundle, NARROW, trial_pair(16, 16, 2)[0])
    assert placements == [NARROW]
