"""Which interval of the reals each tensor of a network needs, found by running it on pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError, UsageError
from vernier.files import from_json, read_file, to_json, write_whole
from vernier.graphs.graph import Array, Graph
from vernier.graphs.reference import run
from vernier.quantization.histogram import Histogram

Range = tuple[float, float]
Method = Callable[[Histogram], Range]

_FORMAT: Literal["vernier-ranges"] = "vernier-ranges"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """What a ranges file holds."""

    format: Literal["vernier-ranges"]
    version: Literal[1]
    ranges: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Ranges(Mapping[str, Range]):
    """The interval `(minimum, maximum)` of every tensor, by name, in the tensor's own unit.

    Raises:
        UsageError: an interval is not finite or ends before it begins.
    """

    by_tensor: Mapping[str, Range]

    def __post_init__(self) -> None:
        for name, (low, high) in self.by_tensor.items():
            if not (math.isfinite(low) and math.isfinite(high) and low <= high):
                raise UsageError(
                    f"the range of {name!r} must be finite and minimum <= maximum, "
                    f"found ({low}, {high})"
                )
        object.__setattr__(self, "by_tensor", MappingProxyType(dict(self.by_tensor)))

    def __getitem__(self, tensor: str) -> Range:
        return self.by_tensor[tensor]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_tensor)

    def __len__(self) -> int:
        return len(self.by_tensor)

    def merge(self, other: Mapping[str, Range]) -> Ranges:
        """The smallest intervals that hold both, for the tensors of either."""
        merged = dict(self.by_tensor)
        for name, (low, high) in other.items():
            mine = merged.get(name, (low, high))
            merged[name] = (min(mine[0], low), max(mine[1], high))
        return Ranges(merged)

    def replaced(self, other: Mapping[str, Range]) -> Ranges:
        """The same with the intervals of `other` in place of one's own."""
        return Ranges({**self.by_tensor, **other})

    def encode(self) -> bytes:
        """As JSON, one line per tensor; `decode` gives back equal floats."""
        file = _File(_FORMAT, 1, dict(self.by_tensor))
        return to_json(file, indent=2)

    @staticmethod
    def decode(content: bytes, origin: str = "ranges") -> Ranges:
        """The inverse of `encode`.

        Raises:
            FileError: the content is not a ranges file of this version.
        """
        return Ranges(from_json(content, _File, origin, f"ranges file ({_FORMAT}, 1)").ranges)

    def save(self, path: Path) -> None:
        """Write a file; it appears whole or not at all.

        Raises:
            FileError: it cannot be written.
        """
        write_whole(path, self.encode())

    @staticmethod
    def load(path: Path) -> Ranges:
        """Read a file.

        Raises:
            FileError: it cannot be read, or is not a ranges file of this version.
        """
        return Ranges.decode(read_file(path), str(path))


def min_max(histogram: Histogram) -> Range:
    """Every value that was seen. Nothing is clipped; one outlier makes all codes coarse."""
    return histogram.minimum, histogram.maximum


def percentile(share: float) -> Method:
    """The central interval that holds `share` of the values, cut equally on both sides.

    Args:
        share: in (0, 1], such as 0.9999.

    Raises:
        UsageError: `share` is out of range.
    """
    if not 0.0 < share <= 1.0:
        raise UsageError(f"a share of values lies in (0, 1], found {share}")

    def method(histogram: Histogram) -> Range:
        counts = histogram.counts.copy()
        counts[counts.size // 2] += histogram.zeros
        below = np.cumsum(counts)
        tail = (1.0 - share) / 2.0 * histogram.total
        low = int(np.searchsorted(below, tail, side="right"))
        high = int(np.searchsorted(below, histogram.total - tail, side="left"))
        centres = histogram.centres
        half = (centres[1] - centres[0]) / 2.0
        return (
            max(float(centres[low] - half), histogram.minimum),
            min(float(centres[high] + half), histogram.maximum),
        )

    return method


def least_squares(histogram: Histogram) -> Range:
    """The interval whose 255 steps give the smallest mean squared error.

    A value inside errs by rounding, `step**2 / 12` in the mean (a uniform error, Bennett 1948),
    except an exact 0, which has a code of its own; a value outside errs by its distance to the
    end. Both sums are closed forms of the histogram's moments, so all pairs of 64 lower and 64
    upper ends are compared, each end between 1/64 and all of its extreme.
    """
    centres, counts = histogram.centres, histogram.counts.astype(np.float64)
    moments = [np.concatenate([[0.0], np.cumsum(counts * centres**power)]) for power in range(3)]
    shares = np.arange(1, 65) / 64.0
    lows = min(histogram.minimum, 0.0) * shares
    highs = max(histogram.maximum, 0.0) * shares

    below = np.searchsorted(centres, lows)
    above = np.searchsorted(centres, highs, side="right")
    m0, m1, m2 = (moment[below] for moment in moments)
    clipped_low = m2 - 2.0 * lows * m1 + lows**2 * m0
    m0, m1, m2 = (moment[-1] - moment[above] for moment in moments)
    clipped_high = m2 - 2.0 * highs * m1 + highs**2 * m0

    inside = moments[0][above][None, :] - moments[0][below][:, None]
    step = (highs[None, :] - lows[:, None]) / 255.0
    error = step**2 / 12.0 * inside + clipped_low[:, None] + clipped_high[None, :]
    # Where two intervals are as good, the wider: its error on unseen pictures is smaller.
    best = error.shape[0] * error.shape[1] - 1 - int(np.argmin(error[::-1, ::-1]))
    row, column = divmod(best, error.shape[1])
    return float(lows[row]), float(highs[column])


METHODS: Mapping[str, Method] = {
    "min-max": min_max,
    "percentile": percentile(0.9999),
    "least-squares": least_squares,
}


def calibrate(
    graph: Graph,
    pictures: Iterable[NDArray[np.float32]],
    method: str | Method = "min-max",
    fixed: Mapping[str, Range] | None = None,
) -> Ranges:
    """The ranges of all activations of a float graph with one input, over some pictures.

    Args:
        graph: float32 throughout.
        pictures: each `(1, H, W, C)` float32 in the network's input range; sizes may differ.
        method: a name in `METHODS`, or a function of a histogram.
        fixed: ranges known beforehand, not calibrated. An SR network's input and output lie in
            [0, 1]: with the input fixed so, its codes are `pixel - 128`; with the output fixed
            so, saturation does the clip.

    Raises:
        UsageError: an unknown method, or no pictures.
        GraphError: the graph has several inputs, or a tensor is not finite.
    """
    if isinstance(method, str):
        if method not in METHODS:
            raise UsageError(f"calibration is one of {', '.join(METHODS)}, found {method!r}")
        method = METHODS[method]
    if len(graph.inputs) != 1:
        raise GraphError(f"{graph.name}: calibration expects one input, found {graph.inputs}")
    fixed = fixed or {}
    histograms = {name: Histogram() for name in graph.activations() if name not in fixed}

    def observe(name: str, values: Array) -> None:
        if name in histograms:
            try:
                histograms[name].add(np.asarray(values, np.float32))
            except ValueError as error:
                raise GraphError(f"{graph.name}: {name!r}: {error}") from error

    found_any = False
    for picture in pictures:
        found_any = True
        run(graph, {graph.inputs[0]: picture}, observe=observe)
    if not found_any:
        raise UsageError("calibration needs at least one picture, found none")
    return Ranges({name: method(found) for name, found in histograms.items()} | dict(fixed))


def calibrate_picture_network(
    graph: Graph, planes: Iterable[NDArray[np.float32]], method: str = "least-squares"
) -> Ranges:
    """Ranges with the picture's own at both ends.

    Input and output get the interval [0, 1], so that their codes are 8-bit samples less 128 and
    saturation does the clipping that a picture needs anyway.
    """
    return calibrate(
        graph, planes, method, fixed={graph.inputs[0]: (0.0, 1.0), graph.outputs[0]: (0.0, 1.0)}
    )
