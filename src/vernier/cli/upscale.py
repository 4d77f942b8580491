"""`vernier upscale`: pictures in, larger pictures out."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from vernier.cli.console import late_progress_bar, one_line, print_json, progress_bar
from vernier.cli.ending import tell
from vernier.cli.sizes import parse_size
from vernier.errors import UsageError

if TYPE_CHECKING:
    from vernier.images.sources import Job
    from vernier.progress import Progress
    from vernier.runtime.batches import Outcome
    from vernier.runtime.pictures import Upscaler

_FACTOR = re.compile(r"x?(\d{1,9}(?:\.\d{1,9})?)", re.ASCII)
_SIZE = re.compile(r"\d+[xX]\d+", re.ASCII)
_MEMORY = re.compile(r"(\d{1,12}(?:\.\d{1,9})?) ?([KMG]?)(?:i?B)?", re.IGNORECASE | re.ASCII)
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def command(
    inputs: Annotated[
        list[str], typer.Argument(help="Files, folders or globs; - for standard input.")
    ],
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", help="A file, a folder, or - for standard output."),
    ] = None,
    scale: Annotated[
        str | None,
        typer.Option(
            help="A factor up to 16, or a size as 3840x2160; the network's own if absent."
        ),
    ] = None,
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
    halo: Annotated[
        str | None,
        typer.Option(
            help='Pixels that tiles share with neighbours: a number, or "exact". If absent the '
            "exact one where it fits into memory and does not triple the work, else the smallest "
            "that changes no sample of the picture's busiest spot by more than one code."
        ),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            help="For the network's tiles, as 512M or 2G. If absent 512M, and up to a quarter of "
            "what is free where halos would else be computed for more than a quarter of the time."
        ),
    ] = None,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 = all cores.")] = 0,
    format_: Annotated[
        str | None, typer.Option("--format", help="png, jpeg, webp or tiff.")
    ] = None,
    quality: Annotated[
        int, typer.Option(min=1, max=100, help="Of JPEG and WebP; WebP at 100 is lossless.")
    ] = 95,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Into folders.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace outputs.")] = False,
    skip_existing: Annotated[
        bool,
        typer.Option("--skip-existing", help="Keep outputs that are there; go on with others."),
    ] = False,
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
    cluster: Annotated[
        str | None,
        typer.Option(
            help="On the machines of a Ray cluster, as 10.0.0.1:6379, or local for this one; the "
            "input is then one folder, or an address as s3://bucket/photos, and so is --out. The "
            "same command goes on where it stopped."
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A report on standard output.")] = False,
) -> None:
    """Enlarge pictures. Inputs are never overwritten; nothing is written half.

    What is wrong with one picture is told at the end, and the others are done (exit code 2).
    Stopped by Ctrl-C (130) or SIGTERM (143), it goes on with --skip-existing.
    """
    from vernier.images.sources import passed_over, plan_jobs
    from vernier.runtime.batches import Upscalers, enlarge_jobs
    from vernier.runtime.engine import native_scale
    from vernier.runtime.pictures import Upscaler

    factor, size = (None, None) if scale is None else parse_scale(scale)
    if cluster is not None:
        _refuse_on_cluster(inputs, out, tile=tile, halo=halo, allow_fallback=allow_fallback)
        from vernier.cli.on_cluster import upscale_on_cluster

        upscale_on_cluster(
            inputs[0],
            str(out),
            quiet=quiet,
            as_json=as_json,
            cluster=cluster,
            network=network,
            scale=factor,
            size=size,
            bundle=bundle,
            processor=processor,
            prefer=prefer,
            format_=parse_format(format_),
            quality=quality,
            max_pixels=max_pixels,
            memory_bytes=None if memory is None else parse_memory(memory),
            threads=threads,
            recursive=recursive,
            overwrite=overwrite,
            skip_existing=skip_existing,
            allow_inexact=allow_inexact,
        )
        return
    factor = native_scale(network, bundle) if factor is None else factor
    jobs = plan_jobs(
        inputs,
        out,
        f"_{size[1]}x{size[0]}" if size else f"_x{factor:g}",
        recursive=recursive,
        format_=parse_format(format_),
        overwrite=overwrite,
        skip_existing=skip_existing,
    )
    if as_json and any(job.target is None and job.fault is None for job in jobs):
        raise UsageError("--json and the picture cannot both go to standard output")
    tiles = None if tile is None else parse_size(tile, "a tile")
    memory_bytes = None if memory is None else parse_memory(memory)

    def make(needed: float) -> Upscaler:
        with late_progress_bar("choosing a processor", quiet or as_json) as progress:
            return made(needed, progress)

    def made(needed: float, progress: Progress) -> Upscaler:
        return Upscaler(
            network,
            needed,
            progress=progress,
            processor=processor,
            bundle=bundle,
            tile=tiles,
            memory_bytes=memory_bytes,
            threads=threads,
            allow_fallback=allow_fallback,
            halo=parse_halo(halo),
            prefer=prefer,
            allow_inexact=allow_inexact,
        )

    upscalers = Upscalers(make)
    if size is None and any(job.fault is None and not job.is_there for job in jobs):
        # A wrong network or processor is reported before the first picture is read.
        upscalers.reaching(factor)
    messages = _Messages(len(jobs), quiet or as_json)
    messages.say(*passed_over(inputs, recursive))
    try:
        for outcome in enlarge_jobs(
            jobs,
            upscalers,
            factor,
            size,
            quality=quality,
            max_pixels=max_pixels,
            overwrite=overwrite,
            progress_of=messages.progress,
        ):
            messages.add(outcome)
    finally:
        if as_json:
            print_json([as_report(outcome) for outcome in messages.outcomes])
    messages.finish()


def _refuse_on_cluster(inputs: list[str], out: str | None, **others: object) -> None:
    """What a cluster is not asked.

    Raises:
        UsageError: several inputs, no address for results, or an option of one machine.
    """
    if len(inputs) != 1 or inputs[0] == "-":
        raise UsageError("with --cluster expected one folder or address of pictures")
    if out is None or out == "-":
        raise UsageError("with --cluster expected --out: a folder or an address for results")
    for name, value in others.items():
        if value:
            raise UsageError(f"--{name.replace('_', '-')} and --cluster exclude each other")


class _Messages:
    """What is said on standard error while a batch runs, and at its end."""

    def __init__(self, count: int, quiet: bool) -> None:
        self.outcomes: list[Outcome] = []
        self._count, self._quiet = count, quiet

    def progress(self, job: Job) -> AbstractContextManager[Progress]:
        name = one_line(job.source or "standard input")
        number = len(self.outcomes) + 1
        title = f"[{number}/{self._count}] {name}" if self._count > 1 else name
        return progress_bar(title, self._quiet)

    def say(self, *lines: str) -> None:
        if not self._quiet:
            for line in lines:
                typer.echo(one_line(line), err=True)

    def add(self, outcome: Outcome) -> None:
        first = not any(before.size for before in self.outcomes)
        self.outcomes.append(outcome)
        output = outcome.job.target or "standard output"
        if outcome.fault is not None:
            tell(outcome.fault)
        elif outcome.size is None:
            self.say(f"{output}: is there already")
        else:
            height, width = outcome.size
            self.say(*(outcome.how if first else ()), *outcome.notes, f"{output}: {width}x{height}")

    def finish(self) -> None:
        """Exit code 2 where something failed; of several pictures, what failed is listed again."""
        failed = [outcome for outcome in self.outcomes if outcome.fault is not None]
        if failed and self._count > 1:
            tell(f"{len(failed)} of {self._count} pictures failed:")
            for outcome in failed:
                tell(f"  {outcome.fault}")
        if failed:
            raise typer.Exit(2)


def as_report(outcome: Outcome) -> dict[str, Any]:
    """One entry of `--json`."""
    import msgspec

    job = outcome.job
    report: dict[str, Any] = {
        "input": str(job.source or "standard input"),
        "output": None if job.target is None and outcome.fault else str(job.target or "-"),
    }
    if outcome.fault is not None:
        return report | {"error": " ".join(outcome.fault.split())}
    if outcome.size is None:
        return report | {"skipped": True}
    return report | {
        "size": [outcome.size[1], outcome.size[0]],
        "processor": outcome.processor,
        "choice": msgspec.to_builtins(outcome.choice),
        "how": list(outcome.how),
        "notes": list(outcome.notes),
    }


def parse_halo(text: str | None) -> int | Literal["exact"] | None:
    """A number of pixels, or "exact"; None where nothing was said.

    Raises:
        UsageError: it is something else.
    """
    if text is None:
        return None
    if text == "exact":
        return "exact"
    if text.isdecimal() and len(text) < 6:
        return int(text)
    raise UsageError(f'expected a halo such as 32, or "exact", found {text!r}')


def parse_scale(text: str) -> tuple[float | None, tuple[int, int] | None]:
    """A factor, or an exact `(height, width)`: "2", "x1.5", "3840x2160"; the other is None.

    Raises:
        UsageError: neither.
    """
    if _SIZE.fullmatch(text.strip()):
        return None, parse_size(text)
    if match := _FACTOR.fullmatch(text.strip()):
        return float(match[1]), None
    raise UsageError(f"expected a scale such as 2, 1.5 or 3840x2160, found {text!r}")


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
