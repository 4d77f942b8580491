"""The metrics by name, with what a caller must know to use and to read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from vernier.metrics import gmsd, ms_ssim, niqe, piqe, psnr, ssim
from vernier.metrics.planes import Picture


class Sees(StrEnum):
    """What of a picture a metric is defined on."""

    ASKED = "asked"  # any plane, or RGB
    GREY = "grey"  # MATLAB's grey (`planes.grey`)
    RGB = "rgb"


class Better(StrEnum):
    """The direction in which a score improves."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True)
class Metric:
    """One way to judge a picture.

    Attributes:
        name: as the command line and JSON have it.
        title: as people read it, with the unit.
        better: which direction is good.
        sees: what it is defined on.
        smallest: least height and width in pixels.
        usual: computed where no metrics are named.
        with_reference: a function of `(picture, reference)`; None for one that needs no reference.
        alone: a function of the picture; None for one that needs a reference.
    """

    name: str
    title: str
    better: Better
    sees: Sees
    smallest: int
    usual: bool = True
    with_reference: Callable[[Picture, Picture], float] | None = None
    alone: Callable[[Picture], float] | None = None


def _ms_ssim(picture: Picture, reference: Picture) -> float:
    return ms_ssim.ms_ssim(picture, reference)


def _ms_ssim_product(picture: Picture, reference: Picture) -> float:
    return ms_ssim.ms_ssim(picture, reference, ms_ssim.Pooling.PRODUCT)


METRICS = {
    metric.name: metric
    for metric in (
        Metric("psnr", "PSNR (dB)", Better.HIGHER, Sees.ASKED, 1, with_reference=psnr.psnr),
        Metric("ssim", "SSIM", Better.HIGHER, Sees.ASKED, ssim.WINDOW, with_reference=ssim.ssim),
        Metric(
            "ms_ssim",
            "MS-SSIM",
            Better.HIGHER,
            Sees.ASKED,
            ms_ssim.SMALLEST,
            with_reference=_ms_ssim,
        ),
        Metric(
            "ms_ssim_product",
            "MS-SSIM (product)",
            Better.HIGHER,
            Sees.ASKED,
            ms_ssim.SMALLEST,
            usual=False,
            with_reference=_ms_ssim_product,
        ),
        Metric("gmsd", "GMSD", Better.LOWER, Sees.GREY, gmsd.SMALLEST, with_reference=gmsd.gmsd),
        Metric(
            "piqe", "PIQE", Better.LOWER, Sees.GREY, 1, alone=lambda plane: piqe.piqe(plane).score
        ),
        Metric("niqe", "NIQE", Better.LOWER, Sees.GREY, niqe.BLOCK, usual=False, alone=niqe.niqe),
    )
}
ALIASES = {"ms_ssim_sum": "ms_ssim", "msssim": "ms_ssim", "lpips_alex": "lpips"}
"""Other names of the same."""
