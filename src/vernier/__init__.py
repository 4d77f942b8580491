"""Vernier: super-resolution on machines with float processors and INT8 accelerators.

import vernier
large = vernier.upscale(image, scale=2)        # an array or a PIL image
upscaler = vernier.Upscaler("sesr-m5", 2)      # for many images

known = vernier.profile("sesr-m5")                              # how long each layer takes here
plan = vernier.optimize("sesr-m5", "0.7x", "photos/", "plan/")  # the best split for a time
made = vernier.export("sesr-m5", "bundle.zip", scale=2)         # a network as a bundle
scores = vernier.metrics("large.png", "original.png")           # how near it is
found = vernier.compare("sesr-m5", "photos/", "out/")            # beside what others do
done = vernier.video("film.mp4", "large.mkv", height=2160)      # a film, going on where it stopped
page = vernier.report("out/", "report.html")                    # the same as one page
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vernier.cluster.films import video_on_cluster
    from vernier.cluster.upscaling import upscale_on_cluster
    from vernier.comparison.comparing import compare
    from vernier.errors import VernierError
    from vernier.export.exporting import export
    from vernier.planning.optimizing import optimize
    from vernier.profiling.networks import profile
    from vernier.report.writing import report
    from vernier.runtime.pictures import Upscaler, upscale
    from vernier.runtime.report import Report
    from vernier.scoring.files import metrics
    from vernier.service.serving import serve
    from vernier.version import VERSION as __version__  # noqa: N811 - Python's own name for it
    from vernier.video.converting import video
    from vernier.video.streaming import stream

__all__ = [
    "Report",
    "Upscaler",
    "VernierError",
    "__version__",
    "compare",
    "export",
    "metrics",
    "optimize",
    "profile",
    "serve",
    "report",
    "stream",
    "upscale",
    "upscale_on_cluster",
    "video",
    "video_on_cluster",
]

# Imported when first asked for: the command line's help needs none of it.
_PLACES = {
    "Report": ("vernier.runtime.report", "Report"),
    "Upscaler": ("vernier.runtime.pictures", "Upscaler"),
    "VernierError": ("vernier.errors", "VernierError"),
    "__version__": ("vernier.version", "VERSION"),
    "compare": ("vernier.comparison.comparing", "compare"),
    "export": ("vernier.export.exporting", "export"),
    "metrics": ("vernier.scoring.files", "metrics"),
    "optimize": ("vernier.planning.optimizing", "optimize"),
    "profile": ("vernier.profiling.networks", "profile"),
    "serve": ("vernier.service.serving", "serve"),
    "report": ("vernier.report.writing", "report"),
    "stream": ("vernier.video.streaming", "stream"),
    "upscale": ("vernier.runtime.pictures", "upscale"),
    "upscale_on_cluster": ("vernier.cluster.upscaling", "upscale_on_cluster"),
    "video": ("vernier.video.converting", "video"),
    "video_on_cluster": ("vernier.cluster.films", "video_on_cluster"),
}


class _Api(ModuleType):
    """The public module; some calls, such as `export` and `metrics`, are named like their rooms.

    Importing from a room would put the room in its call's place. `from vernier.metrics.psnr import
    psnr` still finds the room, which Python knows by its whole name.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _PLACES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Api


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, found = _PLACES[name]
    return getattr(importlib.import_module(module), found)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
