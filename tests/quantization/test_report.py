from __future__ import annotations

import json

import numpy as np
import pytest
from random_graphs import Growing

from vernier.graphs.graph import Kind
from vernier.quantization.report import calibration_report, encode_report, format_report
from vernier.quantization.scales import asymmetric


def test_the_clipped_share_is_counted_by_hand() -> None:
    b = Growing(4, 4, 1)
    b.add(Kind.MUL, ["x", b.constant("two", np.full((1, 1, 1, 1), 2.0))], "doubled")
    b.add(Kind.RELU, ["doubled"], "y")
    picture = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1) / 10.0 - 0.5
    quantizations = {"x": asymmetric(-0.5, 1.0), "doubled": asymmetric(-1.0, 1.0)}
    report = calibration_report(b.graph(), quantizations, [picture, picture / 2])
    x, doubled = report
    assert (x.name, doubled.name) == ("x", "doubled")
    assert (x.minimum, x.maximum) == (-0.5, 1.0)
    assert x.clipped == 0.0
    # 2x > 1 for the five pictures' values 0.6 ... 1.0, and never in the half-bright one.
    assert doubled.clipped == pytest.approx(5 / 32)
    assert doubled.low == pytest.approx(-1.0, abs=doubled.scale)
    assert doubled.high - doubled.low == pytest.approx(255 * doubled.scale)
    assert [row["name"] for row in json.loads(encode_report(report))] == ["x", "doubled"]
    lines = format_report(report).splitlines()
    assert len(lines) == 3
    assert lines[2].split()[-1] == "15.625%"
