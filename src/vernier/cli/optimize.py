"""`vernier optimize`: profile, search, export and verify in one command."""

from __future__ import annotations

import typer

from vernier.cli.console import print_json, progress_bar
from vernier.cli.plan_files import told
from vernier.cli.planning_options import (
    BoundOption,
    BudgetOption,
    FineTuneOption,
    GranularityOption,
    JsonOption,
    LockOption,
    MemoryOption,
    MethodOption,
    NetworkArgument,
    ObjectiveOption,
    OutOption,
    PhotoCountOption,
    PhotosOption,
    ProcessorsOption,
    QuickOption,
    ScaleOption,
    SeedOption,
    SizeOption,
    SwitchesOption,
    Wishes,
    check_new,
    chosen_method,
    open_workshop,
)
from vernier.cli.split import planned
from vernier.units.cutting import Granularity


def command(
    network: NetworkArgument,
    budget: BudgetOption,
    photos: PhotosOption,
    out: OutOption,
    scale: ScaleOption = None,
    size: SizeOption = "180x320",
    processors: ProcessorsOption = "litert:cpu:float32,litert:cpu:int8",
    granularity: GranularityOption = Granularity.LAYER,
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
    """Profile a network, find the split that looks best within a budget, export and verify it.

    OUT gets what `vernier split` writes, and the profile. Interrupted, the same command goes on.
    """
    from vernier.cli.sizes import parse_size
    from vernier.evaluation.network_source import find_source
    from vernier.evaluation.shipping import refuse_random
    from vernier.planning.optimizing import profiled
    from vernier.profiling.assembly import Subject
    from vernier.splitting.budget import parse_budget

    check_new(out, "plan.json")
    chosen_method(method)
    parse_budget(budget)
    height, width = parse_size(size)
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
    source = find_source(network, scale, size=(height, width))
    refuse_random(source)
    out.mkdir(parents=True, exist_ok=True)
    subject = Subject(source.name, source.scale, source.graph, height, width, granularity)
    names = [name.strip() for name in processors.split(",")]
    with progress_bar(f"profiling {source.name} x{source.scale}", quiet=as_json) as report:
        known = profiled(subject, names, out / "profile.json", quick=quick, progress=report)
    with progress_bar("calibrating", quiet=as_json) as report:
        shop = open_workshop(wishes, out, known, report)
    plan = planned(shop, wishes, budget, out, quiet=as_json)
    if as_json:
        import msgspec

        print_json(msgspec.to_builtins(plan))
    else:
        typer.echo(told(plan))
