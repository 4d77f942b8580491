"""A JPEG's rows while it is decoded, in the memory of a few of them.

Pillow's decoder takes the file piece by piece and writes row after row into an image. That image is
laid here into memory of our own, which the system hands out when it is written to and takes back
when its rows have been read: 200 megapixels need no more than 2.

A progressive JPEG comes as several passes over the picture: libjpeg keeps all coefficients.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

_core: Any = vars(Image)["core"]

# A flat picture has a thousand pixels in a byte.
BLOCK_BYTES = 1 << 13
PAGE = mmap.PAGESIZE
# Pillow keeps RGB in four bytes and sets the last: whether a pixel was written can be seen.
PIXEL_BYTES = 4
LOOK_AHEAD_ROWS = 4096


def can_stream(image: ImageFile.ImageFile) -> bool:
    """Whether `jpeg_rows` reads this picture; Pillow may change what it is built on."""
    return (
        image.format in ("JPEG", "MPO")
        and image.mode in ("RGB", "L")
        and len(image.tile) == 1
        and image.tile[0].codec_name == "jpeg"
        and hasattr(_core, "map_buffer")
    )


def jpeg_rows(image: ImageFile.ImageFile, stream: BinaryIO) -> Iterator[NDArray[np.uint8]]:
    """Bands of rows, `(rows, W, C)` uint8, C is 1 or 3; each is valid until the next is asked for.

    Args:
        image: opened, not decoded; `can_stream` says yes.
        stream: the file.

    Raises:
        OSError: the file is damaged or cut short.
    """
    width, height = image.size
    channels = len(image.getbands())
    args: Any = image.tile[0].args
    rest = tuple(args[1:]) if isinstance(args, tuple) else ("",)
    pages = mmap.mmap(-1, height * width * PIXEL_BYTES)
    core = _core.map_buffer(pages, (width, height), "raw", 0, ("RGB", width * PIXEL_BYTES, 1))
    decoder = Image._getdecoder("RGB", "jpeg", ("RGB", *rest), ())
    decoder.setimage(core, (0, 0, width, height))
    stream.seek(image.tile[0].offset)
    pixels = np.frombuffer(pages, np.uint8).reshape(height, width, PIXEL_BYTES)
    done, waiting, ended = 0, b"", False
    while not ended:
        block = stream.read(BLOCK_BYTES)
        waiting += block
        used, error = decoder.decode(waiting)
        if error < 0:
            raise OSError(f"broken data stream (code {error})")
        ended = used < 0
        if not ended:
            waiting = waiting[used:]
        written = pixels[done : done + LOOK_AHEAD_ROWS, -1, -1]
        until = done + int(np.count_nonzero(written))
        while until > done:
            yield pixels[done:until, :, :channels]
            _give_back(pages, done * width * PIXEL_BYTES, until * width * PIXEL_BYTES)
            done = until
            until += int(np.count_nonzero(pixels[done : done + LOOK_AHEAD_ROWS, -1, -1]))
        if not block and not ended:
            raise OSError("image file is truncated")
    if done != height:
        raise OSError(f"it holds {done} of {height} rows")


def _give_back(pages: mmap.mmap, first: int, last: int) -> None:
    """Pages that were read are the system's again, where it takes them."""
    start, end = first // PAGE * PAGE, last // PAGE * PAGE
    if end > start and hasattr(mmap, "MADV_DONTNEED"):
        pages.madvise(mmap.MADV_DONTNEED, start, end - start)
