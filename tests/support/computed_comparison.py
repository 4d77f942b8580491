"""A comparison's folder of a tiny network on three small photos, all of it computed and timed here.

The methods are simple ones, so that it takes seconds; their pictures come from engines that run
them, their scores from Vernier's metrics, their times from a clock.
"""

from __future__ import annotations

import hashlib
import statistics
import time
from pathlib import Path

import numpy as np
from PIL import Image

from vernier.bundles.shipped import shipped_bundles
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
    write_comparison,
)
from vernier.export.exporting import export
from vernier.graphs.counts import operator_macs
from vernier.images.bicubic import imresize
from vernier.images.pairs import shrink
from vernier.metrics.gmsd import gmsd
from vernier.metrics.piqe import piqe
from vernier.metrics.psnr import psnr
from vernier.metrics.ssim import ssim
from vernier.networks.source import find_source
from vernier.processors.machine import describe_machine
from vernier.runtime.pictures import Upscaler
from vernier.units.cutting import Granularity, cut
from vernier.units.split import format_split
from vernier.version import VERSION

ROOT = Path(__file__).parents[2]
FLOAT, INT8 = "litert:cpu:float32", "litert:cpu:int8"
PHOTOS = {"chelsea.png": (60, 100), "coffee.jpg": (120, 180), "astronaut.jpg": (40, 180)}
HEIGHT, WIDTH, SCALE = 144, 192, 2
ROUNDS = 5
METRICS = (
    Metric(
        name="gmsd",
        title="GMSD, deviation of gradient magnitudes, of grey",
        better="lower",
        referenced=True,
    ),
    Metric(name="psnr", title="PSNR in dB", better="higher", referenced=True),
    Metric(name="ssim", title="SSIM", better="higher", referenced=True),
    Metric(name="piqe", title="PIQE", better="lower", referenced=False),
    Metric(name="lpips", title="LPIPS", better="lower", referenced=True, left_out="no weights"),
)
METHODS = (
    Method(name="plan", title="Vernier's plan", kind="plan", policy="The worst layers in float."),
    Method(name="float", title="float only", kind="end", budgeted=False),
    Method(name="int8", title="INT8 only", kind="end", budgeted=False),
    Method(
        name="patches", title="patches", kind="paper", paper="as MobiSR, 2019",
        policy="Patches of little variation in INT8.", adapted="One network in two precisions.",
    ),
    Method(name="in-order", title="layers <in order>", kind="tool", policy="First ones in INT8."),
)  # fmt: skip


def computed_comparison(folder: Path) -> Comparison:
    """Compute it, time it, and write it."""
    (folder / "pictures").mkdir(parents=True)
    photos, lows = _photos(folder)
    source = find_source("sesr-m3", SCALE)
    units = cut(source.graph, Granularity.LAYER)
    bundles = shipped_bundles("sesr-m3", SCALE)
    upscalers = {
        "float": Upscaler(bundle=bundles["float32"], processor=FLOAT),
        "int8": Upscaler(bundle=bundles["int8"], processor=INT8),
    }
    calibration = folder.parent / "calibration"
    ranges = folder.parent / "ranges.json"

    def split_upscaler(name: str, integer: set[int]) -> Upscaler:
        chosen = tuple(INT8 if number in integer else FLOAT for number in range(len(units)))
        file = folder.parent / f"{name}.json"
        file.write_bytes(format_split(chosen, units, Granularity.LAYER))
        known = {"ranges": ranges} if ranges.exists() else {"save_ranges": ranges}
        export(
            "sesr-m3", folder.parent / f"{name}.zip", scale=SCALE, split=file,
            photos=None if ranges.exists() else calibration, **known,
        )  # fmt: skip
        return Upscaler(bundle=folder.parent / f"{name}.zip")

    exact = [upscalers["float"](low) for low in lows]
    alone = []
    for number in range(len(units)):
        with_one = split_upscaler(f"alone-{number}", {number})
        alone.append(
            statistics.mean(
                gmsd(_grey(with_one(low)), _grey(truth))
                for low, truth in zip(lows, exact, strict=True)
            )
        )
    order = sorted(range(len(units)), key=lambda number: alone[number])
    budgets = {"0.5x": 4, "0.7x": 2}
    placements: dict[tuple[str, str], set[int]] = {}
    for asked, count in budgets.items():
        placements["plan", asked] = set(order[:count])
        placements["in-order", asked] = set(range(count))
    for (method, asked), integer in placements.items():
        upscalers[f"{method} {asked}"] = split_upscaler(f"{method}-{asked}", integer)

    def patches(share: float, low: np.ndarray) -> np.ndarray:
        """Patches of least variation from INT8's picture, the others from float's."""
        picture = upscalers["float"](low).copy()
        coarse = upscalers["int8"](low)
        spots = [(y, x) for y in range(0, HEIGHT, 48) for x in range(0, WIDTH, 48)]
        varying = [
            np.abs(np.diff(picture[y : y + 48, x : x + 48].astype(int), axis=1)).sum()
            for y, x in spots
        ]
        for number in np.argsort(varying)[: round(share * len(spots))]:
            y, x = spots[number]
            picture[y : y + 48, x : x + 48] = coarse[y : y + 48, x : x + 48]
        return picture

    runs = dict(upscalers) | {
        "patches 0.5x": lambda low: patches(0.8, low),
        "patches 0.7x": lambda low: patches(0.4, low),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            start = time.perf_counter()
            run(lows[0])
            times[name].append(1000 * (time.perf_counter() - start))
    medians = {name: statistics.median(found) for name, found in times.items()}

    each = [
        sum(
            operator_macs(source.graph, op)
            for op in source.graph.operators
            if op.output in unit.operators
        )
        for unit in units
    ]
    total = sum(each)

    def unit_ms(number: int, processor: str) -> float:
        whole = medians["float" if processor == FLOAT else "int8"]
        return each[number] / total * whole

    def placement(integer: set[int]) -> tuple[PlacedUnit, ...]:
        rows = []
        for number, unit in enumerate(units):
            own, other = (INT8, FLOAT) if number in integer else (FLOAT, INT8)
            switches = number > 0 and (number in integer) != (number - 1 in integer)
            rows.append(
                PlacedUnit(
                    name=unit.name,
                    processor=own,
                    time_ms=unit_ms(number, own),
                    switch_ms=0.02 if switches else 0.0,
                    sensitivity=alone[number],
                    moved_to=other,
                    flip_ms=unit_ms(number, other) - unit_ms(number, own),
                    flip_objective=alone[number] * (-1 if number in integer else 1),
                    int8_share=float(number in integer),
                )
            )
        return tuple(rows)

    results = []
    for name, run in runs.items():
        method, _, budget = name.partition(" ")
        own = placements.get((method, budget))
        if method in ("float", "int8"):
            own = set() if method == "float" else set(range(len(units)))
        scored = []
        for photo, low, truth in zip(photos, lows, exact, strict=True):
            picture = run(low)
            path = f"pictures/{photo.name}-{name.replace(' ', '-')}.png"
            Image.fromarray(picture).save(folder / path)
            original = np.asarray(Image.open(folder / photo.picture))
            scored.append(
                Scored(
                    data_set="demo",
                    photo=photo.name,
                    picture=path,
                    alone={"piqe": piqe(_grey(picture)).score},
                    to_photo=_scores(picture, original),
                    to_float={} if method == "float" else _scores(picture, truth),
                )
            )
        predicted = None if own is None else sum(unit.time_ms or 0 for unit in placement(own))
        results.append(
            Result(
                method=method,
                budget=budget,
                predicted_ms=predicted,
                measured=Measured(
                    median_ms=medians[name], p95_ms=max(times[name]), runs=ROUNDS, threads=2
                ),
                placement=() if own is None else placement(own),
                scored=tuple(scored),
                means=tuple(_means(scored)),
            )
        )
    results.append(Result(method="in-order", budget="0.3x", missing="no split is so fast"))
    comparison = Comparison(
        format=FORMAT,
        made_by=VERSION,
        date="2026-11-30T12:00:00",
        machine=describe_machine(),
        network=Network(
            name="sesr-m3", scale=SCALE, channels=1, units=len(units), macs=total,
            weights="that come with Vernier",
        ),
        height=HEIGHT // SCALE,
        width=WIDTH // SCALE,
        float_processor=FLOAT,
        int8_processor=INT8,
        float_ms=medians["float"],
        int8_ms=medians["int8"],
        profitable=True,
        seed=0,
        objective="gmsd",
        complete=True,
        data_sets=(DataSet(name="demo", photos=tuple(photos)),),
        budgets=tuple(
            ComparedBudget(asked=asked, ms=float(asked[:-1]) * medians["float"])
            for asked in ("0.3x", *budgets)
        ),
        metrics=METRICS,
        methods=METHODS,
        results=tuple(results),
    )  # fmt: skip
    for upscaler in upscalers.values():
        upscaler.close()
    write_comparison(comparison, folder)
    return comparison


def _photos(folder: Path) -> tuple[list[Photo], list[np.ndarray]]:
    calibration = folder.parent / "calibration"
    calibration.mkdir()
    photos, lows = [], []
    for file, (top, left) in PHOTOS.items():
        whole = np.asarray(Image.open(ROOT / "demo" / file).convert("RGB"))
        photo = np.ascontiguousarray(whole[top : top + HEIGHT, left : left + WIDTH])
        low = shrink(photo, SCALE)[0]
        enlarged = imresize(low.astype(np.float64), HEIGHT, WIDTH)
        name = Path(file).stem
        paths = {kind: f"pictures/{name}-{kind}.png" for kind in ("picture", "low", "bicubic")}
        Image.fromarray(photo).save(folder / paths["picture"])
        Image.fromarray(photo).save(calibration / f"{name}.png")
        Image.fromarray(low).save(folder / paths["low"])
        bicubic = np.rint(np.clip(enlarged, 0, 255)).astype(np.uint8)
        Image.fromarray(bicubic).save(folder / paths["bicubic"])
        digest = hashlib.sha256((folder / paths["picture"]).read_bytes()).hexdigest()
        photos.append(Photo(name=name, sha256=digest, width=WIDTH, height=HEIGHT, **paths))
        lows.append(low)
    return photos, lows


def _grey(picture: np.ndarray) -> np.ndarray:
    return np.rint(picture @ np.array([0.2989, 0.587, 0.114])).astype(np.uint8)


def _scores(picture: np.ndarray, other: np.ndarray) -> dict[str, float]:
    one, two = _grey(picture), _grey(other)
    found = psnr(one.astype(np.float64), two.astype(np.float64), peak=255)
    return {"psnr": min(99.0, found), "ssim": ssim(one, two), "gmsd": gmsd(one, two)}


def _means(scored: list[Scored]) -> list[Mean]:
    rng = np.random.default_rng(0)
    found = []
    for against, field in (("", "alone"), ("photo", "to_photo"), ("float", "to_float")):
        for metric in getattr(scored[0], field):
            values = np.array([getattr(one, field)[metric] for one in scored])
            draws = values[rng.integers(0, len(values), (500, len(values)))].mean(axis=1)
            low, high = np.quantile(draws, [0.025, 0.975])
            found.append(
                Mean(
                    data_set="demo", metric=metric, against=against, mean=float(values.mean()),
                    low=float(low), high=float(high), photos=len(values),
                )
            )  # fmt: skip
    return found
