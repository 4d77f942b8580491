"""A TIFF encoder for what results are: grey or RGB, alpha or none, 8 or 16 bits.

Pillow cannot write 16 bits with colours; its directory writer is used, and the strips are ours.

Source: TIFF 6.0 (Adobe, 1992), sections 8 (baseline), 14 (differencing predictor), 18 (extra
samples); Adobe Photoshop TIFF Technical Notes (deflate); ICC.1:2010, B.4.
"""

from __future__ import annotations

import io
import zlib

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from vernier.errors import ImageError
from vernier.images import exif as exif_tags
from vernier.images.deflate import LEVEL, STRIP_BYTES, in_parallel
from vernier.images.picture import Samples

ADOBE_DEFLATE = 8
HORIZONTAL_DIFFERENCES = 2
UNASSOCIATED_ALPHA = 2
INCH = 2
LARGEST_FILE_BYTES = (1 << 32) - 1


def encode_tiff(
    samples: Samples,
    *,
    icc_profile: bytes | None = None,
    exif: bytes | None = None,
    dpi: tuple[float, float] | None = None,
) -> bytes:
    """A TIFF file, deflated. The arguments are those of `png.encode_png`.

    Raises:
        ImageError: the file would exceed the format's 4 GiB.
    """
    height, width, channels = samples.shape
    rows = max(1, STRIP_BYTES // (width * channels * samples.dtype.itemsize))
    count = -(-height // rows)
    little = samples.astype(samples.dtype.newbyteorder("<"), copy=False)

    def strip(number: int) -> bytes:
        part = little[number * rows : (number + 1) * rows]
        differences = part.copy()
        np.subtract(part[:, 1:], part[:, :-1], out=differences[:, 1:])
        return zlib.compress(differences.tobytes(), LEVEL)

    strips = list(in_parallel(strip, count))
    sizes = [len(data) for data in strips]
    if sum(sizes) + len(icc_profile or b"") + len(exif or b"") + (1 << 16) > LARGEST_FILE_BYTES:
        raise ImageError(f"{width}x{height} pixels make more than TIFF's 4 GiB; write a PNG")
    directory = ImageFileDirectory_v2(prefix=b"II")
    directory[256], directory[257] = width, height
    directory[258] = (8 * samples.dtype.itemsize,) * channels
    directory[259] = ADOBE_DEFLATE
    directory[262] = 2 if channels >= 3 else 1
    directory[273] = tuple(int(offset) for offset in np.cumsum([0, *sizes[:-1]]))
    directory[277], directory[278], directory[279] = channels, rows, tuple(sizes)
    directory[284], directory[317] = 1, HORIZONTAL_DIFFERENCES
    directory[339] = (1,) * channels
    if channels in (2, 4):
        directory[338] = UNASSOCIATED_ALPHA
    if dpi is not None:
        directory[282], directory[283], directory[296] = *dpi, INCH
    if icc_profile:
        directory.tagtype[34675] = 7
        directory[34675] = icc_profile
    if exif:
        _describe(directory, exif)
    file = io.BytesIO()
    directory.save(file)
    for data in strips:
        file.write(data)
    return file.getvalue()


def _describe(directory: ImageFileDirectory_v2, exif: bytes) -> None:
    read = Image.Exif()
    read.load(exif)
    for tag in exif_tags.DESCRIPTIVE_TAGS:
        if tag in read:
            directory[tag] = read[tag]
    for below in (exif_tags.EXIF_DIRECTORY, exif_tags.GPS_DIRECTORY):
        values = read.get_ifd(below)
        if values:
            directory[below] = dict(values)
