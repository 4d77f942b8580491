"""A Pareto front as files: its points timed, exported, drawn."""

from __future__ import annotations

import importlib.util
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Unpack

import msgspec

from vernier.errors import MissingExtraError, UsageError

try:
    import torch  # noqa: F401
except ImportError as error:
    raise MissingExtraError("torch", "learn", "planning") from error

from vernier.export.folders import check_new, write_folder
from vernier.networks.source import find_source
from vernier.planning.context import Context, open_context
from vernier.planning.planner import stopwatch
from vernier.planning.request import SearchOptions, requested
from vernier.planning.stopwatch import Stopwatch
from vernier.planning.timed_search import NEAR
from vernier.planning.verification import exported_split
from vernier.processor_id import is_integer
from vernier.processors.machine import Machine, describe_machine
from vernier.profiling.assembly import Subject
from vernier.profiling.correction import at_pace, learned
from vernier.profiling.prediction import Predictor
from vernier.profiling.profile import Profile
from vernier.profiling.split_times import Contender
from vernier.progress import Progress, Stages, silent, silent_stages
from vernier.splitting.front import (
    BUDGETS,
    FRONT_JUDGEMENTS,
    Point,
    front,
    knee,
    not_dominated,
    thinned,
)
from vernier.splitting.problem import Problem
from vernier.units.cutting import Granularity
from vernier.units.split import Form, Split

ROUNDS = 3
"""Of searching, timing and learning."""


class FrontPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One split of a front.

    Attributes:
        predicted_ms: by the profile, as it was before this split was timed.
        measured_ms: of the exported files, at all-float's pace (`planning.stopwatch`); null where
            it was not timed.
        objective: judged on the photos; lower looks better.
        integer_units: how many run in INT8.
        knee: whether the front bends most here.
        processors: of each unit, in context.request.
        form: of its files, `segments` or `fused`.
        bundle: folder of its bundle beside the file; empty if none was written.
    """

    predicted_ms: float
    measured_ms: float | None
    objective: float
    integer_units: int
    knee: bool
    processors: tuple[str, ...]
    form: str = "segments"
    bundle: str = ""

    @property
    def time_ms(self) -> float:
        """Measured, or predicted where nothing was timed."""
        return self.predicted_ms if self.measured_ms is None else self.measured_ms


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
        units: names, in context.request.
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


def pareto(
    network: str,
    profile: Profile,
    photos: Path | str,
    out: Path | str | None = None,
    *,
    scale: int | None = None,
    budgets: int = BUDGETS,
    stages: Stages = silent_stages,
    **options: Unpack[SearchOptions],
) -> Front:
    """The splits that no other beats in both measured time and looks, with the knee marked.

    Args:
        network: a name, or the path of a file (see `networks.source.find_source`).
        profile: of the network, from `vernier.profile`.
        photos: folder of photos to calibrate on and to search with.
        out: folder for `pareto.json`, a plot of it as PNG and SVG where Matplotlib is installed,
            and a bundle for each point; nothing is written if absent.
        scale: whole factor; the smallest if absent.
        budgets: searched at; as many points are kept.
        stages: called with progress.
        **options: see `planning.request.SearchOptions`.

    Raises:
        As `planning.optimizing.optimize`.
    """
    folder = None if out is None else Path(out)
    if folder is not None:
        check_new(folder, "pareto.json")
    request = requested(photos, options=options)
    size, granularity = (profile.height, profile.width), Granularity(profile.granularity)
    source = find_source(network, scale, size=size)
    subject = Subject(source.name, source.scale, source.graph, *size, granularity)
    with stages("calibrating") as report:
        context = open_context(request, source, subject, profile, folder, progress=report)
    with stages("searching") as report:
        found = make_front(context, budgets, report)
    if folder is not None:
        write_front(context, found, folder)
        for suffix in () if no_plot() else ("png", "svg"):
            draw_front(found, folder / f"pareto.{suffix}")
    return found


def make_front(context: Context, budgets: int = BUDGETS, progress: Progress = silent) -> Front:
    """Search at several budgets, time what no other split beats, learn, and search again.

    What is on the front at last is what no other split beats by the clock.

    Args:
        context: network, profile, photos, and what is asked for but its budget.
        budgets: searched at; as many points are kept.
        progress: called after each budget.

    Raises:
        UsageError: no split keeps the constraints.
    """
    started = time.monotonic()
    judge = context.evaluations(context.quality())
    problem = Problem(context.profile, math.inf, context.constraints)

    def searched(known: Problem) -> list[Point]:
        return front(
            known,
            judge,
            budgets=budgets,
            method=context.request.method,
            most=min(context.request.most, FRONT_JUDGEMENTS),
            seed=context.request.seed,
            progress=progress,
        )

    modelled = any(map(context.profile.is_elsewhere, context.profile.processors))
    if modelled:
        points = [_predicted(point) for point in thinned(searched(problem), budgets)]
    else:
        points = timed_front(problem, searched, stopwatch(context, problem.finest), budgets)
    if not points:
        raise UsageError("no split keeps the constraints on switches, memory and locked units")
    best = knee([Point(p.processors, p.time_ms, p.objective) for p in points])
    return Front(
        network=context.source.name,
        scale=context.source.scale,
        height=context.profile.height,
        width=context.profile.width,
        objective=context.request.objective.value,
        photos=context.search_crops.description,
        machine=context.profile.machine if modelled else describe_machine(),
        judged=len(judge),
        seconds=round(time.monotonic() - started, 2),
        units=tuple(unit.name for unit in context.profile.units),
        points=tuple(
            msgspec.structs.replace(point, knee=number == best, bundle=f"bundle-{number:02d}")
            for number, point in enumerate(points)
        ),
    )


def timed_front(
    problem: Problem,
    searched: Callable[[Problem], list[Point]],
    watch: Stopwatch,
    count: int = BUDGETS,
) -> list[FrontPoint]:
    """The splits of a front that no other beats by the clock, by rising time.

    Args:
        problem: its profile predicts times.
        searched: the front of a problem, predicted.
        watch: times splits.
        count: of points, at the most.
    """
    predicted: dict[Contender, float] = {}
    looks: dict[Split, float] = {}
    known = problem
    for _ in range(ROUNDS):
        found = searched(known)
        looks |= {point.split: point.objective for point in found}
        predictor = Predictor(known.profile)
        new = []
        for point in thinned(found, count):
            for form, one in predictor.forms(point.split).items():
                if one.total_ms <= point.time_ms * (1 + NEAR):
                    contender = Contender(point.split, form)
                    predicted.setdefault(contender, one.total_ms)
                    new.append(contender)
        new = [one for one in new if not watch.knows(one)]
        if not new:
            break
        watch.time(new)
        before = at_pace(problem.profile, watch.anchor.processors, watch.float_ms)
        known = replace(problem, profile=learned(before, watch.wholes()))
    measured = [
        (Point(one.processors, watch.ms(one), looks[one.processors]), one)
        for one in watch.contenders
        if one.processors in looks
    ]
    forms = dict(measured)
    kept = thinned(not_dominated([point for point, _ in measured]), count)
    return [_measured(point, forms[point], predicted) for point in kept]


def _measured(point: Point, one: Contender, predicted: Mapping[Contender, float]) -> FrontPoint:
    return FrontPoint(
        predicted_ms=round(predicted.get(one, point.time_ms), 4),
        measured_ms=round(point.time_ms, 4),
        objective=round(point.objective, 5),
        integer_units=sum(map(is_integer, point.split)),
        knee=False,
        processors=point.split,
        form=one.form.value,
    )


def _predicted(point: Point) -> FrontPoint:
    return FrontPoint(
        predicted_ms=round(point.time_ms, 4),
        measured_ms=None,
        objective=round(point.objective, 5),
        integer_units=sum(map(is_integer, point.split)),
        knee=False,
        processors=point.split,
    )


def write_front(context: Context, made: Front, folder: Path) -> None:
    """`pareto.json`, and a bundle for each point.

    Raises:
        BundleError: a bundle cannot be written.
    """
    bundles = {
        point.bundle: exported_split(
            context.source, context.subject, point.processors, context.ranges, Form(point.form)
        )
        for point in made.points
    }
    text = msgspec.json.format(msgspec.json.encode(made), indent=1)
    write_folder(folder, bundles, {"pareto.json": text})


def no_plot() -> str:
    """Why fronts cannot be drawn here; empty where they can."""
    if importlib.util.find_spec("matplotlib") is None:
        return str(MissingExtraError("matplotlib", "report", "the plot"))
    return ""


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
    times = [point.time_ms for point in drawn.points]
    worth = [point.objective for point in drawn.points]
    above.step(times, worth, where="post", color="0.6", linewidth=1)
    clock = [point for point in drawn.points if point.measured_ms is not None]
    above.plot(times, worth, "o", color="tab:blue", label="measured" if clock else "predicted")
    if clock:
        guessed = [point.predicted_ms for point in clock]
        above.plot(guessed, worth, "x", color="tab:orange", label="predicted")
    for point in drawn.points:
        if point.knee:
            above.annotate("knee", (point.time_ms, point.objective), (5, 8),
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
