"""Hostile pictures: damaged files of every format, absurd arrays, and batches of both."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from fuzz_harness import Attempt, flipped
from PIL import Image

from vernier import Upscaler
from vernier.images.reading import read_picture
from vernier.images.writing import write_picture

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "AVIF")
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F", "LAB", "YCbCr", "I")
TIFF_COMPRESSIONS = ("raw", "tiff_lzw", "tiff_deflate", "packbits", "jpeg", "group4")


@cache
def upscaler() -> Upscaler:
    """Loaded once for each process."""
    return Upscaler("sesr-m5", 2, processor="litert:cpu:float32", threads=1)


def _samples(rng: np.random.Generator, mode: str) -> Image.Image:
    height, width = (int(side) for side in rng.integers(1, 40, 2))
    if mode == "I;16":
        return Image.fromarray(rng.integers(0, 65536, (height, width)).astype(np.uint16))
    if mode == "I":
        return Image.fromarray(rng.integers(-9, 70000, (height, width)).astype(np.int32))
    if mode == "F":
        return Image.fromarray(rng.random((height, width), np.float32))
    coarse = rng.integers(0, 256, (-(-height // 4), -(-width // 4), 4)).astype(np.uint8)
    image = Image.fromarray(coarse).resize((width, height))
    if mode in ("RGBA", "LA"):
        return image.convert(mode)
    return image.convert("RGB").convert(mode) if mode != "LAB" else _lab(image)


def _lab(image: Image.Image) -> Image.Image:
    return Image.frombytes("LAB", image.size, image.convert("RGB").tobytes())


def _exif(rng: np.random.Generator) -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", int(rng.integers(0, 12))
    exif.get_ifd(0x8769).update({0xA002: 3, 0xA003: 4, 0x927C: rng.bytes(20)})
    exif.get_ifd(0x8825)[1] = "N"
    content = exif.tobytes()
    return flipped(content, rng) if rng.random() < 0.5 else content


def picture_file(rng: np.random.Generator) -> tuple[bytes, str]:
    """A picture as a program wrote it, with metadata that may be damaged, and what it is."""
    while True:
        kind, mode = str(rng.choice(FORMATS)), str(rng.choice(MODES))
        options: dict[str, Any] = {}
        if rng.random() < 0.3:
            options["exif"] = _exif(rng)
        if rng.random() < 0.2:
            options["icc_profile"] = rng.bytes(200)
        if rng.random() < 0.2:
            options["dpi"] = (72, 300)
        if kind == "TIFF":
            options["compression"] = str(rng.choice(TIFF_COMPRESSIONS))
        content = io.BytesIO()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                _samples(rng, mode).save(content, kind, **options)
        except Exception:  # noqa: BLE001, PERF203, RUF100 - Pillow cannot write such a file
            continue
        return content.getvalue(), f"{kind} {mode} {sorted(options)}"


def _png_with_chunk(content: bytes, rng: np.random.Generator) -> bytes:
    """A chunk of rubbish with a right checksum, so that its reader sees it."""
    kinds = (
        b"eXIf",
        b"iCCP",
        b"gAMA",
        b"cHRM",
        b"cICP",
        b"tRNS",
        b"pHYs",
        b"sRGB",
        b"PLTE",
        b"acTL",
    )
    kind = kinds[int(rng.integers(len(kinds)))]
    data = rng.bytes(int(rng.choice([0, 1, 3, 4, 6, 32, 100])))
    chunk = struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return content[:33] + chunk + content[33:]


@cache
def _heic() -> tuple[bytes, ...]:
    folder = Path(__file__).parents[1] / "images" / "foreign"
    return tuple(path.read_bytes() for path in sorted(folder.glob("*.heic")))


def _hostile(rng: np.random.Generator) -> tuple[bytes, str]:
    content, about = picture_file(rng)
    if rng.random() < 0.08:
        content, about = _heic()[int(rng.integers(len(_heic())))], "HEIC"
    if content.startswith(b"\x89PNG") and rng.random() < 0.5:
        content, about = _png_with_chunk(content, rng), about + " with a chunk of rubbish"
    if rng.random() < 0.85:
        content, about = flipped(content, rng), about + " damaged"
    return content, about


def picture(rng: np.random.Generator, folder: Path) -> Attempt:
    """A damaged file, read and, where it can be, written again in some format."""
    content, about = _hostile(rng)
    source = folder / "in.bin"
    source.write_bytes(content)
    kind = str(rng.choice(["PNG", "JPEG", "WEBP", "TIFF"]))
    target = folder / "out.bin"

    def call() -> None:
        found = read_picture(source, max_pixels=1 << 20)
        write_picture(found, target, kind)

    def whole(_: Any) -> None:
        with Image.open(target) as image:
            image.load()
            assert image.format == kind

    return Attempt(call, f"{about}, to {kind}", (target,), whole)


def pixels(rng: np.random.Generator, folder: Path) -> Attempt:
    """Arrays and PIL images as programs give them: odd shapes, dtypes, values, modes."""
    given: Any
    if rng.random() < 0.5:
        mode = str(rng.choice([*MODES, "HSV", "RGBa", "La", "RGBX", "PA"]))
        given = Image.new(mode, (int(rng.integers(0, 9)), int(rng.integers(0, 9))))
        about = f"a PIL image of {mode} {given.size}"
        if rng.random() < 0.1:
            given.close()
    else:
        dtype = str(rng.choice(["u1", "u2", "u4", "i4", "f2", "f4", "f8", "bool", "O", "c8"]))
        shape = tuple(int(side) for side in rng.choice([0, 1, 2, 3, 4, 5, 9], rng.integers(0, 5)))
        given = np.zeros(shape, dtype)
        about = f"an array of {dtype} {shape}"
        if dtype.startswith("f") and rng.random() < 0.5:
            with np.errstate(over="ignore"):
                given = given + np.array([np.nan, np.inf, 1e30, -1][int(rng.integers(4))], dtype)
    del folder
    return Attempt(lambda: upscaler().enlarge(given), about)


def batch(rng: np.random.Generator, folder: Path) -> Attempt:
    """A folder of sound and damaged pictures and other files, enlarged by the command."""
    from fuzz_command_lines import run_command

    inputs = folder / "in"
    inputs.mkdir()
    for number in range(int(rng.integers(1, 5))):
        content, _ = _hostile(rng) if rng.random() < 0.5 else picture_file(rng)
        ending = str(rng.choice([".png", ".jpg", ".tif", ".webp", ".gif", ".txt", ""]))
        prefix = str(rng.choice(["", "", "._", "."]))
        (inputs / f"{prefix}{'ab'[number % 2]}{number // 2}{ending}").write_bytes(content)
    out = folder / "out"
    arguments = ["upscale", str(inputs), "-o", f"{out}/", "--processor", "litert:cpu:float32"]
    arguments += ["--threads", "1", "--max-pixels", "100000", "--json"]
    if rng.random() < 0.5:
        arguments += ["--format", str(rng.choice(["png", "jpeg", "webp", "tiff"]))]
    possible = [folder / "out", *(out / name for name in _possible(inputs))]

    def whole(_: Any) -> None:
        for path in out.glob("*") if out.exists() else ():
            with Image.open(path) as image:
                image.load()

    return Attempt(lambda: run_command(arguments), " ".join(arguments[4:]), tuple(possible), whole)


def _possible(inputs: Path) -> set[str]:
    endings = (".png", ".jpg", ".tif", ".webp", ".jpeg")
    stems = {(path.name, path.stem) for path in inputs.iterdir()}
    return {
        f"{start}_x2{ending}"
        for name, stem in stems
        for start in (name, stem)
        for ending in endings
    }
