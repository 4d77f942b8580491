"""A frame's planes as arrays on its own memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.video.library import av
from vernier.video.pixel_format import PixelFormat, planar_format

Plane = NDArray[np.uint8] | NDArray[np.uint16]


def planes_of(frame: av.VideoFrame, layout: PixelFormat) -> tuple[Plane, ...]:
    """The planes `(H, W)` of a frame, uint8 or uint16; what is written there is in the frame."""
    return tuple(
        _view(frame.planes[number], layout, layout.plane_size(number, frame.height, frame.width))
        for number in range(layout.planes)
    )


def _view(plane: Any, layout: PixelFormat, size: tuple[int, int]) -> Plane:
    dtype = np.dtype(np.uint8 if layout.bits == 8 else np.uint16)
    height, width = size
    samples: Any = np.frombuffer(plane, dtype)
    stride = plane.line_size // dtype.itemsize
    lines = samples[: height * stride]
    if len(lines) < height * stride:
        # The last line of some buffers ends with its picture.
        return np.lib.stride_tricks.as_strided(
            samples, (height, width), (plane.line_size, dtype.itemsize)
        )
    return lines.reshape(height, stride)[:, :width]  # type: ignore[no-any-return]


def empty_frame(layout: PixelFormat, height: int, width: int) -> av.VideoFrame:
    """A frame of a size with nothing in it yet."""
    return av.VideoFrame(width, height, layout.name)


def as_layout(frame: av.VideoFrame, layout: PixelFormat, source_space: int | None) -> av.VideoFrame:
    """A frame in another format of the same pictures: planes split, palettes resolved.

    RGB becomes YUV of the studio range by the matrix that `source_space` names.
    """
    if frame.format.name == layout.name or planar_format(frame.format.name) == layout:
        return frame
    turned = frame.format.is_rgb or frame.format.has_palette
    options: dict[str, Any] = {}
    if turned:
        options = {"dst_colorspace": source_space, "dst_color_range": 1, "src_color_range": 2}
    made = frame.reformat(format=layout.name, **options)
    made.pts, made.time_base = frame.pts, frame.time_base
    return made
