"""A split of several engines in the form `fused`: what an engine can take is one file."""

import numpy as np
import pytest

from vernier.bundles.bundle import in_memory, open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.errors import UsageError
from vernier.export.splits import export_split
from vernier.export.whole import network_facts
from vernier.graphs.shapes import resized
from vernier.processors.discovery import find_processor
from vernier.quantization.ranges import Ranges, calibrate_picture_network
from vernier.runtime.loading import load_network, placed
from vernier.units.cutting import cut
from vernier.units.split import Form, fusion

F, Q = "openvino:cpu:float32", "openvino:cpu:int8"
G, J = "litert:cpu:float32", "litert:cpu:int8"
GRAPH = resized(open_bundle(shipped_bundles("sesr-m5", 2)["float32"]).graph, 24, 32)
UNITS = cut(GRAPH)


@pytest.fixture(scope="module")
def ranges() -> Ranges:
    noise = np.random.default_rng(0).random((1, 24, 32, 1), np.float32)
    return calibrate_picture_network(GRAPH, [noise])


def exported(split, ranges, form):
    facts = network_facts(GRAPH, "sesr-m5", 2)
    made = export_split(GRAPH, facts, UNITS, split, ranges, form=form)
    return in_memory(made.manifest, made.models)


def picture_of(bundle):
    chain = load_network(bundle, 24, 32, placed(find_processor, 1, allow_fallback=False))
    try:
        buffer = chain.input_buffer()
        buffer[...] = np.random.default_rng(1).random(buffer.shape, np.float32)
        return chain.run().copy()
    finally:
        chain.close()


@pytest.mark.parametrize(
    ("split", "files"),
    [
        # All of one engine: one file.
        ((F, Q, Q, F, Q, F, F), [Q]),
        # Another engine's in the middle: one file of both precisions on either side.
        ((F, Q, Q, G, Q, F, F), [Q, G, Q]),
        # Nothing in INT8 before it: that file is all float, and so is its processor.
        ((F, F, F, G, Q, F, F), [F, G, Q]),
        # Two engines, each of both precisions.
        ((F, Q, Q, F, J, G, J), [Q, J]),
        # Float at the front, read in INT8 by both engines: it converts nothing itself.
        ((G, Q, G, Q, J, G, J), [G, Q, G, Q, J]),
    ],
)
def test_each_engine_has_one_file_where_it_can(split, files, ranges):
    bundle = exported(split, ranges, Form.FUSED)
    assert [entry.processor for entry in bundle.manifest.segments] == files
    assert [unit.processor for unit in bundle.manifest.units] == list(split)
    apart = exported(split, ranges, Form.SEGMENTS)
    assert len(bundle.manifest.segments) < len(apart.manifest.segments)
    found, wanted = picture_of(bundle), picture_of(apart)
    # Engines round otherwise inside a file: by a few codes of 255.
    largest = 1.0 if wanted.dtype == np.float32 else 255.0
    assert np.abs(found.astype(np.float64) - wanted).max() < 0.03 * largest


def test_what_cannot_be_fused_at_all_is_an_error(ranges):
    with pytest.raises(UsageError, match="use the form 'segments'"):
        exported((F, J, J, F, J, F, F), ranges, Form.FUSED)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ((F, Q), {F: Q, Q: Q}),
        ((F, J), {}),
        ((F, F), {}),
        (("openvino:cpu:bfloat16", Q), {}),
        ((F, Q, G), {F: Q, Q: Q}),
        ((F, Q, G, J), {F: Q, Q: Q, G: J, J: J}),
        (("openvino:gpu:float32", Q), {}),
    ],
)
def test_one_file_holds_float32_and_int8_of_one_engine_and_device(names, found):
    assert fusion(names) == found
