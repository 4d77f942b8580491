"""A comparison of three methods and two photos with plausible numbers, which a test may edit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from vernier.comparison.records import (
    FORMAT,
    ComparedBudget,
    Comparison,
    DataSet,
    Mean,
    Measured,
    Method,
    Metric,
    Network,
    Photo,
    PlacedUnit,
    Result,
    Scored,
)
from vernier.processors.machine import describe_machine

PAIR = ("litert:cpu:float32", "litert:cpu:int8")
PHOTOS = ("bird", "woman")


def small_comparison() -> Comparison:
    """Float only, INT8 only and a plan at half of all-float; pictures as `small_pictures` has."""
    return Comparison(
        format=FORMAT,
        made_by="a test",
        date="2026-01-01T00:00:00+00:00",
        machine=describe_machine(),
        network=Network(name="sesr-m3", scale=2, channels=1, units=3, macs=10**9),
        height=32,
        width=48,
        float_processor=PAIR[0],
        int8_processor=PAIR[1],
        float_ms=20.0,
        int8_ms=5.0,
        profitable=True,
        verdict="at 0.5x the plan is ahead",
        seed=0,
        objective="guarded PIQE",
        calibrated="8 photos",
        complete=True,
        data_sets=(DataSet(name="Set2", photos=tuple(map(_photo, PHOTOS))),),
        budgets=(ComparedBudget(asked="0.5x", ms=10.0),),
        metrics=(
            Metric(name="psnr", title="PSNR (dB)", better="higher", referenced=True),
            Metric(name="piqe", title="PIQE", better="lower", referenced=False),
            Metric(
                name="lpips_alex",
                title="LPIPS (alex)",
                better="lower",
                referenced=True,
                left_out="no weights",
            ),
        ),
        methods=(
            Method(name="float", title="float only", kind="end", budgeted=False),
            Method(name="int8", title="INT8 only", kind="end", budgeted=False),
            Method(name="plan", title="Vernier", kind="plan"),
        ),
        results=(
            _result("float", "", 20.0, 34.0, None),
            _result("int8", "", 5.0, 32.0, 36.0),
            _result("plan", "0.5x", 9.5, 33.8, 44.0),
        ),
    )


def small_pictures(folder: Path) -> None:
    """The PNGs that the small comparison names, of 96x64 pixels, different in each."""
    random = np.random.default_rng(0)
    for data in small_comparison().data_sets:
        paths = [
            path for one in data.photos for path in (one.picture, one.low, one.bicubic) if path
        ]
    paths += [one.picture for result in small_comparison().results for one in result.scored]
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        size = (32, 48) if path.endswith("low.png") else (64, 96)
        samples = random.integers(0, 256, (*size, 3), np.uint8)
        Image.fromarray(samples).save(folder / path)


def _photo(name: str) -> Photo:
    start = f"pictures/Set2/{name}"
    return Photo(
        name=name,
        sha256="0" * 64,
        width=96,
        height=64,
        picture=f"{start}/photo.png",
        low=f"{start}/low.png",
        bicubic=f"{start}/bicubic.png",
    )


def _result(
    method: str, budget: str, took_ms: float, to_photo_db: float, to_float_db: float | None
) -> Result:
    middle = PAIR[0] if method == "float" else PAIR[1]
    ends = middle if method == "int8" else PAIR[0]
    scored = tuple(
        Scored(
            data_set="Set2",
            photo=name,
            picture=f"pictures/Set2/{name}/{method}{budget and '_'}{budget}.png",
            alone={"piqe": 30.0 + number},
            to_photo={"psnr": to_photo_db + number},
            to_float={} if to_float_db is None else {"psnr": to_float_db + number},
        )
        for number, name in enumerate(PHOTOS)
    )
    return Result(
        method=method,
        budget=budget,
        predicted_ms=took_ms * 1.1,
        measured=Measured(median_ms=took_ms, p95_ms=took_ms * 1.2, runs=21, threads=2),
        placement=tuple(
            PlacedUnit(
                name=unit,
                processor=processor,
                time_ms=took_ms / 3,
                sensitivity=0.1,
                moved_to=PAIR[processor == PAIR[0]],
                flip_ms=-1.0,
                flip_objective=0.05,
                int8_share=float(processor == PAIR[1]),
            )
            for unit, processor in (("first", ends), ("middle", middle), ("last", ends))
        ),
        scored=scored,
        means=(
            _mean("psnr", "photo", to_photo_db + 0.5),
            _mean("piqe", "", 30.5),
            *(() if to_float_db is None else (_mean("psnr", "float", to_float_db + 0.5),)),
        ),
    )


def _mean(metric: str, against: str, mean: float) -> Mean:
    return Mean(
        data_set="Set2",
        metric=metric,
        against=against,
        mean=mean,
        low=mean - 0.5,
        high=mean + 0.5,
        photos=2,
    )
