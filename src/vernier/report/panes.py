"""Crops of every method side by side, the two sides of the slider, and pairs without names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from vernier.comparison.records import Result
from vernier.metrics.psnr import psnr
from vernier.progress import Progress, silent
from vernier.report.crops import MOST, Key, Spot, spots, spread, windows
from vernier.report.figures import named
from vernier.report.findings import END, PLAN, Findings
from vernier.report.pictures import Pictures, packed

Bytes = NDArray[np.uint8]
Spread = NDArray[np.float32]
MOST_PIXELS = 40_000_000
"""Of photos that are searched for places where methods differ; a float of each is kept."""
PHOTO, LOW, FLOAT = "photo", "bicubic", "float"
EQUAL_DB = 99.0


@dataclass(frozen=True)
class Sizes:
    """How much of the pictures a page has; `SMALLER` has them by falling weight.

    Attributes:
        side: of a crop, in pixels.
        most: crops where methods differ most.
        random: crops of chance.
        width: of the slider's pictures, at most.
        height: likewise.
    """

    side: int
    most: int
    random: int
    width: int
    height: int


SMALLER = (
    Sizes(128, 4, 4, 480, 360),
    Sizes(112, 4, 3, 448, 336),
    Sizes(96, 4, 3, 400, 300),
    Sizes(96, 3, 2, 320, 240),
    Sizes(80, 3, 2, 320, 240),
    Sizes(64, 2, 2, 256, 192),
    Sizes(48, 2, 1, 192, 144),
    Sizes(32, 1, 1, 128, 96),
)


class Pane(msgspec.Struct, frozen=True):
    """One method's picture of a crop, as the page's script reads it.

    Attributes:
        name: of the method; `PHOTO`, `LOW` or `FLOAT` for what is no method's own.
        title: as people read it.
        picture: an address that holds it.
        says: how near it is to the float network's.
    """

    name: str
    title: str
    picture: str
    says: str


class Panes(msgspec.Struct, frozen=True):
    """A crop by all methods: those of every budget, and those of each."""

    common: list[Pane]
    budgets: dict[str, list[Pane]]


class Crop(msgspec.Struct, frozen=True):
    """One crop, as the page's script reads it.

    Attributes:
        caption: where it is and why it was chosen.
        side: in pixels.
        panes: its pictures.
        why: `crops.MOST` or `crops.RANDOM`.
        thumb: a small picture of it.
    """

    caption: str
    side: int
    panes: Panes
    why: str
    thumb: str


class Pair(msgspec.Struct, frozen=True):
    """Two methods' crops of one spot, and the photo's, as the page's script reads it.

    Attributes:
        kind: what is compared.
        a: the plan's.
        b: the other's.
        x: the photo's.
        first: name of the method of `a`.
        second: name of the method of `b`.
    """

    kind: str
    a: str
    b: str
    x: str
    first: str
    second: str


@dataclass(frozen=True)
class Side:
    """A picture that either side of the slider may show.

    Attributes:
        key: of its choice.
        title: as people read it.
        picture: an address that holds it.
    """

    key: str
    title: str
    picture: str


@dataclass(frozen=True)
class Slider:
    """The before/after slider.

    Attributes:
        caption: which part of which photo it shows.
        width: in pixels.
        height: likewise.
        sides: what either side may show.
        left: key of what the left shows first.
        right: likewise.
    """

    caption: str
    width: int
    height: int
    sides: tuple[Side, ...]
    left: str
    right: str


def shown_photos(findings: Findings, pictures: Pictures) -> list[Key]:
    """Photos that the plan's and another picture were kept of, no more than `MOST_PIXELS`.

    Of more some are taken, evenly.
    """
    plan = findings.plan(findings.budget)
    kept = [
        key
        for key in pictures.photos
        if sum(bool(pictures.path(result, key)) for result in findings.results()) >= 2
        and (plan is None or pictures.path(plan, key))
    ]
    pixels = [pictures.photos[key].height * pictures.photos[key].width for key in kept]
    share = min(1.0, MOST_PIXELS / max(1, sum(pixels)))
    count = max(1, int(share * len(kept)))
    return [kept[number * len(kept) // count] for number in range(min(count, len(kept)))]


def spreads_of(
    findings: Findings, pictures: Pictures, keys: Sequence[Key], progress: Progress = silent
) -> dict[Key, Spread]:
    """How much the methods of the first budget differ at each pixel of each photo."""
    found = {}
    for number, key in enumerate(keys, 1):
        found[key] = spread(_of_budget(findings, pictures, key)).astype(np.float32)
        progress(number, len(keys), key[1])
    return found


def chosen_spots(spreads: Mapping[Key, Spread], sizes: Sizes, seed: int) -> list[Spot]:
    """Where the methods of the first budget differ most, and where chance says."""
    return spots(
        {key: one.shape for key, one in spreads.items()},
        lambda key: spreads[key].astype(np.float64),
        side=sizes.side,
        most=sizes.most,
        random=sizes.random,
        seed=seed,
    )


def crops(findings: Findings, pictures: Pictures, chosen: Sequence[Spot]) -> list[Crop]:
    """The panes of each spot."""
    found = []
    for number, spot in enumerate(chosen, 1):
        key = (spot.data_set, spot.photo)
        truth = _float_crop(findings, pictures, spot)
        common = _given_panes(pictures, spot, truth)
        budgets: dict[str, list[Pane]] = {one.asked: [] for one in findings.comparison.budgets}
        for result in _in_order(findings):
            path = pictures.path(result, key)
            if not path:
                continue
            crop = spot.of(pictures.read(path, key))
            exact = findings.float_end()
            name = FLOAT if exact is not None and result is exact else result.method
            pane = Pane(name, named(findings, result), packed(crop), _near(crop, truth))
            (budgets[result.budget] if result.budget else common).append(pane)
        why = "here the methods' pictures differ most" if spot.why == MOST else "chosen at random"
        found.append(
            Crop(
                f"{number}. {spot.photo} ({spot.data_set}), {spot.side}x{spot.side} pixels from "
                f"column {spot.left}, row {spot.top}: {why}; they differ by "
                f"{spot.difference:.2f} grey levels (root mean square over methods)",
                spot.side,
                Panes(common, budgets),
                spot.why,
                packed(_thumb(common, pictures, spot)),
            )
        )
    return found


def slider(
    findings: Findings, pictures: Pictures, spreads: Mapping[Key, Spread], sizes: Sizes
) -> Slider | None:
    """Two pictures one over the other, of the part of a photo where methods differ most."""
    best: tuple[float, Key, int, int, int, int] | None = None
    for key, found in spreads.items():
        height, width = min(sizes.height, found.shape[0]), min(sizes.width, found.shape[1])
        means = windows(found.astype(np.float64), height, width)
        top, left = (int(at) for at in np.unravel_index(int(means.argmax()), means.shape))
        if best is None or means[top, left] > best[0]:
            best = (float(means[top, left]), key, top, left, height, width)
    if best is None:
        return None
    _, key, top, left, height, width = best
    photo = pictures.photos[key]
    sides = []
    for name, title, path in (
        (LOW, "bicubic", photo.bicubic),
        (PHOTO, "the photo", photo.picture),
        *((_side_key(findings, one), named(findings, one), pictures.path(one, key))
          for one in _in_order(findings)
          if findings.method(one).kind in (PLAN, END)),
    ):  # fmt: skip
        if path:
            part = pictures.read(path, key)[top : top + height, left : left + width]
            sides.append(Side(name, title, packed(part)))
    keys_there = [side.key for side in sides]
    plan, integer = findings.plan(findings.budget), findings.integer_end()
    wanted = [_side_key(findings, one) for one in (plan, integer) if one is not None]
    right = next((key for key in wanted if key in keys_there), keys_there[-1])
    others = [key for key in (*wanted[1:], LOW, *keys_there) if key in keys_there and key != right]
    caption = (
        f"{photo.name} ({key[0]}), {width}x{height} pixels from column {left}, row {top}: "
        "the part where the methods' pictures differ most"
    )
    return Slider(caption, width, height, tuple(sides), others[0] if others else right, right)


def pairs(findings: Findings, pictures: Pictures, chosen: Sequence[Spot]) -> list[Pair]:
    """The plan and each other method of its budget at each spot, beside the photo."""
    plan = findings.plan(findings.budget)
    if plan is None:
        return []
    exact = findings.float_end()
    others = [*findings.rivals(findings.budget), *([exact] if exact is not None else [])]
    found = []
    for spot in chosen:
        key = (spot.data_set, spot.photo)
        photo = pictures.photos[key].picture
        own = pictures.path(plan, key)
        if not photo or not own:
            continue
        reference = packed(spot.of(pictures.read(photo, key)))
        first = spot.of(pictures.read(own, key))
        for other in others:
            path = pictures.path(other, key)
            second = spot.of(pictures.read(path, key)) if path else first
            # What is equal is no question.
            if path and not np.array_equal(first, second):
                titles = named(findings, plan), named(findings, other)
                found.append(
                    Pair(f"{titles[0]} or {titles[1]}", packed(first), packed(second), reference,
                         *titles)
                )  # fmt: skip
    return found


def _side_key(findings: Findings, result: Result) -> str:
    return f"{result.method} {result.budget}".strip()


def _in_order(findings: Findings) -> list[Result]:
    """Ends first, then plans, then the others, as they are in the comparison."""
    order = {END: 0, PLAN: 1}
    exact = findings.float_end()
    return sorted(
        findings.results(),
        key=lambda one: (order.get(findings.method(one).kind, 2), one is not exact),
    )


def _of_budget(findings: Findings, pictures: Pictures, key: Key) -> list[Bytes]:
    """All methods' pictures of a photo within the first budget."""
    return [
        pictures.read(path, key)
        for result in findings.results()
        if result.budget in ("", findings.budget) and (path := pictures.path(result, key))
    ]


def _float_crop(findings: Findings, pictures: Pictures, spot: Spot) -> Bytes | None:
    exact = findings.float_end()
    key = (spot.data_set, spot.photo)
    path = pictures.path(exact, key) if exact is not None else ""
    return spot.of(pictures.read(path, key)) if path else None


def _given_panes(pictures: Pictures, spot: Spot, truth: Bytes | None) -> list[Pane]:
    """The photo, and its small picture enlarged without a network."""
    key = (spot.data_set, spot.photo)
    photo = pictures.photos[key]
    found = []
    for name, title, path in (
        (PHOTO, "the photo", photo.picture),
        (LOW, "bicubic", photo.bicubic),
    ):
        if path:
            crop = spot.of(pictures.read(path, key))
            found.append(Pane(name, title, packed(crop), _near(crop, truth)))
    return found


def _near(crop: Bytes, truth: Bytes | None) -> str:
    if truth is None:
        return ""
    if np.array_equal(crop, truth):
        return "equals all-float here"
    found = min(EQUAL_DB, psnr(crop.astype(np.float64), truth.astype(np.float64), peak=255))
    return f"{found:.1f} dB to all-float here"


def _thumb(common: Iterable[Pane], pictures: Pictures, spot: Spot) -> Bytes:
    """Every second or third pixel of the photo's crop, or of any picture of it."""
    key = (spot.data_set, spot.photo)
    photo = pictures.photos[key]
    path = photo.picture or photo.bicubic
    if not path:
        return np.full((1, 1, 3), 127, np.uint8)
    step = max(1, spot.side // 48)
    return spot.of(pictures.read(path, key))[::step, ::step]
