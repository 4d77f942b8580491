"""`vernier split`: the split of a profiled network that looks best within a budget."""

from __future__ import annotations

from vernier.cli.planning_options import (
    BudgetOption,
    FineTuneOption,
    ProfileOption,
    SharedOptions,
    with_shared_options,
)


@with_shared_options
def command(
    shared: SharedOptions,
    profile: ProfileOption,
    budget: BudgetOption,
    fine_tune: FineTuneOption = 0.0,
) -> None:
    """Find, export, time and judge the split that looks best within a budget.

    OUT gets plan.json (what was predicted and what was found), split.json, profile.json,
    ranges.json and the bundle. Interrupted, the same command goes on: what was judged lies in
    OUT/evaluations.jsonl.
    """
    from vernier.cli.plan_files import print_plan
    from vernier.planning.optimizing import optimize
    from vernier.profiling.profile import load_profile

    plan = optimize(
        shared.network,
        budget,
        shared.photos,
        shared.out,
        profile=load_profile(profile),
        scale=shared.scale,
        fine_tune_minutes=fine_tune,
        stages=shared.stages,
        **shared.search,
    )
    print_plan(plan, shared.as_json)
