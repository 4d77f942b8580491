"""`vernier video`: a film in, a larger film out."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from vernier.cli.console import one_line, progress_bar
from vernier.cli.upscale import parse_memory
from vernier.errors import UsageError

if TYPE_CHECKING:
    from vernier.progress import Progress
    from vernier.video.status import Status

_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d+)?)", re.ASCII)


def command(
    source: Annotated[
        Path, typer.Argument(help="A film, or a folder of frames as PNG.", metavar="IN")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="The result, as large.mkv or large.mp4; or a folder for PNGs."
        ),
    ],
    scale: Annotated[
        float | None, typer.Option(help="A factor up to 16; the network's own if absent.")
    ] = None,
    height: Annotated[
        int | None, typer.Option(min=1, help="Lines of the result instead, as 2160.")
    ] = None,
    network: Annotated[str, typer.Option(help="Of luma; see: vernier networks.")] = "sesr-m5",
    bundle: Annotated[Path | None, typer.Option(help="A bundle instead of a network.")] = None,
    processor: Annotated[
        str, typer.Option(help="ENGINE:DEVICE:PRECISION, or auto; see: vernier devices.")
    ] = "auto",
    prefer: Annotated[
        Literal["quality", "speed"],
        typer.Option(
            help="What auto may give away, measured here on a test picture, as of upscale. A film "
            "is given to speed, for an encoder loses more than INT8 does."
        ),
    ] = "speed",
    codec: Annotated[
        str | None,
        typer.Option(
            help="h264, hevc, av1, vp9, ffv1, prores, or an encoder of FFmpeg's by name, as "
            "hevc_nvenc. If absent h264, of more than 8 bits hevc, in .webm vp9."
        ),
    ] = None,
    crf: Annotated[
        int | None, typer.Option(min=0, help="The encoder's constant quality; less is better.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="The encoder's word for its effort, as slow.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Begin there: seconds, or 1:02:03.5.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="End before.")] = None,
    fps: Annotated[
        float | None, typer.Option(help="Frames a second of a folder of frames; 24 if absent.")
    ] = None,
    interlaced: Annotated[
        Literal["refuse", "deinterlace", "keep"],
        typer.Option(help="A film of fields: refuse it, make whole frames first, or take it so."),
    ] = "refuse",
    no_reuse: Annotated[
        bool,
        typer.Option(
            "--no-reuse", help="Compute also what equals the frame before; the same result."
        ),
    ] = False,
    preview: Annotated[
        float | None,
        typer.Option(min=0, help="Write OUT.preview.png, before and after, every so many seconds."),
    ] = None,
    memory: Annotated[str, typer.Option(help="For the network's tiles, as 512M or 2G.")] = "512M",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 = all cores.")] = 0,
    allow_inexact: Annotated[
        bool,
        typer.Option(
            "--allow-inexact", help="Use a named processor although its numbers are wrong here."
        ),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the result.")] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Throw away what an earlier run has finished.")
    ] = False,
    cluster: Annotated[
        str | None,
        typer.Option(
            help="On the machines of a Ray cluster, as 10.0.0.1:6379, or local for this one; all "
            "of them see the film and the result under the same paths."
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="A line of JSON on standard output now and then.")
    ] = False,
) -> None:
    """Enlarge a film. Whatever stops it, the same command goes on where it stopped.

    Luma goes through the network and chroma through bicubic, on the planes as they are decoded;
    sound, subtitles, chapters, attachments and tags are copied.
    """
    import msgspec

    if cluster is None:
        from vernier.video.converting import video
    else:
        from functools import partial

        from vernier.cluster.films import video_on_cluster

        if preview is not None:
            raise UsageError("--preview and --cluster exclude each other")
        video = partial(video_on_cluster, cluster=cluster)

    with ExitStack() as stack:
        show = stack.enter_context(progress_bar(one_line(source.name), quiet or as_json))
        report = video(
            source,
            out,
            scale=scale,
            height=height,
            network=network,
            bundle=bundle,
            processor=processor,
            prefer=prefer,
            codec=codec,
            crf=crf,
            preset=preset,
            start=None if start is None else parse_clock(start),
            end=None if end is None else parse_clock(end),
            interlaced=interlaced,
            reuse=not no_reuse,
            threads=threads,
            memory_bytes=parse_memory(memory),
            allow_inexact=allow_inexact,
            fps=fps,
            overwrite=overwrite,
            restart=restart,
            **({} if preview is None else {"preview_seconds": preview}),
            status=_json_line if as_json else _bar(show),
            say=_silent if quiet or as_json else lambda line: typer.echo(one_line(line), err=True),
        )
    if as_json:
        _print_line({"event": "report", **msgspec.to_builtins(report, enc_hook=str)})
    elif not quiet:
        size = f"{report.size[1]}x{report.size[0]}"
        before = f", {report.resumed} of them before" if report.resumed else ""
        reused = f", {report.reused:.1%} of the tiles reused" if report.reused else ""
        if report.damage:
            typer.echo(f"note: {report.damage}", err=True)
        typer.echo(
            f"{one_line(report.target)}: {size}, {report.frames} frames{before}{reused}", err=True
        )


def _silent(line: str) -> None:
    pass


def _bar(show: Progress) -> Any:
    def tell(status: Status) -> None:
        if status.stage == "frames":
            show(status.frames, status.total or status.frames, status.explain())

    return tell


def _json_line(status: Status) -> None:
    import dataclasses

    _print_line({"event": "status", **dataclasses.asdict(status)})


def _print_line(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value))


def parse_clock(text: str) -> float:
    """Seconds from "90", "1:30", "0:01:30.5".

    Raises:
        UsageError: anything else.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"expected a time such as 90 or 1:02:03.5, found {text!r}")
    hours, minutes, seconds = match.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)
