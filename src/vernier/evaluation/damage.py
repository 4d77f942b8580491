"""How far a processor's pictures are from the exact float network's."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from vernier.bundles.bundle import Bundle
from vernier.images.pairs import Float32
from vernier.metrics.psnr import psnr
from vernier.processors.protocol import Processor
from vernier.runtime.loading import placed
from vernier.runtime.planes import LumaUpscaler


def damage_db(
    bundle: Bundle, processor: Processor, exact: Processor, planes: Sequence[Float32]
) -> float:
    """Mean PSNR between one bundle's pictures on two processors, both clipped to [0, 1].

    Args:
        bundle: of a luma network.
        processor: the one in doubt.
        exact: the one that is believed.
        planes: low-resolution luma `(h, w)`, float32 in [0, 1].

    Returns:
        Decibels; equal pictures count as 99.
    """
    doubtful = LumaUpscaler(bundle, placed(lambda _: processor, 0, allow_fallback=False))
    believed = LumaUpscaler(bundle, placed(lambda _: exact, 0, allow_fallback=False))
    try:
        scores = [
            psnr(np.clip(doubtful(plane), 0, 1), np.clip(believed(plane), 0, 1)) for plane in planes
        ]
    finally:
        doubtful.close()
        believed.close()
    return float(np.mean([99.0 if math.isinf(score) else score for score in scores]))
