"""What engines are reckoned to take, and what tiles take of it."""

import pytest

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.graphs.shapes import resized
from vernier.processor_id import ProcessorId
from vernier.processors.machine import describe_machine
from vernier.runtime.memory import (
    activation_bytes,
    engine_bytes,
    free_bytes,
    left_to_group,
    weight_bytes,
)
from vernier.runtime.tiles import choose_tile

GRAPH = open_bundle(shipped_bundles("sesr-m5", 2)["float32"]).graph


@pytest.mark.parametrize("name", ["litert:cpu:float32", "openvino:cpu:float32", "a:b:float32"])
def test_weights_are_there_whatever_the_size_and_activations_grow_with_it(name):
    processor = ProcessorId.parse(name)
    small, large = (resized(GRAPH, side, side) for side in (64, 128))
    assert weight_bytes(small, processor) == weight_bytes(large, processor) > 0
    ratio = activation_bytes(large, processor) / activation_bytes(small, processor)
    assert ratio == pytest.approx(4.0)
    whole = weight_bytes(large, processor) + activation_bytes(large, processor)
    assert engine_bytes(large, processor) == whole


def test_free_memory_is_less_than_all():
    assert 0 < free_bytes() < describe_machine().memory_bytes


@pytest.mark.parametrize(
    ("limit", "used", "left"),
    [("1000\n", "300\n", 700), ("1000\n", "2000\n", 0), ("max\n", "300\n", 5), (None, None, 5)],
)
def test_a_container_s_limit(tmp_path, limit, used, left):
    if limit is not None:
        (tmp_path / "memory.max").write_text(limit)
        (tmp_path / "memory.current").write_text(used)
    assert left_to_group(5, tmp_path) == left


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_each_worker_holds_the_weights(workers):
    budget = 100 << 20
    chosen = choose_tile(1000, 1000, 5, workers, 100.0, budget, fixed_bytes=10 << 20)
    used = min(workers, chosen.count) * (chosen.height * chosen.width * 100 + (10 << 20))
    assert used == chosen.bytes <= budget
