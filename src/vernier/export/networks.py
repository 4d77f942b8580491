"""From a network and photos to a bundle, with its damage measured on those photos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from vernier.bundles.bundle import Bundle, in_memory, open_bundle
from vernier.bundles.manifest import Damage, PredictedTime
from vernier.bundles.shipped import shipped_bundles, shipped_networks
from vernier.errors import ImageError, PlacementError, UsageError
from vernier.export.splits import export_split
from vernier.export.whole import Exported, export_float32, export_int8, network_facts
from vernier.graphs.counts import count_macs
from vernier.graphs.shapes import fits_one_size, own_size, resized
from vernier.images.coverage import TILE, coverage
from vernier.images.dead_leaves import dead_leaves
from vernier.images.pairs import (
    Float32,
    evenly_spread,
    list_photos,
    load_rgb,
    network_input,
    shrink,
)
from vernier.networks.shipped import shipped_names
from vernier.networks.source import Source, Weights, find_source
from vernier.processors.self_test_cases import kinds_in
from vernier.processors.soundness import sound_processors
from vernier.progress import Progress, silent
from vernier.quality.damage import bundle_damage_db, damage_db, on
from vernier.quantization.ranges import Ranges, calibrate_picture_network
from vernier.runtime.planes import PlaneUpscaler
from vernier.units.cutting import Granularity, cut
from vernier.units.split import Form, Split, integer_operators

if TYPE_CHECKING:
    from vernier.training.distillation import Distillation

CALIBRATION_PHOTOS = 40
# Photos are calibrated on in NumPy: a large network sees fewer, and no fewer than these.
MOST_MACS = 2e12
FEWEST_PHOTOS = 4
# Photos that did not set the ranges, to judge by; of a folder without others, one in five.
JUDGES = 8
HELD_OUT_EACH = 5
MADE = 3
# Share of the photos' parts, above which these are mostly of a kind.
MOSTLY = 0.5
SMALLEST_SIDE = 4


@dataclass(frozen=True)
class Photos:
    """Low-resolution inputs of a network, made from a folder of photos.

    Attributes:
        inputs: `(h, w, channels)`, float32 in [0, 1], of any sizes; ranges are taken on them.
        description: what they are, in words.
        held_out: others, to judge by what did not set the ranges; the same ones where empty.
        judges: what those are, in words.
        doubt: what the photos hardly show, for the user; empty where nothing is amiss.
    """

    inputs: tuple[Float32, ...]
    description: str
    held_out: tuple[Float32, ...] = ()
    judges: str = ""
    doubt: str = ""


def load_photos(folder: Path, source: Source) -> Photos:
    """Up to 40 photos, evenly spread over a folder, shrunk by the network's scale.

    A network of so many multiplications that they would take long is given fewer; one of a single
    picture size, the middle of each photo.

    Raises:
        ImageError: the folder is missing or holds no photo, or one cannot be read or is too small.
    """
    files = list_photos(folder)
    channels = source.graph.types[source.graph.inputs[0]].shape[3]
    only = own_size(source.graph) if fits_one_size(source.graph) else None
    first = _shrunk(files[0], source.scale, channels, only)
    macs = count_macs(resized(source.graph, *first.shape[:2]))
    most = min(CALIBRATION_PHOTOS, max(FEWEST_PHOTOS, int(MOST_MACS // macs)))
    chosen = evenly_spread(files, most)
    others = [path for path in files if path not in set(chosen)]
    if others:
        judging = evenly_spread(others, JUDGES)
    else:
        judging = chosen[2::HELD_OUT_EACH]
        chosen = [path for path in chosen if path not in judging]
    inputs = tuple(_shrunk(path, source.scale, channels, only) for path in chosen)
    held_out = tuple(_shrunk(path, source.scale, channels, only) for path in judging)
    judges = f"{len(held_out)} other photos of {folder.name}"
    doubt = doubtful(inputs)
    if doubt or not held_out:
        # Photos like those that set the ranges would praise them, whatever a real one becomes.
        held_out, judges = _made(channels, only), f"{MADE} made pictures"
    return Photos(inputs, f"{len(inputs)} photos of {folder.name}", held_out, judges, doubt)


def doubtful(photos: Sequence[Float32]) -> str:
    """What photos to calibrate on hardly show, in words; empty where nothing is amiss.

    By kinds of `images.coverage`: no busy parts, or mostly dark ones and none that is bright, or
    the other way round. Colours are not asked for, as many good sets lack one.
    """
    shown = [_as_bytes(photo) for photo in photos if min(photo.shape[:2]) >= TILE]
    if not shown:
        return ""
    found = coverage(shown)
    mostly = {kind for kind, share in found.shares.items() if share > MOSTLY}
    asked = {"dark": "bright" in mostly, "bright": "dark" in mostly, "busy": True}
    lacking = [kind for kind in found.missing if asked.get(kind)]
    if not lacking:
        return ""
    return (
        f"the photos hardly show anything {' or '.join(lacking)}: what they lack may be clipped; "
        "calibrate on photos of many kinds"
    )


def _as_bytes(photo: Float32) -> NDArray[np.uint8]:
    """`(h, w, 3)` uint8 RGB of `(h, w, channels)` float32 in [0, 1]."""
    wide = np.broadcast_to(photo, (*photo.shape[:2], 3))
    return np.rint(np.clip(wide, 0, 1) * 255).astype(np.uint8)


def _made(channels: int, only: tuple[int, int] | None) -> tuple[Float32, ...]:
    """Pictures with the texture of fallen leaves, in every brightness."""
    height, width = only or (96, 128)
    made = [dead_leaves(height, width, channels=3, seed=seed) for seed in range(MADE)]
    return tuple(network_input(_as_bytes(picture), channels) for picture in made)


def _shrunk(path: Path, scale: int, channels: int, only: tuple[int, int] | None) -> Float32:
    photo = load_rgb(path)
    if min(photo.shape[:2]) < SMALLEST_SIDE * scale:
        raise ImageError(
            f"{path}: {photo.shape[1]}x{photo.shape[0]} pixels are too few to calibrate on, "
            f"expected at least {SMALLEST_SIDE * scale} on both sides"
        )
    picture = network_input(shrink(photo, scale)[0], channels)
    if only is None:
        return picture
    height, width, _ = picture.shape
    top, left = (height - only[0]) // 2, (width - only[1]) // 2
    if top < 0 or left < 0:
        raise ImageError(
            f"{path}: the network takes {only[1]}x{only[0]} pixels, found "
            f"{width}x{height} after shrinking by {scale}; use larger photos, or a smaller size"
        )
    return picture[top : top + only[0], left : left + only[1]]


def export_network(
    source: Source,
    precision: str,
    *,
    photos: Photos | None = None,
    ranges: Ranges | None = None,
    believed: Source | None = None,
    size: tuple[int, int] | None = None,
    halved: bool = False,
    progress: Progress = silent,
) -> Exported:
    """Export a network whole.

    Args:
        source: the network, with weights.
        precision: "float32" or "int8".
        photos: to measure the damage on: of INT8, or of a float network's reduced precisions on
            the processors here.
        ranges: of INT8, see `ranges_on`.
        believed: the float network to measure the damage against; the same if absent.
        size: height and width that the files say; see `export.whole.file_size`.
        halved: keep float32 constants in float16 where that loses nothing.
        progress: told per photo.

    Raises:
        UsageError: the weights are random, or INT8 without ranges.
        GraphError: an operator has no INT8 form.
    """
    refuse_random(source)
    facts = network_facts(source.graph, source.name, source.scale)
    exact = export_float32(source.graph, facts, size=size, halved=halved)
    if precision == "float32":
        if photos is None:
            return exact
        reduced = _reduced_precision_db(exact, photos.inputs)
        return _with_damage(exact, Damage(photos=photos.description, reduced_precision_db=reduced))
    if ranges is None:
        raise UsageError("INT8 needs photos to calibrate on, or a file of ranges")
    if believed is not None:
        exact = export_float32(believed.graph, facts)
    return _judged(export_int8(source.graph, facts, ranges, size=size), exact, photos, progress)


def export_network_split(
    source: Source,
    split: Split,
    granularity: Granularity,
    ranges: Ranges,
    *,
    form: Form = Form.SEGMENTS,
    photos: Photos | None = None,
    times_ms: Mapping[str, float] | None = None,
    prediction: PredictedTime | None = None,
    believed: Source | None = None,
    size: tuple[int, int] | None = None,
    progress: Progress = silent,
) -> Exported:
    """Export a split of a network; arguments as of `export_network` and `export_split`.

    `times_ms` and `prediction` are what the bundle says of each unit's time and of the whole's; see
    `profiling.predicted_time`.

    Raises:
        UsageError: the weights are random, or the split is of other units.
        GraphError: an operator of an INT8 unit has no INT8 form.
    """
    refuse_random(source)
    facts = network_facts(source.graph, source.name, source.scale)
    units = cut(source.graph, granularity)
    exported = export_split(
        source.graph,
        facts,
        units,
        split,
        ranges,
        form=form,
        predicted_ms=times_ms,
        prediction=prediction,
        size=size,
    )
    exact = export_float32((believed or source).graph, facts)
    return _judged(exported, exact, photos, progress)


def distilled(
    source: Source,
    photos: Photos,
    ranges: Ranges,
    recipe: Distillation,
    split: Split | None = None,
    granularity: Granularity = Granularity.LAYER,
    progress: Progress = silent,
) -> tuple[Source, Ranges]:
    """A network whose INT8 parts were trained to give the float network's pictures.

    Args:
        source: with weights.
        photos: to learn from.
        ranges: of its INT8 parts.
        recipe: how.
        split: which parts those are; all where absent.
        granularity: of the split's units.
        progress: called after each step.

    Returns:
        It and its ranges; those given where training brought nothing.

    Raises:
        TrainingError: the photos are too small.
    """
    from vernier.training.distillation import distil

    units = cut(source.graph, granularity)
    integer = None if split is None else integer_operators(split, units)
    found = distil(source.graph, ranges, integer, photos.inputs, recipe, progress)
    if found.after_db <= found.before_db:
        return source, ranges
    return replace(source, graph=found.graph), found.ranges


def bundle_of(network: str, scale: int, precision: str) -> Bundle:
    """The bundle of a shipped network, or one in memory of a network in a file.

    Args:
        network: a name, or the path of a file (see `find_source`).
        scale: whole factor.
        precision: "float32" or "int8"; of a file only the former, as INT8 needs photos.

    Raises:
        UsageError: INT8 of a file, or a network without weights.
        NetworkError: there is no such network or file.
    """
    if network in shipped_networks() or not Path(network).exists():
        return open_bundle(shipped_bundles(network, scale)[precision])
    if precision != "float32":
        raise UsageError(
            f"INT8 of {network} needs photos to calibrate on; make a bundle with: vernier export "
            f"{network} --precision {precision} --photos DIR -o BUNDLE, and give that by --bundle"
        )
    return _opened(export_network(find_source(network, scale), precision))


def ranges_on(
    source: Source,
    photos: Photos,
    method: str = "least-squares",
    progress: Progress = silent,
) -> Ranges:
    """The ranges of a network's activations on photos; `method` as of `quantization.ranges`."""

    def inputs() -> Iterator[Float32]:
        for done, planes in enumerate(photos.inputs, 1):
            yield planes[None]
            progress(done, len(photos.inputs), "calibrating")

    return calibrate_picture_network(source.graph, inputs(), method)


def own_ranges(source: Source) -> Ranges | None:
    """The ranges that a quantised file brought; None where it is float.

    Those of tensors that it has no scale for are taken on made pictures.
    """
    if not source.ranges:
        return None
    channels = source.graph.types[source.graph.inputs[0]].shape[3]
    only = own_size(source.graph) if fits_one_size(source.graph) else None
    known = dict(source.ranges)
    if any(name not in known for name in source.graph.activations()):
        made = Photos(_made(channels, only), "made pictures")
        known = {**ranges_on(source, made).by_tensor, **known}
    return Ranges(known)


def refuse_random(source: Source) -> None:
    """Raise UsageError for a network that no weights were given for."""
    if source.weights is Weights.RANDOM:
        raise UsageError(
            f"no weights come with Vernier for {source.name} at x{source.scale}; there are "
            f"{', '.join(shipped_names())}; give a file of weights instead of the name"
        )


def _judged(
    exported: Exported, exact: Exported, photos: Photos | None, progress: Progress
) -> Exported:
    if photos is None:
        return exported
    judges, description = photos.held_out or photos.inputs, photos.judges or photos.description
    found = bundle_damage_db(_opened(exported), _opened(exact), judges, progress)
    return _with_damage(exported, Damage(photos=description, psnr_to_float_db=round(found, 2)))


def _with_damage(exported: Exported, damage: Damage) -> Exported:
    return replace(exported, manifest=msgspec.structs.replace(exported.manifest, damage=damage))


def _opened(exported: Exported) -> Bundle:
    return in_memory(exported.manifest, exported.models)


def _reduced_precision_db(exported: Exported, planes: Sequence[Float32]) -> dict[str, float]:
    """The damage of each float precision below float32 that a processor here computes in."""
    bundle = _opened(exported)
    found: dict[str, float] = {}
    for processor in sound_processors(kinds_in(bundle.graph)):
        precision = processor.id.precision
        if precision not in ("float32", "int8") and precision not in found:
            doubtful = PlaneUpscaler(bundle, on(str(processor.id)))
            believed = PlaneUpscaler(bundle, on("litert:cpu:float32"))
            # A processor that would run part of it in another precision has none to be measured.
            with suppress(PlacementError):
                found[precision] = round(damage_db(doubtful, believed, planes), 2)
    return found
