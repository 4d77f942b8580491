"""`vernier split`: the split of a profiled network that looks best within a budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from vernier.cli.console import print_json, progress_bar
from vernier.cli.plan_files import told
from vernier.cli.planning_options import (
    BudgetOption,
    FineTuneOption,
    ProfileOption,
    Wishes,
    check_new,
    open_workshop,
    order_of,
    taking_wishes,
)

if TYPE_CHECKING:
    from vernier.profiling.profile import Profile


@taking_wishes
def command(
    wished: Wishes,
    profile: ProfileOption,
    budget: BudgetOption,
    fine_tune: FineTuneOption = 0.0,
) -> None:
    """Find, export, time and judge the split that looks best within a budget.

    OUT gets plan.json (what was foreseen and what was found), split.json, profile.json, ranges.json
    and the bundle. Interrupted, the same command goes on: what was judged lies in
    OUT/evaluations.jsonl.
    """
    from vernier.profiling.profile import load_profile
    from vernier.splitting.budget import parse_budget

    check_new(wished.out, "plan.json")
    parse_budget(budget)
    make_and_tell(wished, load_profile(profile), budget, fine_tune)


def make_and_tell(wished: Wishes, profile: Profile, budget: str, fine_tune: float) -> None:
    """Search with a bar, put the plan into its folder, and print it."""
    import msgspec

    from vernier.perceptual.estimator import shipped_estimator
    from vernier.planning.fine_tuning import fine_tuned
    from vernier.planning.optimizing import write_plan
    from vernier.planning.planner import make_plan
    from vernier.quality.perceived import ESTIMATED
    from vernier.splitting.methods import LEARNING, Method
    from vernier.training.distillation import Distillation

    with progress_bar("calibrating", quiet=wished.as_json) as report:
        shop = open_workshop(wished, profile, report)
    order = order_of(wished, budget, shop)
    needed = ESTIMATED.get(shop.objective) if order.method in (*LEARNING, Method.SEARCH) else None
    estimator = shipped_estimator(needed) if needed else None
    with progress_bar(f"splitting for {order.budget}", quiet=wished.as_json) as report:
        plan = make_plan(shop, order, estimator=estimator, progress=report)
    trained = shop
    if fine_tune:
        recipe = Distillation(minutes=fine_tune, seed=wished.seed)
        with progress_bar("fine-tuning", quiet=wished.as_json) as report:
            trained, plan = fine_tuned(shop, plan, wished.photos, recipe, report)
    write_plan(shop, plan, wished.out, trained)
    if wished.as_json:
        print_json(msgspec.to_builtins(plan))
    else:
        typer.echo(told(plan))
