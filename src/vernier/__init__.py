"""Vernier: super-resolution on machines with float processors and INT8 accelerators.

import vernier
large = vernier.upscale(image, scale=2)        # an array or a PIL image
upscaler = vernier.Upscaler("sesr-m5", 2)      # for many images
"""

from vernier.errors import VernierError
from vernier.runtime.pictures import Upscaler, upscale
from vernier.runtime.report import Report
from vernier.version import VERSION as __version__  # noqa: N811 - Python's own name for it

__all__ = ["Report", "Upscaler", "VernierError", "__version__", "upscale"]
