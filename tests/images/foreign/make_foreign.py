"""Tiny pictures written by other programs, which the tests read back.

    pip install numpy opencv-python-headless==5.0.0.93 tifffile==2026.3.3 imagecodecs==2026.3.6
    pip install pillow pillow-heif==1.8.1
    python tests/images/foreign/make_foreign.py

OpenCV brings libpng, tifffile its own TIFF, pillow-heif an encoder of HEIC; none is a dependency of
Vernier. The samples are `pattern(channels)` and `gradients()`, which the tests compute again.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pillow_heif
import tifffile
from PIL import Image

HERE = Path(__file__).parent
HEIGHT, WIDTH = 5, 7


def pattern(channels: int) -> np.ndarray:
    """Samples `(5, 7, channels)` uint16 that use both bytes: a multiplicative sequence."""
    count = HEIGHT * WIDTH * channels
    return (
        (np.arange(1, count + 1, dtype=np.uint64) * 40503 % 65536)
        .astype(np.uint16)
        .reshape(HEIGHT, WIDTH, channels)
    )


def gradients() -> np.ndarray:
    """Samples `(48, 64, 3)` uint8 that a lossy codec keeps well."""
    y, x = np.mgrid[0:48, 0:64]
    return np.stack([4 * x, 5 * y, 255 - 2 * x - 2 * y], axis=2).astype(np.uint8)


def write_heic() -> None:
    """As a phone does: turned by EXIF; with transparency; and with 10 bits."""
    pillow_heif.register_heif_opener()
    samples = gradients()
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Vernier", 6
    picture = Image.fromarray(samples)
    picture.save(HERE / "pillow_heif_rgb.heic", "HEIF", quality=90, exif=exif.tobytes())
    alpha = np.broadcast_to(4 * np.arange(64, dtype=np.uint8), (48, 64))
    picture = Image.fromarray(np.dstack([samples, alpha]))
    picture.save(HERE / "pillow_heif_rgba.heic", "HEIF", quality=90)
    wide = (samples.astype(np.uint16) * 257).tobytes()
    file = pillow_heif.from_bytes(mode="RGB;16", size=(64, 48), data=wide)
    file.save(HERE / "pillow_heif_10_bit.heic", quality=90, bit_depth=10)


def main() -> None:
    """Write all files."""
    write_heic()
    for channels, name in ((1, "grey"), (3, "rgb"), (4, "rgba")):
        samples = pattern(channels)
        # OpenCV's order is blue, green, red.
        order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
        cv2.imwrite(str(HERE / f"opencv_{name}16.png"), samples[:, :, order])
    rgb, rgba, grey = pattern(3), pattern(4), pattern(1)[:, :, 0]
    write = tifffile.imwrite
    write(HERE / "tifffile_rgb16.tif", rgb, photometric="rgb")
    write(HERE / "tifffile_rgb16_big_endian.tif", rgb, photometric="rgb", byteorder=">")
    write(
        HERE / "tifffile_rgb16_deflate.tif",
        rgb,
        photometric="rgb",
        compression="deflate",
        predictor=2,
    )
    write(
        HERE / "tifffile_rgb16_big_endian_lzw.tif",
        rgb,
        photometric="rgb",
        byteorder=">",
        compression="lzw",
    )
    write(HERE / "tifffile_rgba16.tif", rgba, photometric="rgb", extrasamples=["unassalpha"])
    write(HERE / "tifffile_grey16.tif", grey, photometric="minisblack")
    write(
        HERE / "tifffile_rgb16_tiled.tif",
        rgb,
        photometric="rgb",
        tile=(16, 16),
        compression="deflate",
    )
    planes = np.ascontiguousarray(np.moveaxis(rgb, 2, 0))
    write(HERE / "tifffile_rgb16_planar.tif", planes, photometric="rgb", planarconfig="separate")
    write(HERE / "tifffile_float_rgb.tif", (rgb / 65535).astype(np.float32), photometric="rgb")
    write(HERE / "tifffile_float_grey.tif", (grey / 65535).astype(np.float32))


if __name__ == "__main__":
    main()
