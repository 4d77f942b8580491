from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import Growing

from vernier.errors import GraphError, UsageError
from vernier.graphs.graph import Kind
from vernier.quantization.histogram import BINS, Histogram
from vernier.quantization.ranges import Ranges, calibrate, least_squares, min_max, percentile
from vernier.quantization.scales import asymmetric, decode, encode


def histogram_of(*parts: np.ndarray) -> Histogram:
    found = Histogram()
    for part in parts:
        found.add(part.astype(np.float32))
    return found


@given(st.integers(0, 2**32 - 1))
def test_a_grown_histogram_equals_one_made_at_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    parts = [rng.normal(0, spread, 500).astype(np.float32) for spread in (1e-3, 10.0, 0.1, 300.0)]
    found, together = histogram_of(*parts), np.concatenate(parts)
    reach = 2.0 ** (np.floor(np.log2(np.abs(together).max())) + 1)
    wanted, _ = np.histogram(together, BINS, (-reach, reach))
    np.testing.assert_array_equal(found.counts, wanted)
    assert (found.minimum, found.maximum) == (together.min(), together.max())
    assert found.total == together.size


def test_zeros_are_counted_apart() -> None:
    found = histogram_of(np.array([0.0, 0.0, 1.0, -2.0]))
    assert (found.zeros, found.total, found.counts.sum()) == (2, 4, 2)
    nothing_else = histogram_of(np.zeros(7))
    assert min_max(nothing_else) == (0.0, 0.0)
    assert percentile(0.99)(nothing_else) == (0.0, 0.0)
    assert least_squares(nothing_else) == (0.0, 0.0)


def test_percentile_agrees_with_numpy() -> None:
    values = np.random.default_rng(1).normal(size=100_000).astype(np.float32)
    low, high = percentile(0.99)(histogram_of(values))
    wanted = np.quantile(values, [0.005, 0.995])
    bin_width = 2 * 8.0 / BINS
    np.testing.assert_allclose([low, high], wanted, atol=2 * bin_width)
    assert percentile(1.0)(histogram_of(values)) == (values.min(), values.max())


@pytest.mark.parametrize("kind", ["normal", "laplace", "rectified", "outlier"])
def test_least_squares_is_near_the_best_interval_by_trial(kind: str) -> None:
    rng = np.random.default_rng(2)
    values = rng.laplace(size=40_000) if kind == "laplace" else rng.normal(size=40_000)
    if kind == "rectified":
        values = np.maximum(values, 0.0)
    if kind == "outlier":
        values[0] = 60.0
    values = values.astype(np.float32)

    def error(low: float, high: float) -> float:
        quantization = asymmetric(low, high)
        return float(np.mean((decode(encode(values, quantization), quantization) - values) ** 2))

    histogram = histogram_of(values)
    shares = np.arange(1, 33) / 32
    best = min(error(values.min() * a, values.max() * b) for a in shares for b in shares)
    found = error(*least_squares(histogram))
    assert found <= best * 1.02
    assert found <= error(*min_max(histogram)) * 1.001


def test_a_file_gives_back_equal_ranges(tmp_path: Path) -> None:
    ranges = Ranges({"a": (-0.1, 1 / 3), "b/c": (0.0, 1e-30)})
    ranges.save(tmp_path / "ranges.json")
    assert Ranges.load(tmp_path / "ranges.json") == ranges
    assert [path.name for path in tmp_path.iterdir()] == ["ranges.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1, 2",
        b'{"format": "other", "version": 1, "ranges": {}}',
        b'{"format": "vernier-ranges", "version": 2, "ranges": {}}',
        b'{"format": "vernier-ranges", "version": 1, "ranges": {"a": [1]}}',
        b'{"format": "vernier-ranges", "version": 1, "ranges": {"a": [2, 1]}}',
    ],
)
def test_another_file_is_refused(content: bytes) -> None:
    with pytest.raises(UsageError):
        Ranges.decode(content)


def test_merge_is_the_hull() -> None:
    merged = Ranges({"a": (-1.0, 1.0), "b": (0.0, 2.0)}).merge({"a": (-0.5, 3.0), "c": (0.0, 0.0)})
    assert merged == Ranges({"a": (-1.0, 3.0), "b": (0.0, 2.0), "c": (0.0, 0.0)})


def test_calibration_sees_every_picture_and_keeps_what_is_fixed() -> None:
    b = Growing(4, 4, 1)
    b.add(Kind.MUL, ["x", b.constant("two", np.full((1, 1, 1, 1), 2.0))], "doubled")
    b.add(Kind.RELU, ["doubled"], "y")
    pictures = [
        np.linspace(-1, 0.25, 16, dtype=np.float32).reshape(1, 4, 4, 1),
        np.linspace(0, 0.75, 24, dtype=np.float32).reshape(1, 4, 6, 1),
    ]
    found = calibrate(b.graph(), pictures, "min-max", {"y": (0.0, 1.0)})
    assert found == Ranges({"x": (-1.0, 0.75), "doubled": (-2.0, 1.5), "y": (0.0, 1.0)})


def test_calibration_refuses_what_it_cannot_use() -> None:
    b = Growing(4, 4, 1)
    b.add(Kind.RELU, ["x"], "y")
    with pytest.raises(UsageError, match="at least one picture"):
        calibrate(b.graph(), [])
    with pytest.raises(UsageError, match="found 'best'"):
        calibrate(b.graph(), [], "best")
    with pytest.raises(GraphError, match="NaN"):
        calibrate(b.graph(), [np.full((1, 4, 4, 1), np.nan, np.float32)])
