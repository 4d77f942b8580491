"""`vernier pareto`: every useful budget in one go."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from vernier.cli.console import print_json, progress_bar
from vernier.cli.planning_options import (
    BoundOption,
    JsonOption,
    LockOption,
    MemoryOption,
    MethodOption,
    NetworkArgument,
    ObjectiveOption,
    OutOption,
    PhotoCountOption,
    PhotosOption,
    ProfileOption,
    QuickOption,
    ScaleOption,
    SeedOption,
    SwitchesOption,
    Wishes,
    check_new,
    chosen_method,
    open_workshop,
    order_of,
)


def command(
    network: NetworkArgument,
    profile: ProfileOption,
    photos: PhotosOption,
    out: OutOption,
    budgets: Annotated[int, typer.Option(min=2, help="Searched at; points kept.")] = 8,
    scale: ScaleOption = None,
    method: MethodOption = "search",
    objective: ObjectiveOption = "guarded",
    bound: BoundOption = None,
    lock: LockOption = None,
    most_switches: SwitchesOption = None,
    memory: MemoryOption = None,
    photo_count: PhotoCountOption = 8,
    seed: SeedOption = 0,
    quick: QuickOption = False,
    as_json: JsonOption = False,
) -> None:
    """The splits that no other beats in both time and looks, with the knee marked.

    OUT gets pareto.json, pareto.png and pareto.svg (where Matplotlib is installed), and a bundle
    for each point. Interrupted, the same command goes on.
    """
    import math

    import msgspec

    from vernier.errors import MissingExtraError, UsageError
    from vernier.planning.fronts import draw_front, front_file, write_front
    from vernier.profiling.profile import load_profile
    from vernier.splitting.front import front, thinned
    from vernier.splitting.problem import Problem

    check_new(out, "pareto.json")
    chosen_method(method)
    wishes = Wishes(
        network,
        scale,
        photos,
        objective,
        bound,
        photo_count,
        seed,
        tuple(lock or ()),
        most_switches,
        memory,
        method,
        quick,
    )
    known = load_profile(profile)
    started = time.monotonic()
    with progress_bar("calibrating", quiet=as_json) as report:
        shop = open_workshop(wishes, out, known, report)
    order = order_of(wishes, "1x", shop)
    quality = shop.quality()
    judge = shop.evaluations(quality)
    problem = Problem(known, math.inf, order.constraints)
    with progress_bar("searching", quiet=as_json) as report:
        points = front(
            problem,
            judge,
            budgets=budgets,
            method=order.method,
            most=order.most,
            seed=seed,
            progress=report,
        )
    if not points:
        raise UsageError("no split keeps the constraints")
    modelled = any(name in known.modelled for name in known.processors)
    found = front_file(
        shop,
        thinned(points, budgets),
        len(judge),
        time.monotonic() - started,
        time_them=not modelled,
    )
    write_front(shop, found, out)
    try:
        for suffix in ("png", "svg"):
            draw_front(found, out / f"pareto.{suffix}")
    except MissingExtraError as error:
        typer.echo(f"no plot: {error}", err=True)
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    typer.echo(f"{'foreseen':>10}{'measured':>10}{'objective':>11}{'INT8':>6}")
    for point in found.points:
        measured = "-" if point.measured_ms is None else f"{point.measured_ms:.2f}"
        typer.echo(
            f"{point.predicted_ms:10.2f}{measured:>10}{point.objective:11.3f}"
            f"{point.integer_units:6d}{'  knee' if point.knee else ''}"
        )
