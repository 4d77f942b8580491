"""How far a bundle's or a processor's pictures are from the exact float network's."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from vernier.bundles.bundle import Bundle
from vernier.images.pairs import Float32
from vernier.metrics.psnr import psnr
from vernier.processor_id import ProcessorId
from vernier.processors.discovery import find_processor
from vernier.progress import Progress, silent
from vernier.runtime.loading import Load, placed
from vernier.runtime.planes import PlaneUpscaler

EQUAL_DB = 99.0
"""What two equal pictures count as in a mean."""

DAMAGE = "measuring the damage"


def on(processor: str) -> Load:
    """Everything on one processor, whatever a manifest asks for."""
    found = find_processor(processor)
    return placed(lambda _: found, 0, allow_fallback=False)


def on_litert(name: str) -> str:
    """The processor of LiteRT's that has the precision of a manifest's."""
    return f"litert:cpu:{ProcessorId.parse(name).model_precision}"


def damage_db(
    doubtful: PlaneUpscaler,
    believed: PlaneUpscaler,
    planes: Sequence[Float32],
    progress: Progress = silent,
) -> float:
    """Mean PSNR between the pictures of two networks, both clipped to [0, 1].

    Both are closed afterwards.

    Args:
        doubtful: the one in doubt.
        believed: the one that is believed.
        planes: low-resolution inputs `(h, w, channels)`, float32 in [0, 1].
        progress: called after each picture.

    Returns:
        Decibels; equal pictures count as 99.
    """
    scores = []
    try:
        for done, plane in enumerate(planes, 1):
            score = psnr(np.clip(doubtful(plane), 0, 1), np.clip(believed(plane), 0, 1))
            scores.append(EQUAL_DB if math.isinf(score) else score)
            progress(done, len(planes), DAMAGE)
    finally:
        doubtful.close()
        believed.close()
    return float(np.mean(scores))


def bundle_damage_db(
    bundle: Bundle, exact: Bundle, planes: Sequence[Float32], progress: Progress = silent
) -> float:
    """`damage_db` of a bundle against the same network in float32, both on LiteRT's CPU.

    LiteRT is always here, and its INT8 arithmetic is the standard's.
    """
    loaded = placed(lambda name: find_processor(on_litert(name)), 0, allow_fallback=False)
    float32 = PlaneUpscaler(exact, on("litert:cpu:float32"))
    return damage_db(PlaneUpscaler(bundle, loaded), float32, planes, progress)
