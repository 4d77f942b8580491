"""Two precisions in one file on ONNX Runtime: each convolution is found, wherever it lies."""

import pytest

from vernier.bundles.bundle import in_memory
from vernier.export.splits import export_split
from vernier.export.whole import network_facts
from vernier.networks.source import find_source
from vernier.processors.discovery import find_processor
from vernier.profiling.activations import activations_of
from vernier.profiling.assembly import Subject
from vernier.quantization.ranges import Ranges
from vernier.runtime.loading import load_network, placed
from vernier.units.cutting import cut
from vernier.units.split import Form

FLOAT, INTEGER = "onnxruntime:cpu:float32", "onnxruntime:cpu:int8"


@pytest.fixture(scope="module", params=["sesr-m5-hw", "sesr-m5"])
def subject(request):
    """One whose activations are RELU, one with PRELU."""
    graph = find_source(request.param, 2).graph
    subject = Subject(request.param, 2, graph, 24, 32)
    return graph, cut(graph, subject.granularity), Ranges(activations_of(graph).ranges)


@pytest.mark.parametrize(("some", "others"), [(FLOAT, INTEGER), (INTEGER, FLOAT)])
def test_every_convolution_runs_where_the_split_says(subject, some, others) -> None:
    graph, units, ranges = subject
    load = placed(find_processor, 1, allow_fallback=False)
    for place in range(len(units)):
        split = tuple(some if number == place else others for number in range(len(units)))
        facts = network_facts(graph, "network", 2)
        made = export_split(graph, facts, units, split, ranges, form=Form.FUSED)
        chain = load_network(in_memory(made.manifest, made.models), 24, 32, load)
        kinds = [
            one.precision
            for placement in chain.placements
            for one in placement.operators
            if "Conv" in one.kind
        ]
        chain.close()
        assert kinds.count("int8") == sum(name is INTEGER for name in split)
        assert kinds.count("float32") == sum(name is FLOAT for name in split)
