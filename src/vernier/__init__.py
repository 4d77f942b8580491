"""Vernier: super-resolution on machines with float processors and INT8 accelerators.

import vernier
large = vernier.upscale(image, scale=2)        # an array or a PIL image
upscaler = vernier.Upscaler("sesr-m5", 2)      # for many images
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vernier.errors import VernierError
    from vernier.runtime.pictures import Upscaler, upscale
    from vernier.runtime.report import Report
    from vernier.version import VERSION as __version__  # noqa: N811 - Python's own name for it

__all__ = ["Report", "Upscaler", "VernierError", "__version__", "upscale"]

# Imported when first asked for: the command line's help needs none of it.
_PLACES = {
    "Report": ("vernier.runtime.report", "Report"),
    "Upscaler": ("vernier.runtime.pictures", "Upscaler"),
    "VernierError": ("vernier.errors", "VernierError"),
    "__version__": ("vernier.version", "VERSION"),
    "upscale": ("vernier.runtime.pictures", "upscale"),
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, found = _PLACES[name]
    return getattr(importlib.import_module(module), found)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
