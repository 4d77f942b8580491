"""One call from a network, whole or split between processors, to a bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vernier.bundles.bundle import write_bundle
from vernier.bundles.manifest import PredictedTime
from vernier.calls import checked
from vernier.errors import MissingExtraError, UsageError
from vernier.export.networks import (
    Photos,
    distilled,
    export_network,
    export_network_split,
    load_photos,
    own_ranges,
    ranges_on,
    refuse_random,
)
from vernier.export.whole import Exported, file_size
from vernier.graphs.any_size import keeps_a_size
from vernier.graphs.shapes import fits_one_size, own_size
from vernier.networks.source import Source, find_source
from vernier.progress import Progress, Stages, silent, silent_stages
from vernier.quantization.ranges import Ranges
from vernier.units.cutting import Granularity, cut
from vernier.units.split import Form, Split, load_split
from vernier.units.unit import Unit

Predict = Callable[[Sequence[Unit], Split, Form], tuple[Mapping[str, float], PredictedTime]]
"""What a split takes by unit, in ms, and as a whole: `predicted_time` of a profile."""


@dataclass(frozen=True)
class _Wanted:
    """What shall be in the bundle: a split, or a whole network in one precision."""

    precision: str
    split: Split | None
    granularity: Granularity
    form: Form
    size: tuple[int, int] | None

    @property
    def integer(self) -> bool:
        return self.split is not None or self.precision == "int8"


@checked
def export(
    network: str,
    out: Path | str | None = None,
    *,
    scale: int | None = None,
    precision: str | None = None,
    split: Path | str | None = None,
    form: Form = Form.SEGMENTS,
    predict: Predict | None = None,
    weights: Path | None = None,
    photos: Path | str | None = None,
    ranges: Path | str | None = None,
    save_ranges: Path | str | None = None,
    fine_tune_minutes: float = 0.0,
    method: str = "least-squares",
    size: tuple[int, int] | None = None,
    overwrite: bool = False,
    notice: Callable[[str], None] | None = None,
    stages: Stages = silent_stages,
) -> Exported:
    """Export a network, whole or split between processors, as `.tflite` with a manifest.

        import vernier
        made = vernier.export("sesr-m5", "bundle.zip", scale=2)
        upscaler = vernier.Upscaler(bundle="bundle.zip")

    Args:
        network: a name, or the path of a file (see `networks.source.find_source`).
        out: the bundle, a folder or a `.zip`; nothing is written if absent.
        scale: whole factor; a file's own, or a name's smallest, if absent.
        precision: "float32" or "int8", of a whole network; "float32" if absent.
        split: a file of a split, instead of a precision.
        form: of a split: how it becomes files.
        predict: says what the split should take, for the manifest; from a profile it is
            `functools.partial(vernier.profiling.predicted_time.predicted_time, profile)`.
        weights: deployed weights of a network given by name.
        photos: folder of photos to calibrate INT8 on and to measure the damage with.
        ranges: a file of ranges to use instead of calibrating.
        save_ranges: where to write the ranges.
        fine_tune_minutes: of training INT8 parts to give the float network's picture; 0 for none.
        method: of calibration: "min-max", "percentile" or "least-squares".
        size: height and width in pixels: of all pictures of a network of one size; else what the
            files say to readers other than Vernier, which fits them to each picture.
        overwrite: replace a bundle that is there.
        notice: given what is to be known of the network's file, the photos and the bundle's files,
            a sentence each.
        stages: called with progress.

    Returns:
        The bundle's manifest and models.

    Raises:
        UsageError: arguments exclude each other, INT8 has neither photos nor ranges, the weights
            are random, the split is of other units, or the network takes pictures that are wide
            where `size` is high.
        NetworkError: there is no such network or file.
        GraphError: an operator has no INT8 form.
        ImageError: the folder of photos is missing or holds no photo that can be read.
        BundleError: a bundle is there already, or it cannot be written.
    """
    if split is not None and precision is not None:
        raise UsageError("a split says the precision of every unit; leave out --precision")
    if split is None and form is not Form.SEGMENTS:
        raise UsageError("--form is about splits; add --split FILE")
    if split is None and predict is not None:
        raise UsageError("--profile is about splits; add --split FILE")
    if precision not in (None, "float32", "int8"):
        raise UsageError(f"expected the precision float32 or int8, found {precision!r}")
    integer = split is not None or precision == "int8"
    if fine_tune_minutes and (not integer or photos is None):
        raise UsageError("--fine-tune trains INT8 parts on --photos; there are none")
    source = find_source(network, scale, weights, size)
    if size is not None and fits_one_size(source.graph):
        _refuse_turned(size, own_size(source.graph), source.name)
    refuse_random(source)
    if integer and photos is None and ranges is None and not source.ranges:
        raise UsageError("INT8 needs --photos to calibrate on, or --ranges")
    tell = notice or (lambda _: None)
    for note in source.notes:
        tell(f"{network}: {note}")
    wanted = _Wanted(precision or "float32", None, Granularity.LAYER, form, size)
    if split is not None:
        placed = load_split(Path(split))
        chosen = placed.of(cut(source.graph, placed.granularity))
        wanted = replace(wanted, split=chosen, granularity=placed.granularity)
    with stages(f"exporting {source.name} x{source.scale}") as report:
        shown = None if photos is None else load_photos(Path(photos), source)
        if shown is not None and shown.doubt and ranges is None:
            tell(f"{photos}: {shown.doubt}")
        known = _ranges(source, shown, ranges, method, report) if wanted.integer else None
        if save_ranges is not None and known is not None:
            known.save(Path(save_ranges))
        exported = _exported(source, wanted, shown, known, predict, fine_tune_minutes, report)
    if out is not None:
        write_bundle(Path(out), exported.manifest, exported.models, overwrite=overwrite)
    if keeps_a_size(source.graph):
        height, width = file_size(source.graph, size)
        tell(
            f"{source.name}: its files hold the size {width}x{height} for readers other than "
            "Vernier, which fits them to each picture; --size chooses another"
        )
    return exported


def _refuse_turned(size: tuple[int, int], fitting: tuple[int, int], name: str) -> None:
    """Refuse a size, `(height, width)`, that fits turned round only."""
    if size != fitting and size[::-1] == fitting:
        found, only = (f"{width}x{height}" for height, width in (size, fitting))
        raise UsageError(f"{name} takes pictures of {only} (WIDTHxHEIGHT), found the size {found}")


def _ranges(
    source: Source, photos: Photos | None, file: Path | str | None, method: str, report: Progress
) -> Ranges:
    if file is not None:
        return Ranges.load(Path(file))
    own = own_ranges(source)
    if own is not None:
        return own
    assert photos is not None
    return ranges_on(source, photos, method, report)


def _exported(
    source: Source,
    wanted: _Wanted,
    photos: Photos | None,
    ranges: Ranges | None,
    predict: Predict | None,
    fine_tune_minutes: float,
    report: Progress = silent,
) -> Exported:
    trained = source
    if fine_tune_minutes:
        assert photos is not None
        assert ranges is not None
        trained, ranges = _fine_tuned(source, wanted, photos, ranges, fine_tune_minutes, report)
    if wanted.split is None:
        return export_network(
            trained,
            wanted.precision,
            photos=photos,
            ranges=ranges,
            believed=source,
            size=wanted.size,
            progress=report,
        )
    assert ranges is not None
    predicted = (
        None
        if predict is None
        else predict(cut(source.graph, wanted.granularity), wanted.split, wanted.form)
    )
    return export_network_split(
        trained,
        wanted.split,
        wanted.granularity,
        ranges,
        form=wanted.form,
        photos=photos,
        times_ms=None if predicted is None else predicted[0],
        prediction=None if predicted is None else predicted[1],
        believed=source,
        size=wanted.size,
        progress=report,
    )


def _fine_tuned(
    source: Source,
    wanted: _Wanted,
    photos: Photos,
    ranges: Ranges,
    minutes: float,
    report: Progress,
) -> tuple[Source, Ranges]:
    try:
        from vernier.training.distillation import Distillation
    except ImportError as error:
        raise MissingExtraError("torch", "learn", "fine-tuning") from error
    recipe = Distillation(minutes=minutes)
    return distilled(source, photos, ranges, recipe, wanted.split, wanted.granularity, report)
