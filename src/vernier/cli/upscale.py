"""`vernier upscale`: pictures in, larger pictures out."""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from vernier.cli.console import print_json, progress_bar
from vernier.errors import UsageError

if TYPE_CHECKING:
    from vernier.images.picture import Picture
    from vernier.runtime.pictures import Upscaler

_FACTOR = re.compile(r"x?(\d+(?:\.\d+)?)")
_SIZE = re.compile(r"(\d+)x(\d+)")
_MEMORY = re.compile(r"(\d+(?:\.\d+)?) ?([KMG]?)(?:i?B)?", re.IGNORECASE)
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def command(
    inputs: Annotated[
        list[str], typer.Argument(help="Files, folders or globs; - for standard input.")
    ],
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", help="A file, a folder, or - for standard output."),
    ] = None,
    scale: Annotated[str, typer.Option(help="A factor up to 16, or a size as 3840x2160.")] = "2",
    network: Annotated[str, typer.Option(help="See: vernier networks.")] = "sesr-m5",
    processor: Annotated[
        str, typer.Option(help="ENGINE:DEVICE:PRECISION, or auto; see: vernier devices.")
    ] = "auto",
    prefer: Annotated[
        Literal["quality", "speed"],
        typer.Option(
            help="What auto may give away, measured here on a test picture. quality: the fastest "
            "within 0.05 dB of float32's PSNR to the original and 55 dB to float32's picture; "
            "speed: INT8 too, within 0.25 dB and 42 dB."
        ),
    ] = "quality",
    bundle: Annotated[Path | None, typer.Option(help="A bundle instead of a network.")] = None,
    tile: Annotated[
        str | None, typer.Option(help="Tiles of WIDTHxHEIGHT input pixels; chosen otherwise.")
    ] = None,
    memory: Annotated[str, typer.Option(help="For the network's tiles, as 512M or 2G.")] = "1G",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 = all cores.")] = 0,
    format_: Annotated[
        str | None, typer.Option("--format", help="png, jpeg, webp or tiff.")
    ] = None,
    quality: Annotated[
        int, typer.Option(min=1, max=100, help="Of JPEG and WebP; WebP at 100 is lossless.")
    ] = 95,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Into folders.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace outputs.")] = False,
    allow_fallback: Annotated[
        bool, typer.Option("--allow-fallback", help="Accept what an engine places elsewhere.")
    ] = False,
    allow_inexact: Annotated[
        bool,
        typer.Option(
            "--allow-inexact", help="Use a named processor although its numbers are wrong here."
        ),
    ] = False,
    max_pixels: Annotated[int, typer.Option(min=1, help="Refuse larger inputs.")] = 200_000_000,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A report on standard output.")] = False,
) -> None:
    """Enlarge pictures. Inputs are never overwritten; nothing is written half."""
    import msgspec

    from vernier.images.reading import read_picture
    from vernier.images.sources import plan_jobs
    from vernier.images.writing import write_picture
    from vernier.runtime.pictures import Upscaler

    factor, size = parse_scale(scale)
    jobs = plan_jobs(
        inputs,
        out,
        f"_{scale}" if size else f"_x{factor:g}",
        recursive=recursive,
        format_=parse_format(format_),
        overwrite=overwrite,
    )
    if as_json and any(job.target is None for job in jobs):
        raise UsageError("--json and the picture cannot both go to standard output")
    upscalers: dict[float, Upscaler] = {}

    def upscaler_for(needed: float) -> Upscaler:
        if needed not in upscalers:
            upscalers[needed] = Upscaler(
                network,
                needed,
                processor=processor,
                bundle=bundle,
                tile=parse_tile(tile),
                memory_bytes=parse_memory(memory),
                threads=threads,
                allow_fallback=allow_fallback,
                prefer=prefer,
                allow_inexact=allow_inexact,
            )
        return upscalers[needed]

    if size is None:
        # A wrong network or processor is told before the first picture is read.
        upscaler_for(factor)
    reports: list[dict[str, Any]] = []
    for number, job in enumerate(jobs, 1):
        name = str(job.source or "standard input")
        title = f"[{number}/{len(jobs)}] {name}" if len(jobs) > 1 else name
        content = job.source if job.source is not None else sys.stdin.buffer.read()
        picture = read_picture(content, max_pixels=max_pixels)
        upscaler = upscaler_for(factor if size is None else needed_factor(picture, size))
        with progress_bar(title, quiet or as_json) as progress:
            result = upscaler.enlarge(picture, size=size, progress=progress)
        if job.target is not None:
            job.target.parent.mkdir(parents=True, exist_ok=True)
        notes = write_picture(result, job.target or sys.stdout.buffer, job.format, quality)
        told = upscaler.report.explain()
        reports.append(
            {
                "input": name,
                "output": str(job.target or "standard output"),
                "size": [result.width, result.height],
                "processor": upscaler.report.processor,
                "choice": msgspec.to_builtins(upscaler.report.choice),
                "how": told,
                "notes": [*picture.notes, *notes],
            }
        )
        if not quiet and not as_json:
            for line in [*(told if number == 1 else []), *picture.notes, *notes]:
                typer.echo(line, err=True)
            output = job.target or "standard output"
            typer.echo(f"{output}: {result.width}x{result.height}", err=True)
    if as_json:
        print_json(reports)


def parse_scale(text: str) -> tuple[float, tuple[int, int] | None]:
    """A factor, or an exact `(height, width)`: "2", "x1.5", "3840x2160".

    Raises:
        UsageError: neither.
    """
    if match := _SIZE.fullmatch(text):
        width, height = int(match[1]), int(match[2])
        if width and height:
            return 2.0, (height, width)
    elif match := _FACTOR.fullmatch(text):
        return float(match[1]), None
    raise UsageError(f"expected a scale such as 2, 1.5 or 3840x2160, found {text!r}")


def needed_factor(picture: Picture, size: tuple[int, int]) -> float:
    """The factor that reaches a size on both sides, rounded up to hundredths.

    Raises:
        UsageError: the size is not larger than the picture.
    """
    exact = max(size[0] / picture.height, size[1] / picture.width)
    if exact <= 1:
        raise UsageError(
            f"{size[1]}x{size[0]} is no enlargement of {picture.width}x{picture.height}"
        )
    return math.ceil(exact * 100) / 100


def parse_tile(text: str | None) -> tuple[int, int] | None:
    """`(height, width)` from "WIDTHxHEIGHT"."""
    if text is None:
        return None
    match = _SIZE.fullmatch(text)
    if not match or not int(match[1]) or not int(match[2]):
        raise UsageError(f"expected a tile as WIDTHxHEIGHT, such as 480x270, found {text!r}")
    return int(match[2]), int(match[1])


def parse_memory(text: str) -> int:
    """Bytes from "512M", "2G", "1.5GiB", "800000"."""
    match = _MEMORY.fullmatch(text.strip())
    if not match:
        raise UsageError(f"expected an amount of memory such as 512M or 2G, found {text!r}")
    return int(float(match[1]) * _UNITS[match[2].upper()])


def parse_format(text: str | None) -> str | None:
    """Pillow's name of a format from the user's."""
    names = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP", "tif": "TIFF"}
    if text is None:
        return None
    try:
        return {**names, "tiff": "TIFF"}[text.lower()]
    except KeyError:
        raise UsageError(f"expected png, jpeg, webp or tiff, found {text!r}") from None
