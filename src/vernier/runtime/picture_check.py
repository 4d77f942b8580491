"""Whether a bundle's picture is right on a processor here, before it is used there.

The self-test tries operators; this tries the network itself, with its weights and its colours, on a
bright and colourful tile against the arithmetic in NumPy that says what its files mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from vernier.bundles.bundle import Bundle
from vernier.errors import ProcessorError
from vernier.graphs.counts import count_macs
from vernier.graphs.graph import CONVOLUTIONS, Graph
from vernier.graphs.receptive_field import trial_size
from vernier.graphs.shapes import resized
from vernier.processor_id import ProcessorId
from vernier.processors.notes import cache_folder, note, recall
from vernier.processors.soundness import INSIST
from vernier.quantization.arithmetic.graph import run_integer
from vernier.runtime.chain import Chain
from vernier.runtime.loading import AROUND, Load, load_picture, wrapped_network
from vernier.runtime.picture_graph import picture_graph
from vernier.runtime.trial_picture import Rgb, trial_pair

# Odd, so that vectors and packed convolutions leave something over.
CHECKED = (41, 53)
# Of networks that compute more than so much on that, a smaller one: NumPy takes a minute else.
CHECKED_OF_LARGE = (23, 29)
LARGE_MACS = 1e10
# Grey levels, largest and mean over all samples, of a network of 20 convolutions. Rounding to 8
# bits differs by one where a value lies half-way; INT8 engines round each layer their own way, and
# a CPU without VNNI gets rescaled weights. Saturation is off by 9 in the mean.
ALLOWED = {
    "float32": (1.0, 0.01),
    "float16": (4.0, 0.3),
    "bfloat16": (12.0, 1.0),
    "int8": (20.0, 1.75),
}
USUAL_CONVOLUTIONS = 20


class PictureCheck(msgspec.Struct, frozen=True):
    """How far a picture is from what it should be.

    Attributes:
        largest: difference of a sample, in grey levels.
        mean: absolute difference, in grey levels.
        fault: why it must not be used, in one line; "" where it may.
    """

    largest: float
    mean: float
    fault: str = ""


def picture_check(
    bundle: Bundle, processors: Sequence[ProcessorId], load: Load, notes: Path | None = None
) -> PictureCheck:
    """The verdict on a bundle here: noted, or found out now.

    Args:
        bundle: what shall run.
        processors: on which its parts run.
        load: see `placed`.
        notes: where verdicts are kept; in the user's cache folder otherwise.

    Raises:
        ProcessorError: a processor is not here, or refuses a segment.
    """
    file = notes or cache_folder() / "self-tests.json"
    names = "+".join(map(str, processors))
    about = f"picture of {[s.entry.sha256 for s in bundle.segments]} on {names}, {AROUND}"
    known = recall(file, about, PictureCheck)
    if known is None:
        known = check_picture(bundle, processors, load)
        note(file, about, known)
    return known


def require_right_picture(
    bundle: Bundle, processors: Sequence[ProcessorId], load: Load, notes: Path | None = None
) -> None:
    """Refuse a bundle whose picture is wrong here.

    Raises:
        ProcessorError: it is, or a processor refuses it; with the reason.
    """
    found = picture_check(bundle, processors, load, notes)
    if found.fault:
        names = " + ".join(map(str, processors))
        raise ProcessorError(f"{names}: {found.fault}{INSIST}")


def check_picture(bundle: Bundle, processors: Sequence[ProcessorId], load: Load) -> PictureCheck:
    """Compute the tile on the processors and in NumPy now."""
    height, width = trial_size(bundle.graph, *_checked_size(bundle.graph))
    picture, _ = trial_pair(height, width, bundle.manifest.network.scale)
    chain = load_picture(bundle, height, width, 3, True, load)
    try:
        found = through(chain, picture)
    finally:
        chain.close()
    convolutions = sum(op.kind in CONVOLUTIONS for op in bundle.graph.operators)
    return compare(found, exact_picture(bundle, picture), allowed(processors, convolutions))


def _checked_size(graph: Graph) -> tuple[int, int]:
    _, height, width, _ = graph.types[graph.inputs[0]].shape
    macs = count_macs(graph, "input") / (height * width) * CHECKED[0] * CHECKED[1]
    return CHECKED if macs < LARGE_MACS else CHECKED_OF_LARGE


def allowed(processors: Sequence[ProcessorId], convolutions: int) -> tuple[float, float]:
    """The largest and the mean difference, in grey levels, that is no fault.

    By the coarsest precision that takes part; roundings of layers are independent, so that what
    they make together grows with the root of how many there are.
    """
    largest, mean = max(ALLOWED[processor.precision] for processor in processors)
    if largest <= ALLOWED["float32"][0]:
        return largest, mean
    deeper = math.sqrt(max(1.0, convolutions / USUAL_CONVOLUTIONS))
    return largest * deeper, mean * deeper


def compare(found: Rgb, exact: Rgb, most: tuple[float, float]) -> PictureCheck:
    """The verdict on a picture.

    Args:
        found: as it was computed, uint8.
        exact: as it should be.
        most: see `allowed`.
    """
    apart = np.abs(found.astype(np.int16) - exact)
    largest, mean = float(apart.max()), float(apart.mean())
    fault = ""
    if largest > most[0] or mean > most[1]:
        fault = (
            f"its picture of a bright test tile is wrong here: {largest:.0f} grey levels off, "
            f"{mean:.2f} in the mean, where {most[0]:.0f} and {most[1]:.2g} are allowed"
        )
    return PictureCheck(round(largest, 3), round(mean, 4), fault)


def exact_picture(bundle: Bundle, picture: Rgb) -> Rgb:
    """What a bundle's picture is in exact arithmetic, `(scale * H, scale * W, 3)`."""
    network = resized(bundle.graph, *picture.shape[:2])
    scale = bundle.manifest.network.scale
    wrapped = wrapped_network(network, scale, 3, codes=True)
    if wrapped.types[wrapped.inputs[0]].dtype == "int8":
        given = {wrapped.inputs[0]: _signed(picture)[None]}
        codes = run_integer(wrapped, given)[wrapped.outputs[0]]
        return _unsigned(codes[0])
    # In float between the ends: what the 8-bit ends of the same graph round at the end.
    graph = picture_graph(network, scale, 3, codes=False)
    samples = picture[None].astype(np.float32) / np.float32(255)
    result = run_integer(graph, {graph.inputs[0]: samples})[graph.outputs[0]][0]
    return np.asarray(np.rint(np.clip(result, 0, 1) * 255), np.uint8)


def through(chain: Chain, picture: Rgb) -> Rgb:
    """A chain's picture `(scale * H, scale * W, 3)` of one of the size that it was loaded for."""
    given = chain.input_buffer()
    given[...] = _signed(picture) if given.dtype == np.int8 else picture
    result = chain.run()[0]
    return _unsigned(result) if result.dtype == np.int8 else np.array(result, np.uint8)


def _signed(picture: Rgb) -> NDArray[np.int8]:
    return (picture ^ np.uint8(128)).view(np.int8)


def _unsigned(codes: NDArray[np.generic]) -> Rgb:
    return np.ascontiguousarray(codes).view(np.uint8) ^ np.uint8(128)
