"""`vernier compare`: a network by all methods on this machine."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vernier.cli.console import Table, print_json, progress_bar, say
from vernier.cli.planning_options import (
    GranularityOption,
    JsonOption,
    NetworkArgument,
    ObjectiveOption,
    OutOption,
    ProcessorsOption,
    QuickOption,
    ScaleOption,
    SeedOption,
)
from vernier.units.cutting import Granularity

if TYPE_CHECKING:
    from vernier.comparison.records import Comparison, Result


def command(
    network: NetworkArgument,
    data: Annotated[
        list[Path], typer.Option(help="Folder of high-resolution photos; may be repeated.")
    ],
    out: OutOption,
    budgets: Annotated[
        str, typer.Option(help="Times of one picture, commas between: 0.5x of all-float, or 40ms.")
    ] = "0.3x,0.5x,0.7x",
    methods: Annotated[
        str,
        typer.Option(
            help="Commas between: bfloat16, mobisr, mulayer, codl, greedy, accuracy_control, "
            "onnxruntime, plan; float and int8 are always there. All if empty."
        ),
    ] = "",
    photos: Annotated[
        Path | None,
        typer.Option(
            help="Folder to calibrate on and to search with; without it those photos of --data "
            "that are not compared on, if there are enough."
        ),
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=1, help="Photos of each folder; all if absent.")
    ] = None,
    scale: ScaleOption = None,
    size: Annotated[
        str, typer.Option(help="WIDTHxHEIGHT of the input that is timed; most photos' if empty.")
    ] = "",
    processors: ProcessorsOption = "auto",
    granularity: GranularityOption = Granularity.LAYER,
    metrics: Annotated[
        str,
        typer.Option(
            help="Commas between, as of `vernier metrics`; PSNR, SSIM, MS-SSIM, GMSD, PIQE, NIQE, "
            "and LPIPS where its weights are, if empty."
        ),
    ] = "",
    objective: ObjectiveOption = "visible",
    rounds: Annotated[int, typer.Option(min=1, help="Of timing.")] = 45,
    seed: SeedOption = 0,
    quick: QuickOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run a network by every method on this machine: MobiSR, muLayer, CoDL, tools, and a plan.

    OUT gets every number as JSON and CSV, and all pictures. Interrupted, the same command goes on.
    """
    from vernier.cli.sizes import parse_size
    from vernier.comparison.comparing import compare

    found = compare(
        network,
        [str(one) for one in data],
        out,
        budgets=_names(budgets),
        methods=_names(methods),
        photos=photos,
        count=count,
        scale=scale,
        size=parse_size(size) if size else None,
        processors=_names(processors),
        granularity=granularity,
        metrics=_names(metrics),
        objective=objective,
        rounds=rounds,
        seed=seed,
        quick=quick,
        stages=functools.partial(progress_bar, quiet=as_json),
    )
    if as_json:
        print_json({"verdict": found.verdict, "profitable": found.profitable, "out": str(out)})
        return
    _print(found)


def _names(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _print(found: Comparison) -> None:
    from vernier.comparison.verdict import sooner

    say(f"{found.network.name} x{found.network.scale} at {found.width}x{found.height}")
    say(f"on {found.machine.label}")
    if not found.profitable:
        say(found.verdict)
        return
    shown = [("photo", "psnr"), ("", "piqe"), ("float", found.objective)]
    table = Table(
        "method",
        "budget",
        numbers=("ms", "p95", "predicted", *(f"{metric} {against}" for against, metric in shown)),
    )
    titles = {one.name: one.title for one in found.methods}
    for result in found.results:
        if result.missing:
            continue
        took = result.measured
        times = ("", "") if took is None else (f"{took.median_ms:.2f}", f"{took.p95_ms:.2f}")
        if result.modelled_ms is not None:
            times = (f"{result.modelled_ms:.2f}", "modelled")
        predicted = "" if result.predicted_ms is None else f"{result.predicted_ms:.2f}"
        scores = [_mean(result, against, metric) for against, metric in shown]
        table.add_row(titles[result.method], result.budget, *times, predicted, *scores)
    table.print()
    for result in found.results:
        if result.missing:
            say(f"{titles[result.method]} {result.budget}: {result.missing}")
    say(found.verdict)
    for rival, plan, ratio in sooner(found):
        name = f"{titles[rival.method]} {rival.budget}".strip()
        say(f"the plan for {plan.budget} looks as good as {name}, {ratio:.2f}x as fast")


def _mean(result: Result, against: str, metric: str) -> str:
    """Of the first data set, with half of its interval."""
    for one in result.means:
        if (one.against, one.metric) == (against, metric):
            return f"{one.mean:.3f} ±{(one.high - one.low) / 2:.2f}"
    return ""
