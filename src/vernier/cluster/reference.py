"""The picture that every machine has to give, nearly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.bundles.bundle import open_bundle
from vernier.cluster.crew import AUTO
from vernier.cluster.worker import trial_picture
from vernier.errors import ProcessorError
from vernier.metrics.psnr import psnr
from vernier.processor_id import precision_of
from vernier.processors.discovery import present_processors
from vernier.runtime.pictures import Upscaler

LEAST_DB = {"quality": 45.0, "speed": 35.0}
"""Of a machine's trial picture to float32's, where it chose its processor itself: below what the
choice allows, as pictures differ."""
LEAST_DB_OF_NAMED = {"float32": 60.0}
OTHERWISE_DB = 30.0
"""Where the user named the processor: what its precision does to a picture, and no more."""


def reference_picture(
    network: str, scale: float, bundle: str | None, memory_bytes: int | None
) -> NDArray[np.uint8]:
    """The trial picture as float32 has it here, or as the bundle that says itself where it runs.

    Raises:
        ProcessorError: nothing here can compute it.
    """
    pinned = bundle is not None and open_bundle(Path(bundle)).pinned
    upscaler = Upscaler(
        network,
        scale,
        bundle=bundle,
        processor=AUTO if pinned else _float32_processor(),
        memory_bytes=memory_bytes,
    )
    try:
        made: NDArray[np.uint8] = upscaler.enlarge(trial_picture())
    finally:
        upscaler.close()
    return made


def _float32_processor() -> str:
    for found in present_processors():
        if (found.id.device, found.id.precision) == ("cpu", "float32"):
            return str(found.id)
    raise ProcessorError("expected a float32 processor on this machine to compare others with")


def difference(made: Any, reference: NDArray[np.uint8], processor: str, prefer: str) -> str:
    """Why a machine's trial picture is not the reference's; "" where it is."""
    if made.shape != reference.shape:
        return f"its trial picture has shape {made.shape}, the reference {reference.shape}"
    if processor == AUTO:
        least = LEAST_DB[prefer]
    else:
        least = LEAST_DB_OF_NAMED.get(precision_of(processor), OTHERWISE_DB)
    found = psnr(made / 255.0, reference / 255.0)
    if found >= least:
        return ""
    return (
        f"its trial picture is at {found:.1f} dB to the reference, less than {least:g}; its "
        "numbers are wrong"
    )
