"""Arm's compiler on our files, where it is installed; its tables, always."""

import pytest

from vernier.errors import MissingExtraError
from vernier.estimates.table import Bound
from vernier.estimates.vela import ETHOS_U, estimate_with_vela, read_tables
from vernier.graphs.shapes import resized
from vernier.networks.source import graph_of

NPU = ETHOS_U["ethos-u85-2048"]
ROW = {
    "Original Operator": "Conv2D", "NNG Operator": "Conv2DBias", "Target": "NPU",
    "Op Cycles": "2000", "NPU": "2000", "SRAM AC": "500",
    "DRAM AC": "700", "OnFlash AC": "0", "OffFlash AC": "0",
    "MAC Count": "4096", "Name": "a",
}  # fmt: skip
SUMMARY = {
    "core_clock": "1000000000.0", "dram_bandwidth": "11.6", "arena_cache_size": "512",
    "inference_time": "0.000005", "dram_total_bytes": "1234",
}  # fmt: skip


def test_velas_tables_as_ours():
    fallen = ROW | {"Target": "CPU", "Name": "b", "Original Operator": "DepthToSpace"}
    idle = dict.fromkeys(ROW, "0") | {"Target": "NPU", "Name": "c"}
    waits = ROW | {"DRAM AC": "3000", "Op Cycles": "3000", "Name": "d"}
    found = read_tables("net", NPU, [ROW, fallen, idle, waits], SUMMARY)
    assert [layer.name for layer in found.layers] == ["a", "b", "d"]
    assert found.layers[0].time_ms == pytest.approx(0.002)
    assert [layer.bound for layer in found.layers] == [Bound.MAC, Bound.UNKNOWN, Bound.DRAM]
    assert found.time_ms == pytest.approx(0.005)
    assert any("falls to the CPU" in remark for remark in found.remarks)


def test_without_vela_the_extra_is_named(monkeypatch):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="vernier-sr\\[vela\\]"):
        estimate_with_vela(resized(graph_of("sesr-m5", 2), 64, 64), NPU)


@pytest.mark.parametrize("name", ETHOS_U)
def test_a_lowered_network_stays_on_the_npu(name):
    pytest.importorskip("ethosu.vela", reason="Vela is not installed")
    graph = resized(graph_of("sesr-m5", 2), 90, 160)
    assert not estimate_with_vela(graph, ETHOS_U[name]).on_the_cpu
    plain = estimate_with_vela(graph, ETHOS_U[name], lower_shuffles=False)
    assert {layer.kind.split(" ")[0] for layer in plain.on_the_cpu} == {"DepthToSpace"}
