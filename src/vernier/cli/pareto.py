"""`vernier pareto`: every useful budget in one go."""

from __future__ import annotations

from typing import Annotated

import typer

from vernier.cli.console import print_json
from vernier.cli.planning_options import ProfileOption, SharedOptions, with_shared_options


@with_shared_options
def command(
    shared: SharedOptions,
    profile: ProfileOption,
    budgets: Annotated[int, typer.Option(min=2, help="Searched at; as many points are kept.")] = 8,
) -> None:
    """The splits that no other beats in both measured time and looks, with the knee marked.

    OUT gets pareto.json, pareto.png and pareto.svg (where Matplotlib is installed), and a bundle
    for each point. Interrupted, the same command goes on.
    """
    import msgspec

    from vernier.planning.fronts import no_plot, pareto
    from vernier.profiling.profile import load_profile

    found = pareto(
        shared.network,
        load_profile(profile),
        shared.photos,
        shared.out,
        scale=shared.scale,
        budgets=budgets,
        stages=shared.stages,
        **shared.search,
    )
    if no_plot():
        typer.echo(f"no plot: {no_plot()}", err=True)
    if shared.as_json:
        print_json(msgspec.to_builtins(found))
        return
    typer.echo(f"{'predicted':>10}{'measured':>10}{'objective':>11}{'INT8':>6}  form")
    for point in found.points:
        measured = "-" if point.measured_ms is None else f"{point.measured_ms:.2f}"
        typer.echo(
            f"{point.predicted_ms:10.2f}{measured:>10}{point.objective:11.3f}"
            f"{point.integer_units:6d}  {point.form}{'  knee' if point.knee else ''}"
        )
