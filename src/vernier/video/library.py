"""PyAV, which brings FFmpeg; an extra, so what needs it says how to get it."""

from __future__ import annotations

from vernier.errors import MissingExtraError

try:
    import av
except ImportError as error:
    raise MissingExtraError("av", "video", "video") from error

# FFmpeg speaks of every oddity of a file; what matters comes as an exception or a flag.
av.logging.set_level(None)

__all__ = ["av"]
