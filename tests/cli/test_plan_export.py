"""`vernier plan export`: a plan's folder as the files of each tool."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.export.other_tools import TOOLS
from vernier.networks import shipped
from vernier.planning.plan import FORMAT, Plan, PlannedUnit, Scores, format_plan
from vernier.processors.machine import describe_machine
from vernier.units.cutting import cut

RANGES = Path(shipped.__file__).parent / "weights/sesr-m3-x2/ranges-int8.json"
NOTHING = Scores(
    photos="none", objective=0.0, piqe=0.0, piqe_float=0.0, gmsd=0.0, ssim=1.0, psnr_db=99.0
)


@pytest.fixture
def plan(tmp_path):
    units = cut(open_bundle(shipped_bundles("sesr-m3", 2)["float32"]).graph)
    kinds = ["float32", *["int8"] * (len(units) - 2), "float32"]
    made = Plan(
        format=FORMAT, network="sesr-m3", scale=2, height=24, width=32, granularity="layer",
        made_by="a test", date="2026-11-30", machine=describe_machine(), method="milp",
        objective="guarded", bound_db=52.0, seed=0, budget="2x", budget_ms=2.0, float_ms=1.0,
        predicted_ms=1.0, measured_ms=None, switches=2, judged=1, search_s=0.0,
        simulated=NOTHING, held_out=None,
        units=tuple(
            PlannedUnit(name=unit.name, processor=f"onnxruntime:cpu:{kind}", time_ms=1.0)
            for unit, kind in zip(units, kinds, strict=True)
        ),
    )  # fmt: skip
    folder = tmp_path / "plan"
    folder.mkdir()
    (folder / "plan.json").write_bytes(format_plan(made))
    (folder / "ranges.json").write_bytes(RANGES.read_bytes())
    return folder


@pytest.mark.parametrize("tool", TOOLS)
def test_each_tool_gets_its_files(vernier, plan, tool, tmp_path):
    code, told, err = vernier("plan", "export", plan, "--for", tool, "-o", tmp_path / "out")
    assert code == 0, err
    assert ("untested" in told) is (not TOOLS[tool].tested)
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert len(files) == 2
    assert any(name in told for name in files)


def test_what_onnxruntime_gets_runs(vernier, plan, tmp_path):
    assert vernier("plan", "export", plan, "--for", "onnxruntime", "-o", tmp_path / "out")[0] == 0
    settings = json.loads((tmp_path / "out/session.json").read_text())
    assert settings["float_units"] == ["first", "last"]
    running = onnxruntime.InferenceSession(
        tmp_path / "out/network.onnx", providers=["CPUExecutionProvider"]
    )
    found = running.run(None, {"input": np.zeros((1, 1, 8, 8), np.float32)})[0]
    assert found.shape == (1, 1, 16, 16)


def test_what_is_missing_is_one_line(vernier, plan, tmp_path):
    def refused(message, *options):
        code, _, err = vernier("plan", "export", plan, "--for", "nncf", *options)
        assert code == 2
        assert message in err
        assert len(err.strip().splitlines()) == 1

    (tmp_path / "there").mkdir()
    refused("exists already", "-o", tmp_path / "there")
    refused("x9.onnx", "-o", tmp_path / "new", "--network", tmp_path / "x9.onnx")
    (plan / "ranges.json").unlink()
    refused("expected the plan's ranges.json", "-o", tmp_path / "new")
    assert not (tmp_path / "new").exists()
