"""A comparison under way: each method decides, computes all pictures, and is timed with the others.

What is done is kept in `work`, so that the same call goes on where it was stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from vernier.comparison.intervals import bootstrap
from vernier.comparison.photos import HighPhoto
from vernier.comparison.pictures import Scorer, scored_photos, write_references
from vernier.comparison.plan_method import PlanMethod
from vernier.comparison.records import (
    FORMAT,
    NAME,
    NO_BUDGET,
    ComparedBudget,
    Comparison,
    DataSet,
    Mean,
    Method,
    Network,
    Photo,
    Result,
    Scored,
    read_comparison,
    write_comparison,
)
from vernier.comparison.timing import Build, Timed, median_ms, time_all
from vernier.comparison.verdict import unprofitable, verdict_of
from vernier.errors import GraphError, PlacementError, ProcessorError, UsageError
from vernier.files import read_json, to_json, write_whole
from vernier.graphs.counts import count_macs
from vernier.images.pairs import Float32, evenly_spread
from vernier.processors.machine import describe_machine
from vernier.progress import Stages
from vernier.rivals.decision import Decision
from vernier.rivals.ends import FLOAT, INT8
from vernier.rivals.protocol import Rival, Runner, Setting, Unsuitable
from vernier.splitting.budget import Budget
from vernier.version import VERSION

WORK = "work"
"""Folder for what is not done again after a stop; it may be deleted once all is complete."""


@dataclass
class Run:
    """A comparison under way."""

    folder: Path
    setting: Setting
    photos: tuple[HighPhoto, ...]
    score: Scorer
    methods: tuple[Rival | PlanMethod, ...]
    budgets: tuple[Budget, ...]
    rounds: int
    seed: int
    said: str
    stages: Stages
    results: dict[tuple[str, str], Result] = field(default_factory=dict)
    decisions: dict[tuple[str, str], Decision] = field(default_factory=dict)

    def all(self) -> Comparison:
        """Everything, from what is there already."""
        date = datetime.now(UTC).isoformat(timespec="seconds")
        if (self.folder / NAME).exists():
            before = read_comparison(self.folder)
            # What was calibrated then is only read from its file now.
            date, self.said = before.date, before.calibrated
        data_sets = self._references()
        with self.stages("all-float and all-INT8") as report:
            ends = self._ends()
            report(1, 1)
        setting = self.setting = replace(self.setting, float_ms=ends[0])
        pays = unprofitable(*ends, setting.float_processor, setting.int8_processor)
        jobs = [job for job in self._jobs() if not pays or job[0] in (FLOAT, INT8)]
        for method, budget in jobs:
            self._one(method, budget)
            self._write(date, data_sets, ends, pays, complete=False)
        times = {} if setting.modelled else self._times(jobs)
        for key, found in times.items():
            threads = 2 if self._divided(key) else setting.threads
            self.results[key] = msgspec.structs.replace(
                self.results[key], measured=found.measured(threads)
            )
        if all(key in times for key in (("float", ""), ("int8", ""))):
            timed = [float(np.median(times[name, ""].times_ms)) for name in ("float", "int8")]
            ends = (timed[0], timed[1])
        return self._write(date, data_sets, ends, pays, complete=True)

    def _jobs(self) -> list[tuple[Rival | PlanMethod, Budget | None]]:
        return [
            (method, budget)
            for method in self.methods
            for budget in (self.budgets if method.about.budgeted else (None,))
        ]

    def _references(self) -> tuple[DataSet, ...]:
        names = dict.fromkeys(photo.data_set for photo in self.photos)
        found: dict[str, list[Photo]] = {name: [] for name in names}
        with self.stages("photos") as report:
            for number, photo in enumerate(self.photos, 1):
                paths = write_references(photo, self.folder)
                found[photo.data_set].append(
                    Photo(
                        name=photo.name,
                        sha256=photo.sha256,
                        width=photo.size[1] * photo.scale,
                        height=photo.size[0] * photo.scale,
                        picture=paths[0],
                        low=paths[1],
                        bicubic=paths[2],
                    )
                )
                report(number, len(self.photos), photo.name)
        return tuple(DataSet(name=name, photos=tuple(one)) for name, one in found.items())

    def _ends(self) -> tuple[float, float]:
        """All-float's and all-INT8's time in ms now; kept, as decisions depend on it."""
        file = self.folder / WORK / "ends.json"
        if file.exists():
            return read_json(file, tuple[float, float], "pair of times")
        if self.setting.modelled:
            free = self.setting.problem(math.inf)
            return free.time_ms(free.finest), free.time_ms(free.coarsest)
        low = self._timed_planes()[0]
        found: list[float] = []
        for end in (FLOAT, INT8):
            try:
                decision = end.decide(self.setting, math.inf)
            except Unsuitable:
                found.append(found[0])
                continue
            found.append(median_ms(self._at(self._build(end, decision)), low))
        write_whole(file, to_json(found))
        return found[0], found[1]

    def _one(self, method: Rival | PlanMethod, budget: Budget | None) -> None:
        """Decide, and compute and score all pictures."""
        name, asked = method.about.name, NO_BUDGET if budget is None else str(budget)
        key = (name, asked)
        title = f"{method.about.title} {asked}".strip()
        work = self.folder / WORK
        try:
            with self.stages(f"{title}: deciding") as report:
                decision = self._decided(method, budget, asked)
                report(1, 1)
            with self.stages(f"{title}: pictures") as report:
                scored = scored_photos(
                    self._build(method, decision),
                    self.photos,
                    name,
                    asked,
                    self.folder,
                    work / f"scores-{name}-{asked}.jsonl",
                    self.score,
                    report,
                )
        except (Unsuitable, ProcessorError, PlacementError, GraphError) as reason:
            self.results[key] = Result(method=name, budget=asked, missing=str(reason))
            return
        self.decisions[key] = decision
        self.results[key] = Result(
            method=name,
            budget=asked,
            note=decision.note,
            predicted_ms=decision.predicted_ms,
            modelled_ms=decision.predicted_ms if self.setting.modelled else None,
            placement=decision.placement,
            scored=scored,
            means=means_of(scored, self.seed),
        )

    def _decided(self, method: Rival | PlanMethod, budget: Budget | None, asked: str) -> Decision:
        file = self.folder / WORK / f"decision-{method.about.name}-{asked}.json"
        if file.exists():
            decision = read_json(file, Decision, "decision")
        else:
            try:
                decision = self._deciding(method, budget)
            except Unsuitable as reason:
                decision = Decision(missing=str(reason))
            write_whole(file, to_json(decision))
        if decision.missing:
            raise Unsuitable(decision.missing)
        return decision

    def _deciding(self, method: Rival | PlanMethod, budget: Budget | None) -> Decision:
        if not isinstance(method, PlanMethod):
            limit = math.inf if budget is None else budget.in_ms(self.setting.float_ms)
            return method.decide(self.setting, limit)
        assert budget is not None
        try:
            return method.decide(self.setting, budget)
        except UsageError as reason:
            raise Unsuitable(str(reason)) from reason

    def _build(
        self, method: Rival | PlanMethod, decision: Decision
    ) -> Callable[[int, int], Runner]:
        return lambda height, width: method.build(self.setting, decision, height, width)

    def _at(self, build: Callable[[int, int], Runner]) -> Build:
        """Loads at the size that is timed."""
        return lambda: build(*self.setting.size)

    def _timed_planes(self) -> list[Float32]:
        """Pictures of the size that is timed: photos of it, or a part of one."""
        height, width = self.setting.size
        fitting = [photo for photo in self.photos if photo.size == (height, width)]
        if fitting:
            return [photo.planes for photo in evenly_spread(fitting, 8)]
        planes = self.photos[0].planes
        pad = [(0, max(0, height - planes.shape[0])), (0, max(0, width - planes.shape[1])), (0, 0)]
        return [np.ascontiguousarray(np.pad(planes, pad, "wrap")[:height, :width])]

    def _times(
        self, jobs: Sequence[tuple[Rival | PlanMethod, Budget | None]]
    ) -> dict[tuple[str, str], Timed]:
        """All methods against the clock together, once; from the file where it has them all."""
        file = self.folder / WORK / "times.json"
        wanted = [key for key, result in self.results.items() if not result.missing]
        if file.exists():
            known = read_json(file, list[tuple[str, str, Timed]], "list of times")
            if [(name, budget) for name, budget, _ in known] == wanted:
                return {(name, budget): timed for name, budget, timed in known}
        methods = {method.about.name: method for method, _ in jobs}
        builds = {
            "|".join(key): self._at(self._build(methods[key[0]], self.decisions[key]))
            for key in wanted
        }
        with self.stages("timing") as report:
            found = time_all(builds, self._timed_planes(), self.rounds, report)
        times = {key: found["|".join(key)] for key in wanted}
        write_whole(file, to_json([(*key, timed) for key, timed in times.items()]))
        return times

    def _divided(self, key: tuple[str, str]) -> bool:
        decision = self.decisions[key]
        return bool(decision.stages) or decision.patches is not None

    def _write(
        self,
        date: str,
        data_sets: tuple[DataSet, ...],
        ends: tuple[float, ...],
        pays: str,
        complete: bool,
    ) -> Comparison:
        setting = self.setting
        source, (height, width) = setting.source, setting.size
        made = Comparison(
            format=FORMAT,
            made_by=f"vernier {VERSION}",
            date=date,
            machine=describe_machine(),
            network=Network(
                name=source.name,
                scale=source.scale,
                channels=source.graph.types[source.graph.inputs[0]].shape[3],
                units=len(setting.units),
                macs=count_macs(setting.float_at(height, width)),
                weights=source.weights.value,
            ),
            height=height,
            width=width,
            float_processor=setting.float_processor,
            int8_processor=setting.int8_processor,
            float_ms=round(ends[0], 4),
            int8_ms=round(ends[1], 4),
            profitable=not pays,
            verdict=pays,
            seed=self.seed,
            objective=setting.context.request.objective.value,
            calibrated=self.said,
            complete=complete,
            data_sets=data_sets,
            budgets=tuple(
                ComparedBudget(asked=str(one), ms=round(one.in_ms(ends[0]), 4))
                for one in self.budgets
            ),
            metrics=self.score.records,
            methods=tuple(_record(method) for method in self.methods),
            results=tuple(self.results.values()),
        )
        if not pays and complete:
            made = msgspec.structs.replace(made, verdict=verdict_of(made))
        write_comparison(made, self.folder)
        return made


def means_of(scored: Sequence[Scored], seed: int) -> tuple[Mean, ...]:
    """Each score over the photos of each data set."""
    found = []
    for data_set in dict.fromkeys(one.data_set for one in scored):
        own = [one for one in scored if one.data_set == data_set]
        for against, kind in (("", "alone"), ("photo", "to_photo"), ("float", "to_float")):
            rows = [getattr(one, kind) for one in own]
            for metric in dict.fromkeys(name for row in rows for name in row):
                values = [row[metric] for row in rows if metric in row]
                mean, low, high = bootstrap(values, seed)
                found.append(
                    Mean(
                        data_set=data_set,
                        metric=metric,
                        against=against,
                        mean=round(mean, 6),
                        low=round(low, 6),
                        high=round(high, 6),
                        photos=len(values),
                    )
                )
    return tuple(found)


def _record(method: Rival | PlanMethod) -> Method:
    about = method.about
    return Method(
        name=about.name,
        title=about.title,
        kind=about.kind,
        paper=about.paper,
        policy=about.policy,
        adapted=about.adapted,
        budgeted=about.budgeted,
    )
