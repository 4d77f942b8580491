"""ONNX Runtime's own static quantisation, as its documentation has it."""

from __future__ import annotations

import importlib.util
import logging
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.export.onnx_files import onnx_bytes
from vernier.graphs.shapes import fits_one_size
from vernier.planning.context import Context
from vernier.rivals.decision import Decision
from vernier.rivals.protocol import About, Float32, Runner, Setting, Unsuitable

CALIBRATED = 16
"""Photos, of those that all methods are calibrated on."""


ABOUT = About(
    name="onnxruntime",
    title="ONNX Runtime static",
    kind="tool",
    paper="onnxruntime.quantization.quantize_static",
    policy="the float ONNX file quantised whole with the tool's defaults (QDQ, INT8 per "
    "channel, minimum and maximum) on the same photos, run by ONNX Runtime on all cores",
    adapted="",
    budgeted=False,
)


@dataclass(frozen=True)
class OnnxStatic:
    """The network as ONNX, quantised by `onnxruntime.quantization.quantize_static`."""

    about: About = ABOUT
    # The file of each size, of the last context: quantising takes seconds.
    _made: dict[tuple[int, int], tuple[weakref.ref[Context], bytes]] = field(
        default_factory=dict, compare=False
    )

    def decide(self, setting: Setting, budget_ms: float) -> Decision:
        """See `protocol.Rival`."""
        if setting.modelled:
            raise Unsuitable("there is no model of ONNX Runtime on this phone")
        if any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxruntime")):
            raise Unsuitable("needs onnx and onnxruntime: pip install 'vernier-sr[onnxruntime]'")
        if fits_one_size(setting.source.graph):
            raise Unsuitable("the network takes pictures of one size only")
        return Decision(note=f"calibrated on {min(CALIBRATED, len(setting.photos))} photos")

    def build(self, setting: Setting, decision: Decision, height: int, width: int) -> Runner:
        """See `protocol.Rival`."""
        size = (height, width)
        made = self._made.get(size)
        if made is None or made[0]() is not setting.context:
            made = (weakref.ref(setting.context), _quantize(setting, height, width))
            self._made[size] = made
        return OnnxRunner(made[1], setting.threads)


class OnnxRunner:
    """An ONNX file in a session; see `protocol.Runner`."""

    int8_share: float | None = None

    def __init__(self, model: bytes, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        self._name = self._session.get_inputs()[0].name
        self._planes: NDArray[np.float32] = np.zeros((0,), np.float32)
        self._made: NDArray[np.float32] = self._planes

    def fill(self, low: Float32) -> None:
        """See `protocol.Runner`."""
        self._planes = np.ascontiguousarray(low.transpose(2, 0, 1)[None])

    def run(self) -> None:
        """See `protocol.Runner`."""
        self._made = self._session.run(None, {self._name: self._planes})[0]

    def result(self) -> Float32:
        """See `protocol.Runner`."""
        return np.ascontiguousarray(self._made[0].transpose(1, 2, 0))

    def close(self) -> None:
        """See `protocol.Runner`."""
        self._session = None


def _quantize(setting: Setting, height: int, width: int) -> bytes:
    """The file for pictures of a size."""
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        """The photos, cut to the file's size."""

        def __init__(self, name: str) -> None:
            self._left = _inputs(setting, name, height, width)

        def get_next(self) -> Mapping[str, NDArray[np.float32]] | None:
            return next(self._left, None)

    with tempfile.TemporaryDirectory(prefix="vernier-") as folder:
        exact, coarse = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        size = (height, width)
        exact.write_bytes(onnx_bytes(setting.source.graph, setting.units, exact.name, size=size))
        import onnxruntime

        session = onnxruntime.InferenceSession(exact, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        # It advises on pre-processing at the root logger, for every file.
        before = logging.root.level
        logging.root.setLevel(logging.ERROR)
        try:
            quantize_static(
                exact,
                coarse,
                Reader(name),
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
        finally:
            logging.root.setLevel(before)
        return coarse.read_bytes()


def _inputs(
    setting: Setting, name: str, height: int, width: int
) -> Iterator[Mapping[str, NDArray[np.float32]]]:
    for low in setting.photos[:CALIBRATED]:
        turned = low if (low.shape[0] < low.shape[1]) == (height < width) else low.swapaxes(0, 1)
        rows, columns = turned.shape[:2]
        cut = np.pad(
            turned[:height, :width],
            ((0, max(0, height - rows)), (0, max(0, width - columns)), (0, 0)),
            "reflect" if rows * 2 > height and columns * 2 > width else "edge",
        )
        yield {name: np.ascontiguousarray(cut.transpose(2, 0, 1)[None])}
