"""`vernier optimize`: profile, search, export and verify in one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vernier.cli.planning_options import (
    BudgetOption,
    FineTuneOption,
    GranularityOption,
    ProcessorsOption,
    SharedOptions,
    SizeOption,
    with_shared_options,
)
from vernier.units.cutting import Granularity


@with_shared_options
def command(
    shared: SharedOptions,
    budget: BudgetOption,
    size: SizeOption = "320x180",
    processors: ProcessorsOption = "auto",
    granularity: GranularityOption = Granularity.LAYER,
    fine_tune: FineTuneOption = 0.0,
    profile: Annotated[
        Path | None,
        typer.Option(
            help="A profile of the network, such as a phone's (`vernier profile --device web`), "
            "instead of one of this machine; its size, processors and granularity hold."
        ),
    ] = None,
) -> None:
    """Profile a network, find the split that looks best within a budget, export and verify it.

    OUT gets what `vernier split` writes, and the profile. Interrupted, the same command goes on.
    """
    from vernier.cli.plan_files import print_plan
    from vernier.cli.profile_files import print_chosen
    from vernier.cli.sizes import parse_size
    from vernier.planning.optimizing import optimize
    from vernier.profiling.profile import load_profile

    plan = optimize(
        shared.network,
        budget,
        shared.photos,
        shared.out,
        scale=shared.scale,
        size=parse_size(size),
        processors=[name.strip() for name in processors.split(",")],
        granularity=granularity,
        profile=None if profile is None else load_profile(profile),
        fine_tune_minutes=fine_tune,
        profiled=print_chosen,
        stages=shared.stages,
        **shared.search,
    )
    print_plan(plan, shared.as_json)
