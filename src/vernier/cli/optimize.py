"""`vernier optimize`: profile, search, export and verify in one command."""

from __future__ import annotations

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
) -> None:
    """Profile a network, find the split that looks best within a budget, export and verify it.

    OUT gets what `vernier split` writes, and the profile. Interrupted, the same command goes on.
    """
    from vernier.cli.plan_files import print_plan
    from vernier.cli.profile_files import print_chosen
    from vernier.cli.sizes import parse_size
    from vernier.planning.optimizing import optimize

    plan = optimize(
        shared.network,
        budget,
        shared.photos,
        shared.out,
        scale=shared.scale,
        size=parse_size(size),
        processors=[name.strip() for name in processors.split(",")],
        granularity=granularity,
        fine_tune_minutes=fine_tune,
        profiled=print_chosen,
        stages=shared.stages,
        **shared.search,
    )
    print_plan(plan, shared.as_json)
