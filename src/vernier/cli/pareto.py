"""`vernier pareto`: every useful budget in one go."""

from __future__ import annotations

from typing import Annotated

import typer

from vernier.cli.console import print_json, progress_bar
from vernier.cli.planning_options import (
    ProfileOption,
    Wishes,
    check_new,
    open_workshop,
    order_of,
    taking_wishes,
)


@taking_wishes
def command(
    wished: Wishes,
    profile: ProfileOption,
    budgets: Annotated[int, typer.Option(min=2, help="Searched at; as many points are kept.")] = 8,
) -> None:
    """The splits that no other beats in both measured time and looks, with the knee marked.

    OUT gets pareto.json, pareto.png and pareto.svg (where Matplotlib is installed), and a bundle
    for each point. Interrupted, the same command goes on.
    """
    import msgspec

    from vernier.errors import MissingExtraError
    from vernier.planning.fronts import draw_front, make_front, write_front
    from vernier.profiling.profile import load_profile

    out = wished.out
    check_new(out, "pareto.json")
    known = load_profile(profile)
    with progress_bar("calibrating", quiet=wished.as_json) as report:
        shop = open_workshop(wished, known, report)
    order = order_of(wished, "1x", shop)
    with progress_bar("searching", quiet=wished.as_json) as report:
        found = make_front(shop, order, budgets, report)
    write_front(shop, found, out)
    try:
        for suffix in ("png", "svg"):
            draw_front(found, out / f"pareto.{suffix}")
    except MissingExtraError as error:
        typer.echo(f"no plot: {error}", err=True)
    if wished.as_json:
        print_json(msgspec.to_builtins(found))
        return
    typer.echo(f"{'foreseen':>10}{'measured':>10}{'objective':>11}{'INT8':>6}  form")
    for point in found.points:
        measured = "-" if point.measured_ms is None else f"{point.measured_ms:.2f}"
        typer.echo(
            f"{point.predicted_ms:10.2f}{measured:>10}{point.objective:11.3f}"
            f"{point.integer_units:6d}  {point.form}{'  knee' if point.knee else ''}"
        )
