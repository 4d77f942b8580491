"""`vernier optimize`: profile, search, export and verify in one command."""

from __future__ import annotations

import typer

from vernier.cli.console import progress_bar
from vernier.cli.planning_options import (
    BudgetOption,
    FineTuneOption,
    GranularityOption,
    ProcessorsOption,
    SizeOption,
    Wishes,
    check_new,
    taking_wishes,
)
from vernier.cli.profile_files import chosen
from vernier.cli.split import make_and_tell
from vernier.units.cutting import Granularity


@taking_wishes
def command(
    wished: Wishes,
    budget: BudgetOption,
    size: SizeOption = "320x180",
    processors: ProcessorsOption = "auto",
    granularity: GranularityOption = Granularity.LAYER,
    fine_tune: FineTuneOption = 0.0,
) -> None:
    """Profile a network, find the split that looks best within a budget, export and verify it.

    OUT gets what `vernier split` writes, and the profile. Interrupted, the same command goes on.
    """
    from vernier.cli.sizes import parse_size
    from vernier.export.networks import refuse_random
    from vernier.networks.source import find_source
    from vernier.planning.optimizing import profiled
    from vernier.profiling.assembly import Subject
    from vernier.splitting.budget import parse_budget

    out = wished.out
    check_new(out, "plan.json")
    parse_budget(budget)
    height, width = parse_size(size)
    source = find_source(wished.network, wished.scale, size=(height, width))
    refuse_random(source)
    out.mkdir(parents=True, exist_ok=True)
    subject = Subject(source.name, source.scale, source.graph, height, width, granularity)
    names = [name.strip() for name in processors.split(",")]
    title = f"profiling {source.name} x{source.scale}"
    with progress_bar(title, quiet=wished.as_json) as report:
        known = profiled(
            subject,
            names,
            out / "profile.json",
            quick=wished.quick,
            allow_inexact=wished.allow_inexact,
            progress=report,
        )
    for sentence in chosen(known):
        typer.echo(sentence, err=True)
    make_and_tell(wished, known, budget, fine_tune)
