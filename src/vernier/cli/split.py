"""`vernier split`: the split of a profiled network that looks best within a budget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vernier.cli.console import print_json, progress_bar
from vernier.cli.plan_files import told
from vernier.cli.planning_options import (
    BoundOption,
    BudgetOption,
    FineTuneOption,
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

if TYPE_CHECKING:
    from vernier.planning.plan import Plan
    from vernier.planning.planner import Workshop


def command(
    network: NetworkArgument,
    profile: ProfileOption,
    budget: BudgetOption,
    photos: PhotosOption,
    out: OutOption,
    scale: ScaleOption = None,
    method: MethodOption = "search",
    objective: ObjectiveOption = "guarded",
    bound: BoundOption = None,
    lock: LockOption = None,
    most_switches: SwitchesOption = None,
    memory: MemoryOption = None,
    photo_count: PhotoCountOption = 8,
    seed: SeedOption = 0,
    fine_tune: FineTuneOption = 0.0,
    quick: QuickOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find, export, time and judge the split that looks best within a budget.

    OUT gets plan.json (what was foreseen and what was found), split.json, profile.json, ranges.json
    and the bundle. Interrupted, the same command goes on: what was judged lies in
    OUT/evaluations.jsonl.
    """
    from vernier.profiling.profile import load_profile

    check_new(out, "plan.json")
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
        fine_tune,
    )
    known = load_profile(profile)
    with progress_bar("calibrating", quiet=as_json) as report:
        shop = open_workshop(wishes, out, known, report)
    plan = planned(shop, wishes, budget, out, quiet=as_json)
    if as_json:
        import msgspec

        print_json(msgspec.to_builtins(plan))
    else:
        typer.echo(told(plan))


def planned(shop: Workshop, wishes: Wishes, budget: str, out: Path, *, quiet: bool) -> Plan:
    """Search with a bar, and put the result into its folder."""
    from vernier.perceptual.estimator import shipped_estimator
    from vernier.planning.optimizing import write_plan
    from vernier.planning.planner import make_plan
    from vernier.splitting.methods import Method

    order = order_of(wishes, budget, shop)
    estimator = shipped_estimator("piqe") if order.method is Method.FYE_SR else None
    with progress_bar(f"splitting for {order.budget}", quiet=quiet) as report:
        plan = make_plan(shop, order, estimator=estimator, progress=report)
    if wishes.fine_tune_minutes:
        from vernier.planning.fine_tuning import Recipe, fine_tuned

        recipe = Recipe(minutes=wishes.fine_tune_minutes, seed=wishes.seed)
        with progress_bar("fine-tuning", quiet=quiet) as report:
            shop, plan = fine_tuned(shop, plan, wishes.photos, recipe, report)
    write_plan(shop, plan, out)
    return plan
