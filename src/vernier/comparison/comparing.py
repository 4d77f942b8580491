"""One call from a network, photos and budgets to the folder of a comparison."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from vernier.calls import checked
from vernier.errors import MissingExtraError, UsageError

try:
    import torch  # noqa: F401
except ImportError as error:
    raise MissingExtraError("torch", "learn", "comparing") from error

from vernier.comparison.photos import (
    FEWEST_OTHERS,
    HighPhoto,
    chosen_photos,
    commonest_size,
    folder_of,
    others,
)
from vernier.comparison.pictures import scorer
from vernier.comparison.plan_method import PlanMethod
from vernier.comparison.records import Comparison
from vernier.comparison.running import WORK, Run
from vernier.export.networks import refuse_random
from vernier.graphs.shapes import fits_one_size, own_size
from vernier.images.pairs import (
    Float32,
    evenly_spread,
    list_photos,
    load_rgb,
    network_input,
    shrink,
)
from vernier.networks.source import Source, find_source
from vernier.planning.context import Context, open_context
from vernier.planning.leftovers import MadeOf, claim, weights_digest
from vernier.planning.optimizing import profile_in
from vernier.planning.request import SearchOptions, requested
from vernier.processor_id import is_integer
from vernier.processors.machine import at_most_cores
from vernier.profiling.assembly import Subject
from vernier.profiling.choosing import AUTO
from vernier.progress import Stages, silent_stages
from vernier.rivals.protocol import Rival, Setting, Unsuitable
from vernier.rivals.registry import RIVALS
from vernier.splitting.budget import Budget, parse_budget
from vernier.splitting.problem import Problem
from vernier.units.cutting import Granularity

BUDGETS = ("0.3x", "0.5x", "0.7x")
ROUNDS = 45
CALIBRATED = 24
"""Photos that rivals calibrate on."""
ALWAYS = ("float", "int8")


@checked
def compare(
    network: str,
    data: Sequence[str] | Path | str,
    out: Path | str,
    *,
    budgets: Sequence[str] = BUDGETS,
    methods: Sequence[str] = (),
    photos: Path | str | None = None,
    count: int | None = None,
    scale: int | None = None,
    size: tuple[int, int] | None = None,
    processors: Sequence[str] = (AUTO,),
    granularity: Granularity = Granularity.LAYER,
    metrics: Sequence[str] = (),
    objective: str = "visible",
    rounds: int = ROUNDS,
    seed: int = 0,
    quick: bool = False,
    stages: Stages = silent_stages,
) -> Comparison:
    """Run a network by every method on this machine, and write all numbers and pictures.

        import vernier
        found = vernier.compare("sesr-m5", "photos/", "out/", budgets=("0.5x",), count=8)
        print(found.verdict)

    Args:
        network: a name, or the path of a file (see `networks.source.find_source`).
        data: a folder of high-resolution photos, or several.
        out: folder (see `comparison.records`). The same call goes on where it was stopped.
        budgets: of one picture: "0.5x" of all-float, or "40ms".
        methods: names of those to run beside float and INT8 alone; all if empty.
        photos: folder to calibrate on and to search with; without it those photos of `data` that
            are not compared on, where there are enough, and else the same ones.
        count: of photos of each folder, evenly spread; all if None.
        scale: whole factor; the smallest if absent.
        size: height and width of the low-resolution picture that is timed; that of most photos if
            absent.
        processors: for the profile, as `vernier.optimize` takes them.
        granularity: of the units.
        metrics: names; PSNR, SSIM, MS-SSIM, GMSD, PIQE, NIQE, and LPIPS where its weights are, if
            empty.
        objective: of the plan, see `quality.objectives.Objective`.
        rounds: of timing.
        seed: of the search's and the intervals' random numbers.
        quick: a rougher profile, fewer judgements.
        stages: called with progress.

    Returns:
        What `out` holds.

    Raises:
        UsageError: an option cannot be read, photos are too small, weights are random, or `out`
            holds a comparison of something else.
        ImageError: a folder is missing or has no photo, or one cannot be read.
        NetworkError: there is no such network or file.
        ProcessorError: a processor is not here, or its numbers are wrong here.
    """
    folder = Path(out)
    asked = list({str(one): one for one in map(parse_budget, budgets)}.values())
    chosen = _chosen_methods(methods, folder / WORK)
    source = find_source(network, scale, size=size)
    refuse_random(source)
    folders = [Path(data)] if isinstance(data, str | Path) else [Path(one) for one in data]
    channels = source.graph.types[source.graph.inputs[0]].shape[3]
    shown = chosen_photos(folders, source.scale, channels, count)
    timed = size or _timed_size(source, shown)
    subject = Subject(source.name, source.scale, source.graph, *timed, granularity)
    work = folder / WORK
    settings = f"{objective}, seed {seed}, {', '.join(metrics) or 'usual metrics'}"
    _claim(work, source, subject, shown, settings)
    seen, said = _seen(folders, shown, None if photos is None else Path(photos), work)
    options: SearchOptions = {"objective": objective, "seed": seed, "quick": quick}
    request = requested(seen, Budget(1.0, "x"), options)
    profile = profile_in(work / "profile.json", subject, processors, quick=quick, stages=stages)
    with stages("calibrating") as report:
        context = open_context(request, source, subject, profile, work / "plan", progress=report)
    setting = Setting(
        context,
        *_pair(context),
        _inputs(seen, source.scale, channels),
        at_most_cores(profile.settings.threads),
        float_ms=1.0,
    )
    try:
        setting.modelled  # noqa: B018
    except Unsuitable as reason:
        raise UsageError(f"{reason}; name processors of this machine, or a Pixel 6's") from reason
    run = Run(
        folder=folder,
        setting=setting,
        photos=tuple(shown),
        score=scorer(metrics, context.guard, source.scale),
        methods=chosen,
        budgets=tuple(asked),
        rounds=rounds,
        seed=seed,
        said=f"{context.calibrated}; {said}",
        stages=stages,
    )
    return run.all()


def _chosen_methods(names: Sequence[str], work: Path) -> tuple[Rival | PlanMethod, ...]:
    """All, or those of these names and the two ends, which all others are held against."""
    known: dict[str, Rival | PlanMethod] = {one.about.name: one for one in RIVALS}
    known["plan"] = PlanMethod(work)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(f"expected methods of {', '.join(known)}, found {', '.join(unknown)}")
    wanted = {*ALWAYS, *names} if names else set(known)
    return tuple(method for name, method in known.items() if name in wanted)


def _timed_size(source: Source, photos: Sequence[HighPhoto]) -> tuple[int, int]:
    return own_size(source.graph) if fits_one_size(source.graph) else commonest_size(photos)


def _claim(
    work: Path, source: Source, subject: Subject, photos: Sequence[HighPhoto], settings: str
) -> None:
    """Refuse a folder that holds a comparison of something else."""
    names = [(photo.data_set, photo.path.name, photo.sha256) for photo in photos]
    made_of = MadeOf(
        network=f"{source.name} x{source.scale}",
        weights=weights_digest(source.graph),
        size=f"{subject.width}x{subject.height}, by {subject.granularity}",
        processors="",
        photos=hashlib.sha256(repr(names).encode()).hexdigest()[:16],
        settings=settings,
    )
    claim(work, made_of)


def _seen(
    folders: Sequence[Path], shown: Sequence[HighPhoto], photos: Path | None, work: Path
) -> tuple[Path, str]:
    """The folder that methods calibrate and search on, and what it is, in words."""
    if photos is not None:
        list_photos(photos)
        return photos, f"methods calibrate and search on {photos.name}"
    left = others(folders, shown)
    if len(left) >= FEWEST_OTHERS:
        return (
            folder_of(left, work / "photos"),
            "methods calibrate and search on photos of the same folders that are not compared on",
        )
    files = [path for folder in folders for path in list_photos(folder)]
    return (
        folder_of(files, work / "photos"),
        "methods calibrate and search on the very photos that are compared on",
    )


def _pair(context: Context) -> tuple[str, str]:
    """The float and the INT8 processor that most units can have."""
    problem = Problem(context.profile, float("inf"), context.constraints)
    coarse = [name for name in problem.coarsest if is_integer(name)]
    fine = max(set(problem.finest), key=problem.finest.count)
    return fine, max(set(coarse), key=coarse.count) if coarse else fine


def _inputs(folder: Path, scale: int, channels: int) -> tuple[Float32, ...]:
    files = evenly_spread(list_photos(folder), CALIBRATED)
    return tuple(network_input(shrink(load_rgb(path), scale)[0], channels) for path in files)
