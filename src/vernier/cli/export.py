"""`vernier export`: a network, or a split of one, as a bundle that runs without PyTorch."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vernier.cli.console import progress_bar
from vernier.errors import MissingExtraError, UsageError
from vernier.units.cutting import Granularity
from vernier.units.split import Form

if TYPE_CHECKING:
    from vernier.export.networks import Photos
    from vernier.export.whole import Exported
    from vernier.networks.source import Source
    from vernier.progress import Progress
    from vernier.quantization.ranges import Ranges


class Precision(StrEnum):
    """What the segments hold."""

    FLOAT32 = "float32"
    INT8 = "int8"


def command(
    network: Annotated[
        str,
        typer.Argument(
            help="A network of `vernier networks`, or a file: .safetensors, .pth, .onnx, or "
            "ncnn's .param."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The bundle: a folder, or a .zip.")],
    scale: Annotated[
        int | None,
        typer.Option(min=1, help="Upscaling factor; a file's own, or a name's smallest, if absent"),
    ] = None,
    precision: Annotated[
        Precision | None, typer.Option(help="Of a whole network; float32 if absent.")
    ] = None,
    split: Annotated[
        Path | None,
        typer.Option(help="A split, as `vernier units -o` writes one, instead of a precision."),
    ] = None,
    form: Annotated[
        Form,
        typer.Option(
            help="Of a split: one file per segment and our conversions, or the engine's, or all "
            "fused into one file of mixed precision."
        ),
    ] = Form.SEGMENTS,
    profile: Annotated[
        Path | None,
        typer.Option(help="A profile of the split's units: what the split should take."),
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Deployed weights of a network given by name.")
    ] = None,
    photos: Annotated[
        Path | None, typer.Option(help="Folder of photos to calibrate INT8 on and measure with.")
    ] = None,
    ranges: Annotated[
        Path | None, typer.Option(help="Ranges file to use instead of calibrating.")
    ] = None,
    save_ranges: Annotated[Path | None, typer.Option(help="Write the ranges here.")] = None,
    fine_tune: Annotated[
        float,
        typer.Option(min=0, help="Minutes of training INT8 parts to give the float picture."),
    ] = 0.0,
    method: Annotated[
        str, typer.Option(help="Calibration: min-max, percentile or least-squares.")
    ] = "least-squares",
    size: Annotated[
        str | None,
        typer.Option(
            help="WIDTHxHEIGHT: of all pictures of a network of one size (SwinIR); else what the "
            "files say to readers other than Vernier, which fits them to each picture."
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a bundle.")] = False,
) -> None:
    """Export a network, whole or split between processors, as `.tflite` with a manifest."""
    from vernier.bundles.bundle import write_bundle
    from vernier.cli.sizes import parse_size, refuse_turned
    from vernier.export.networks import load_photos, refuse_random
    from vernier.export.whole import file_size
    from vernier.graphs.any_size import keeps_a_size
    from vernier.graphs.shapes import fits_one_size, own_size
    from vernier.networks.source import find_source

    if split is not None and precision is not None:
        raise UsageError("a split says the precision of every unit; leave out --precision")
    if split is None and form is not Form.SEGMENTS:
        raise UsageError("--form is about splits; add --split FILE")
    if split is None and profile is not None:
        raise UsageError("--profile is about splits; add --split FILE")
    integer = split is not None or precision is Precision.INT8
    if integer and photos is None and ranges is None:
        raise UsageError("INT8 needs --photos to calibrate on, or --ranges")
    if fine_tune and (not integer or photos is None):
        raise UsageError("--fine-tune trains INT8 parts on --photos; there are none")
    wanted = None if size is None else parse_size(size)
    source = find_source(network, scale, weights, wanted)
    if size is not None and fits_one_size(source.graph):
        refuse_turned(parse_size(size), own_size(source.graph), "--size")
    refuse_random(source)
    for note in source.notes:
        typer.echo(f"{network}: {note}", err=True)
    with progress_bar(f"exporting {source.name} x{source.scale}") as report:
        shown = None if photos is None else load_photos(photos, source)
        if shown is not None and shown.doubt and ranges is None:
            typer.echo(f"{photos}: {shown.doubt}", err=True)
        known = _ranges(source, shown, ranges, method, report) if integer else None
        if save_ranges is not None and known is not None:
            known.save(save_ranges)
        exported = _export(
            source, precision, split, form, shown, known, profile, fine_tune, wanted, report
        )
    write_bundle(out, exported.manifest, exported.models, overwrite=overwrite)
    typer.echo(f"{out}: {_told(exported)}")
    if keeps_a_size(source.graph):
        height, width = file_size(source.graph, wanted)
        typer.echo(
            f"its files hold the size {width}x{height} for readers other than Vernier, which fits "
            "them to each picture; --size chooses another"
        )


def _ranges(
    source: Source, photos: Photos | None, file: Path | None, method: str, report: Progress
) -> Ranges:
    from vernier.export.networks import ranges_on
    from vernier.quantization.ranges import Ranges

    if file is not None:
        return Ranges.load(file)
    assert photos is not None
    return ranges_on(source, photos, method, report)


def _export(
    source: Source,
    precision: Precision | None,
    split: Path | None,
    form: Form,
    photos: Photos | None,
    ranges: Ranges | None,
    profile: Path | None,
    fine_tune: float,
    size: tuple[int, int] | None,
    report: Progress,
) -> Exported:
    from vernier.export.networks import distilled, export_network, export_network_split
    from vernier.profiling.forecast import forecast_of
    from vernier.profiling.profile import load_profile
    from vernier.units.split import load_split

    placed, granularity = (None, Granularity.LAYER) if split is None else load_split(split)
    trained = source
    if fine_tune:
        assert photos is not None
        assert ranges is not None
        try:
            from vernier.training.distillation import Distillation
        except ImportError as error:
            raise MissingExtraError("torch", "learn", "fine-tuning") from error
        recipe = Distillation(minutes=fine_tune)
        trained, ranges = distilled(source, photos, ranges, recipe, placed, granularity, report)
    if placed is None:
        wanted = precision or Precision.FLOAT32
        return export_network(
            trained,
            wanted.value,
            photos=photos,
            ranges=ranges,
            believed=source,
            size=size,
            progress=report,
        )
    assert ranges is not None
    predicted = None if profile is None else forecast_of(load_profile(profile), placed, form)
    return export_network_split(
        trained,
        placed,
        granularity,
        ranges,
        form=form,
        photos=photos,
        times_ms=None if predicted is None else predicted[0],
        forecast=None if predicted is None else predicted[1],
        believed=source,
        size=size,
        progress=report,
    )


def _told(exported: Exported) -> str:
    manifest, size = exported.manifest, sum(len(model) for model in exported.models.values())
    files = f"{len(exported.models)} files, " if len(exported.models) > 1 else ""
    told = f"{manifest.name}, {files}{size:,} bytes"
    damage = manifest.damage
    if damage is not None and damage.psnr_to_float_db is not None:
        told += f", {damage.psnr_to_float_db} dB to the float network"
    forecast = manifest.forecast
    if forecast is not None:
        how = "modelled" if forecast.modelled else "predicted"
        told += f", {how} {forecast.total_ms:.2f} ms at {forecast.width}x{forecast.height}"
    return told
