"""A Pareto front as files: its points timed, exported, drawn."""

from __future__ import annotations

import math
import time
from pathlib import Path

import msgspec

from vernier.bundles.bundle import write_bundle
from vernier.errors import MissingExtraError, UsageError
from vernier.images.writing import write_whole
from vernier.planning.planner import Order, Workshop
from vernier.planning.verification import exported_split, timed
from vernier.processors.machine import Machine, describe_machine
from vernier.progress import Progress, silent
from vernier.splitting.front import BUDGETS, FRONT_JUDGEMENTS, front, knee, thinned
from vernier.splitting.problem import Problem
from vernier.units.split import is_integer


class FrontPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One split of a front.

    Attributes:
        predicted_ms: by the profile.
        measured_ms: of the exported segments; null where it was not timed.
        objective: judged on the photos; lower looks better.
        integer_units: how many run in INT8.
        knee: whether the front bends most here.
        processors: of each unit, in order.
        bundle: folder of its bundle beside the file; empty if none was written.
    """

    predicted_ms: float
    measured_ms: float | None
    objective: float
    integer_units: int
    knee: bool
    processors: tuple[str, ...]
    bundle: str = ""


class Front(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All of them, by rising time.

    Attributes:
        network: name.
        scale: whole factor.
        height: of the low-resolution picture, in pixels.
        width: likewise.
        objective: that was minimised.
        photos: that were judged on, in words.
        machine: that was measured on.
        judged: splits.
        seconds: that it took.
        units: names, in order.
        points: of the front.
    """

    network: str
    scale: int
    height: int
    width: int
    objective: str
    photos: str
    machine: Machine
    judged: int
    seconds: float
    units: tuple[str, ...]
    points: tuple[FrontPoint, ...]


def make_front(
    shop: Workshop, order: Order, budgets: int = BUDGETS, progress: Progress = silent
) -> Front:
    """Search at several budgets, and time what no other split beats, in turns.

    Args:
        shop: network, profile, photos.
        order: constraints and method; its budget is not looked at.
        budgets: searched at; as many points are kept.
        progress: told after each budget.

    Raises:
        UsageError: no split keeps the constraints.
    """
    started = time.monotonic()
    judge = shop.evaluations(shop.quality())
    found = front(
        Problem(shop.profile, math.inf, order.constraints),
        judge,
        budgets=budgets,
        method=order.method,
        most=min(order.most, FRONT_JUDGEMENTS),
        seed=shop.seed,
        progress=progress,
    )
    if not found:
        raise UsageError("no split keeps the constraints on switches, memory and locked units")
    points = thinned(found, budgets)
    measured: list[float | None] = [None] * len(points)
    modelled = any(name in shop.profile.modelled for name in shop.profile.processors)
    if not modelled:
        threads = shop.profile.settings.threads
        measured = [*timed(shop.subject, [p.split for p in points], shop.ranges, threads)]
    best = knee(points)
    return Front(
        network=shop.source.name,
        scale=shop.source.scale,
        height=shop.profile.height,
        width=shop.profile.width,
        objective=shop.objective.value,
        photos=shop.search_crops.told,
        machine=shop.profile.machine if modelled else describe_machine(),
        judged=len(judge),
        seconds=round(time.monotonic() - started, 2),
        units=tuple(unit.name for unit in shop.profile.units),
        points=tuple(
            FrontPoint(
                predicted_ms=round(point.time_ms, 4),
                measured_ms=None if ms is None else round(ms, 4),
                objective=round(point.objective, 5),
                integer_units=sum(map(is_integer, point.split)),
                knee=number == best,
                processors=point.split,
                bundle=f"bundle-{number:02d}",
            )
            for number, (point, ms) in enumerate(zip(points, measured, strict=True))
        ),
    )


def write_front(shop: Workshop, made: Front, folder: Path) -> None:
    """`pareto.json`, and a bundle for each point.

    Raises:
        BundleError: a bundle cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for point in made.points:
        files = exported_split(shop.source, shop.subject, point.processors, shop.ranges)
        write_bundle(folder / point.bundle, files.manifest, files.models, overwrite=True)
    text = msgspec.json.format(msgspec.json.encode(made), indent=1)
    write_whole(folder / "pareto.json", text)


def draw_front(drawn: Front, path: Path) -> None:
    """A front and each of its splits as a picture, of the kind that the name ends in.

    Raises:
        MissingExtraError: Matplotlib is not here.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise MissingExtraError("matplotlib", "report", "the plot") from error
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (above, below) = pyplot.subplots(
        2, 1, figsize=(8, 7), height_ratios=(3, 2), constrained_layout=True
    )
    times = [point.predicted_ms for point in drawn.points]
    worth = [point.objective for point in drawn.points]
    above.step(times, worth, where="post", color="0.6", linewidth=1)
    above.plot(times, worth, "o", color="tab:blue", label="foreseen")
    clock = [(p.measured_ms, p.objective) for p in drawn.points if p.measured_ms is not None]
    if clock:
        above.plot(*zip(*clock, strict=True), "x", color="tab:orange", label="measured")
    for point in drawn.points:
        if point.knee:
            above.annotate("knee", (point.predicted_ms, point.objective), (5, 8),
                           textcoords="offset points")  # fmt: skip
    above.set_xlabel(f"ms for one picture of {drawn.width}x{drawn.height}")
    above.set_ylabel(f"{drawn.objective} objective, less is better")
    above.set_title(f"{drawn.network} x{drawn.scale}")
    above.legend()
    names = list(dict.fromkeys(name for point in drawn.points for name in point.processors))
    rows = [[names.index(name) for name in point.processors] for point in drawn.points]
    below.imshow(rows, aspect="auto", cmap="viridis", vmin=0, vmax=max(1, len(names) - 1))
    below.set_xlabel("unit")
    below.set_yticks(range(len(rows)), [f"{time:.1f} ms" for time in times], fontsize=6)
    below.set_title("; ".join(f"{number}: {name}" for number, name in enumerate(names)), fontsize=8)
    figure.savefig(path)
    pyplot.close(figure)
