"""`vernier inspect`: what is in a bundle, unit by unit, and how long its parts take here."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vernier.cli.console import Table, print_json, say

if TYPE_CHECKING:
    from vernier.bundles.bundle import Bundle
    from vernier.runtime.step_times import StepTime


def command(
    bundle: Annotated[Path, typer.Argument(help="A bundle: a folder or a .zip.")],
    time: Annotated[
        str | None, typer.Option(help="Run it here on WIDTHxHEIGHT pixels and time each part.")
    ] = None,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 = all cores.")] = 0,
    allow_inexact: Annotated[
        bool,
        typer.Option(
            "--allow-inexact", help="Time it although a processor's numbers are wrong here."
        ),
    ] = False,
    operators: Annotated[
        bool, typer.Option("--operators", help="List every operator of every segment.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Check a bundle and show its units, segments and conversions."""
    from vernier.bundles.bundle import open_bundle
    from vernier.bundles.strip import layer_strip
    from vernier.cli.sizes import parse_size

    opened = open_bundle(bundle)
    times = _times(opened, *parse_size(time), threads, allow_inexact) if time is not None else []
    strip = layer_strip(opened)
    if as_json:
        import msgspec

        print_json(
            {
                "manifest": msgspec.to_builtins(opened.manifest),
                "strip": [asdict(row) for row in strip],
                "times": [asdict(step) for step in times],
            }
        )
        return
    _summary(opened)
    if strip:
        table = Table("unit", "processor", "segment", "predicted ms", "converted before")
        for row in strip:
            predicted = "" if row.predicted_ms is None else f"{row.predicted_ms:.3f}"
            table.add_row(
                row.unit, row.processor, row.segment, predicted, ", ".join(row.conversions)
            )
        table.print()
    if times:
        _print_times(times, time or "")
    if operators or not strip:
        _print_operators(opened)


FORMS = {
    "segments": "one file per segment; Vernier converts between them",
    "engine": "one file per segment; the engine converts at their ends",
    "fused": "one file of mixed precision",
}


def _summary(opened: Bundle) -> None:
    from vernier.processors.machine import describe_machine

    manifest = opened.manifest
    facts = manifest.network
    tiled = "cannot be tiled" if facts.halo is None else f"halo {facts.halo} px"
    say(
        f"{manifest.name}: x{facts.scale}, {'luma' if facts.channels == 1 else 'RGB'}, "
        f"{tiled}, made by {manifest.made_by}"
    )
    if manifest.damage is not None and manifest.damage.psnr_to_float_db is not None:
        say(
            f"{manifest.damage.psnr_to_float_db} dB to the float network on "
            f"{manifest.damage.photos}"
        )
    if manifest.form is not None:
        say(f"a split, as {FORMS[manifest.form]}")
    predicted = manifest.prediction
    if predicted is not None:
        how = "modelled" if predicted.modelled else "predicted"
        say(
            f"{how}: {predicted.total_ms:.3f} ms at {predicted.width}x{predicted.height} "
            f"({predicted.machine})"
        )
        here = describe_machine().label
        if not predicted.modelled and predicted.machine != here:
            say(f"this is another machine, or has other engines: {here}")
    if manifest.note:
        say(manifest.note)


def _times(
    opened: Bundle, height: int, width: int, threads: int, allow_inexact: bool
) -> list[StepTime]:
    from vernier.cli.sizes import refuse_turned
    from vernier.errors import UsageError
    from vernier.graphs.shapes import fits_one_size, own_size
    from vernier.processors.discovery import find_processor
    from vernier.runtime.choosing import require_right
    from vernier.runtime.loading import load_network, placed
    from vernier.runtime.step_times import fill_with_picture, time_steps

    if not opened.pinned:
        raise UsageError(
            f"{opened.manifest.name} runs on any processor of its precision; "
            "time it with: vernier upscale --processor"
        )
    if fits_one_size(opened.graph):
        refuse_turned((height, width), own_size(opened.graph), "--time")
    if not allow_inexact:
        names = dict.fromkeys(opened.processors.values())
        require_right(opened, [find_processor(name) for name in names])
    chain = load_network(opened, height, width, placed(find_processor, threads, False))
    try:
        fill_with_picture(chain.input_buffer())
        return time_steps(chain)
    finally:
        chain.close()


def _print_times(times: list[StepTime], size: str) -> None:
    say("", f"measured here at {size}")
    table = Table("part", "median ms", "fastest ms")
    for step in times:
        what = step.what if step.kind == "segment" else f"  {step.kind} {step.what}"
        table.add_row(what, f"{step.median_ms:.3f}", f"{step.fastest_ms:.3f}")
    table.add_row("together", f"{sum(step.median_ms for step in times):.3f}", "")
    table.print()


def _print_operators(opened: Bundle) -> None:
    from vernier.graphs.counts import operator_macs

    for segment in opened.segments:
        graph: Any = segment.graph
        _, height, width, _ = graph.types[graph.inputs[0]].shape
        say(
            "",
            f"{segment.entry.file} on {segment.entry.processor}, {len(segment.model):,} bytes, "
            f"MACs at {width}x{height}",
        )
        table = Table("operator", "output", "shape", "dtype", "MACs")
        for op in graph.operators:
            kind = graph.types[op.output]
            fused = "" if op.activation == "NONE" else f" + {op.activation}"
            macs = operator_macs(graph, op)
            table.add_row(
                f"{op.kind}{fused}",
                op.output,
                "x".join(map(str, kind.shape[1:])),
                kind.dtype,
                f"{macs / 1e6:.2f} M" if macs else "",
            )
        table.print()
