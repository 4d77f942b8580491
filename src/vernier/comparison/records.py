"""What `vernier compare` writes: a folder that has everything, so a report needs nothing else.

    OUT/comparison.json   all of it (`Comparison`), after each step whole
    OUT/scores.csv        every score of every picture, one a line
    OUT/times.csv         every method's time, memory and energy, one a line
    OUT/pictures/         PNGs, whose paths the records have, relative to OUT and with "/"

`docs/comparison.md` describes it for people.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from vernier.errors import FileError
from vernier.files import read_json, to_json, write_whole
from vernier.processors.machine import Machine
from vernier.rivals.decision import PlacedUnit as PlacedUnit

FORMAT = 1
NAME = "comparison.json"
SCORES, TIMES = "scores.csv", "times.csv"
EQUAL_DB = 99.0
"""What the PSNR of equal pictures counts as, in files and in means."""
NO_BUDGET = ""
"""The budget of a method that knows none, such as float only."""


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The network that is compared.

    Attributes:
        name: in the registry, or a file's name without its folder.
        scale: whole factor.
        channels: 1 for luma only, 3 for RGB.
        units: how many it is cut into.
        macs: multiply-accumulates of one picture of the size that is timed.
        weights: where they are from, in words.
    """

    name: str
    scale: int
    channels: int
    units: int
    macs: int
    weights: str = ""


class Photo(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One high-resolution photo.

    Attributes:
        name: of its file, without its ending; one photo of a data set each.
        sha256: of its file, in hexadecimal.
        width: in pixels, as it is compared (cut to whole multiples of the scale).
        height: likewise.
        picture: the photo as a PNG; empty where it was not kept.
        low: the network's input, likewise.
        bicubic: the input enlarged without any network, likewise.
    """

    name: str
    sha256: str
    width: int
    height: int
    picture: str = ""
    low: str = ""
    bicubic: str = ""


class DataSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Photos that belong together.

    Attributes:
        name: of their folder.
        photos: in order.
    """

    name: str
    photos: tuple[Photo, ...]


class ComparedBudget(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A time that methods were to keep.

    Attributes:
        asked: as it was asked for, "0.5x" or "40ms".
        ms: the same in ms, of one picture of the size that is timed.
    """

    asked: str
    ms: float


class Metric(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A score of pictures.

    Attributes:
        name: as scores have it.
        title: as people read it, with the unit.
        better: "higher" or "lower".
        referenced: it compares with another picture, so there is one to the photo and one to the
            float network's picture.
        left_out: why pictures have no such score; empty where they have.
    """

    name: str
    title: str
    better: str
    referenced: bool
    left_out: str = ""


class Method(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A way to run a network within a time.

    Attributes:
        name: as results have it.
        title: as people read it.
        kind: "plan" (Vernier's own), "end" (a single precision), "paper" or "tool".
        paper: where it was published, or whose tool it is like; empty of Vernier's own.
        policy: what it does, in a sentence.
        adapted: what is otherwise here than in the paper, in words.
        budgeted: whether it is given a budget.
    """

    name: str
    title: str
    kind: str
    paper: str = ""
    policy: str = ""
    adapted: str = ""
    budgeted: bool = True


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What running a method took, of one picture of the size that is timed.

    Attributes:
        median_ms: of `runs`.
        p95_ms: the 95th percentile of them.
        runs: that were timed, all methods in turn within each round.
        threads: of the CPU that computed at once, all parts of the method together.
        peak_memory_bytes: the process's greatest resident memory while it was made ready and run,
            less what it had before; null where it was not measured.
        energy_j: of one picture, by the CPU's own counter (RAPL), with the rest of the package;
            null where the machine does not tell.
    """

    median_ms: float
    p95_ms: float
    runs: int
    threads: int
    peak_memory_bytes: int | None = None
    energy_j: float | None = None


class Mean(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A score over the photos of a data set, with its bootstrap interval of 95 %.

    Attributes:
        data_set: its name.
        metric: its name.
        against: "photo", "float", or "" of a metric without a reference.
        mean: over photos.
        low: end of the interval.
        high: likewise.
        photos: how many.
    """

    data_set: str
    metric: str
    against: str
    mean: float
    low: float
    high: float
    photos: int


class Scored(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One picture of a method.

    Attributes:
        data_set: its name.
        photo: its name.
        picture: the PNG's path, relative; empty where it was not kept.
        alone: by metric, of those without a reference.
        to_photo: by metric, compared with the photo.
        to_float: by metric, compared with the float network's picture; empty for float only.
        int8_share: of the pixels that INT8 computed, where a method decides that by picture.
    """

    data_set: str
    photo: str
    picture: str = ""
    alone: dict[str, float] = {}
    to_photo: dict[str, float] = {}
    to_float: dict[str, float] = {}
    int8_share: float | None = None


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A method with a budget.

    Attributes:
        method: its name.
        budget: as it was asked for; `NO_BUDGET` where the method knows none.
        missing: why there is nothing of it; empty where there is.
        note: what else is to be said, such as the threshold that was chosen.
        predicted_ms: of one picture, by the method's own predictor; null if it has none.
        measured: what it took; null where it is missing or is not here to be run.
        modelled_ms: by a model of processors that are not here; null of measured ones.
        placement: of each unit, in order; empty of a method that does not place units.
        scored: of each photo that was done.
        means: over the photos of each data set.
    """

    method: str
    budget: str
    missing: str = ""
    note: str = ""
    predicted_ms: float | None = None
    measured: Measured | None = None
    modelled_ms: float | None = None
    placement: tuple[PlacedUnit, ...] = ()
    scored: tuple[Scored, ...] = ()
    means: tuple[Mean, ...] = ()


class Comparison(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A network by all methods on one machine.

    Attributes:
        format: of this file.
        made_by: the version of Vernier.
        date: ISO 8601, when it was begun.
        machine: that it was measured on.
        network: that is compared.
        height: of the low-resolution picture that is timed and that budgets are for, in pixels.
        width: likewise.
        float_processor: exact and slow.
        int8_processor: fast and coarse.
        float_ms: all-float's measured time; budgets in "x" are of it.
        int8_ms: all-INT8's.
        profitable: whether INT8 is so much faster here that dividing a network can pay.
        verdict: the comparison in a line; why there is none to make where it is not profitable.
        seed: of the random numbers.
        objective: what plans make small, in words.
        calibrated: what INT8 ranges were taken on, in words.
        complete: whether all that was asked for is done.
        data_sets: with their photos.
        budgets: in the order that they were asked for.
        metrics: in the order to be shown.
        methods: likewise.
        results: by method and budget, in the methods' order.
    """

    format: int
    made_by: str
    date: str
    machine: Machine
    network: Network
    height: int
    width: int
    float_processor: str
    int8_processor: str
    float_ms: float
    int8_ms: float
    profitable: bool
    verdict: str = ""
    seed: int
    objective: str = ""
    calibrated: str = ""
    complete: bool = False
    data_sets: tuple[DataSet, ...]
    budgets: tuple[ComparedBudget, ...]
    metrics: tuple[Metric, ...]
    methods: tuple[Method, ...]
    results: tuple[Result, ...] = ()

    def of(self, method: str, budget: str = NO_BUDGET) -> Result | None:
        """A method's result with a budget; without one where it knows none; None if not done."""
        for result in self.results:
            if result.method == method and result.budget in (budget, NO_BUDGET):
                return result
        return None


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write `comparison.json`, and all its numbers as CSV beside it.

    Raises:
        FileError: they cannot be written there, or the comparison says what cannot be.
    """
    fault = _fault(comparison)
    if fault:
        raise FileError(f"{folder / NAME}: {fault}")
    write_whole(folder / SCORES, _csv(_score_rows(comparison.results)))
    write_whole(folder / TIMES, _csv(_time_rows(comparison)))
    # Last: a folder that has it has the rest.
    write_whole(folder / NAME, to_json(comparison))


def read_comparison(path: Path) -> Comparison:
    """Read a comparison, from its file or from the folder that holds it.

    Raises:
        FileError: it is missing, damaged, of a newer format, or says what cannot be.
    """
    file = path / NAME if path.is_dir() else path
    comparison = read_json(file, Comparison, "comparison", FORMAT)
    fault = _fault(comparison)
    if fault:
        raise FileError(f"{file}: {fault}; correct it, or compare again")
    return comparison


def _score_rows(results: Sequence[Result]) -> Iterator[tuple[object, ...]]:
    yield ("data_set", "photo", "method", "budget", "metric", "against", "value")
    for result in results:
        for one in result.scored:
            start = (one.data_set, one.photo, result.method, result.budget)
            for against, scores in (
                ("", one.alone),
                ("photo", one.to_photo),
                ("float", one.to_float),
            ):
                for metric, value in scores.items():
                    yield (*start, metric, against, repr(value))


def _time_rows(comparison: Comparison) -> Iterator[tuple[object, ...]]:
    heads = (
        "method", "budget", "budget_ms", "predicted_ms", "modelled_ms", "median_ms", "p95_ms",
        "runs", "threads", "peak_memory_bytes", "energy_j", "missing",
    )  # fmt: skip
    yield heads
    budgets = {one.asked: one.ms for one in comparison.budgets}
    for result in comparison.results:
        took = result.measured
        row = (
            *(result.method, result.budget, budgets.get(result.budget)),
            *(result.predicted_ms, result.modelled_ms),
            *(() if took is None else msgspec.structs.astuple(took)),
        )
        filled = ["" if value is None else value for value in row]
        yield (*filled, *[""] * (len(heads) - 1 - len(row)), result.missing)


def _csv(rows: Iterator[tuple[object, ...]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _fault(comparison: Comparison) -> str:
    """What a comparison says that cannot be; "" of nothing."""
    photos = {(data.name, one.name) for data in comparison.data_sets for one in data.photos}
    if len(photos) < sum(len(data.photos) for data in comparison.data_sets):
        return "two photos of one name"
    methods = {method.name for method in comparison.methods}
    budgets = {budget.asked for budget in comparison.budgets} | {NO_BUDGET}
    metrics = {metric.name for metric in comparison.metrics}
    seen = set()
    for result in comparison.results:
        which = (result.method, result.budget)
        if result.method not in methods or result.budget not in budgets or which in seen:
            return f"a result of {which}, which is twice there, or no method with a budget"
        seen.add(which)
        for one in result.scored:
            scores = [one.alone, one.to_photo, one.to_float]
            values = [value for kind in scores for value in kind.values()]
            if (one.data_set, one.photo) not in photos:
                return f"a picture of {one.photo!r}, which is no photo of {one.data_set!r}"
            if not all(map(math.isfinite, values)):
                return f"a score of {one.photo!r} is no number"
            if not {name for kind in scores for name in kind} <= metrics:
                return f"a score of {one.photo!r} is of no metric that is listed"
    paths = [one.picture for result in comparison.results for one in result.scored]
    shown = [one for data in comparison.data_sets for one in data.photos]
    paths += [path for one in shown for path in (one.picture, one.low, one.bicubic)]
    for path in map(PurePosixPath, filter(None, paths)):
        if path.is_absolute() or ".." in path.parts or "\\" in str(path):
            return f"the picture {str(path)!r} does not lie in the folder"
    times = [
        time
        for result in comparison.results
        if result.measured is not None
        for time in (result.measured.median_ms, result.measured.p95_ms)
    ]
    if not all(0 < time < math.inf for time in (*times, comparison.float_ms, comparison.int8_ms)):
        return "a time that cannot be"
    return ""
