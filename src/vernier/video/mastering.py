"""HDR's static metadata: how bright a film is, and how bright the screen on which it was made."""

from __future__ import annotations

import struct
from typing import Any

_RATIONALS = struct.Struct("<20i")
_CHROMATICITY, _LUMINANCE = 50_000, 10_000
"""HEVC's units: 0.00002 of CIE 1931 x and y, and 0.0001 cd/m2."""


def mastering_parameters(frame: Any) -> str:
    """x265's parameters for what a frame says of its mastering display and light; empty without.

    The frame's side data are FFmpeg's `AVMasteringDisplayMetadata` (red, green, blue and white
    point as x and y, least and most luminance, as rationals; whether each is there) and
    `AVContentLightMetadata`.
    """
    parts = []
    held = frame.side_data.get("MASTERING_DISPLAY_METADATA")
    if held is not None and len(bytes(held)) >= _RATIONALS.size + 8:
        content = bytes(held)
        numbers = _RATIONALS.unpack_from(content)
        primaries, luminance = struct.unpack_from("<2i", content, _RATIONALS.size)
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        values = [top / bottom if bottom else 0.0 for top, bottom in pairs]
        if primaries and luminance:
            red, green, blue, white = (
                tuple(round(v * _CHROMATICITY) for v in values[first : first + 2])
                for first in (0, 2, 4, 6)
            )
            least, most = (round(v * _LUMINANCE) for v in values[8:10])
            parts.append(
                f"master-display=G({green[0]},{green[1]})B({blue[0]},{blue[1]})R({red[0]},{red[1]})"
                f"WP({white[0]},{white[1]})L({most},{least})"
            )
    light = frame.side_data.get("CONTENT_LIGHT_LEVEL")
    if light is not None and len(bytes(light)) >= 8:
        parts.append("max-cll={},{}".format(*struct.unpack_from("<2I", bytes(light))))
    return ":".join(parts)
