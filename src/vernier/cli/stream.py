"""`vernier stream`: a film to a pipe, each frame by its deadline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from vernier.cli.console import one_line
from vernier.cli.upscale import parse_memory
from vernier.errors import UsageError


def command(
    source: Annotated[str, typer.Argument(help="A film; - for standard input.", metavar="IN")],
    out: Annotated[
        str, typer.Option("--out", "-o", help="A file, or - for standard output.")
    ] = "-",
    fps: Annotated[
        float | None, typer.Option(help="Frames a second; the film's own if absent.")
    ] = None,
    scale: Annotated[int, typer.Option(min=2, help="A whole factor.")] = 2,
    networks: Annotated[
        str, typer.Option(help="To choose from, separated by commas.")
    ] = "sesr-m3,sesr-m5,sesr-m11,sesr-xl",
    bundle: Annotated[
        list[Path] | None, typer.Option(help="A bundle to choose from besides; repeatable.")
    ] = None,
    format_: Annotated[
        Literal["nut", "y4m"], typer.Option("--format", help="Of the raw frames.")
    ] = "nut",
    policy: Annotated[
        Literal["governor", "fastest", "fixed"],
        typer.Option(help="fastest and fixed are there to compare with."),
    ] = "governor",
    no_pace: Annotated[
        bool, typer.Option("--no-pace", help="As fast as frames are taken, not by the clock.")
    ] = False,
    frames: Annotated[int | None, typer.Option(min=1, help="End after so many.")] = None,
    memory: Annotated[str, typer.Option(help="For all plans together, as 1G.")] = "1G",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 = all cores.")] = 0,
    log: Annotated[
        Path | None, typer.Option(help="A file for a line of JSON on each frame.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")] = False,
) -> None:
    """Enlarge a film for a player, at its pace.

    As in: vernier stream film.mkv | mpv -. Each frame is computed by the best-looking plan that
    will be in time. Under load or heat that is a cheaper one within two frames, and a better one
    again when the cores are free.
    """
    import sys

    from vernier.video.streaming import stream

    if out == "-" and sys.stdout.isatty():
        raise UsageError("raw frames are nothing for a terminal; give -o FILE or a pipe: | mpv -")

    def say(line: str) -> None:
        if not quiet:
            typer.echo(one_line(line), err=True)

    report = stream(
        source,
        out,
        fps=fps,
        scale=scale,
        networks=tuple(name.strip() for name in networks.split(",") if name.strip()),
        bundles=tuple(bundle or ()),
        container=format_,
        policy=policy,
        paced=not no_pace,
        frames=frames,
        threads=threads,
        memory_bytes=parse_memory(memory),
        log=log,
        say=say,
    )
    share = ", ".join(f"{name} {part:.0%}" for name, part in report.share.items())
    say(
        f"{report.frames} frames, {report.on_time:.1%} on time, {report.quality:.2f} dB over "
        f"bicubic in the mean, {report.switches_per_minute:.1f} switches a minute; {share}"
    )
