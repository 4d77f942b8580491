"""`vernier export`: a network, or a split of one, as a bundle that runs without PyTorch."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vernier.cli.console import progress_bar
from vernier.units.split import Form

if TYPE_CHECKING:
    from vernier.export.whole import Exported


class FileFormat(StrEnum):
    """What the files are."""

    TFLITE = "tflite"
    ONNX = "onnx"


class CodesChoice(StrEnum):
    """How ONNX files hold 8 bits; `formats.onnx.writing.Codes`."""

    U8U8 = "u8u8"
    U8S8 = "u8s8"
    S8S8 = "s8s8"


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
    file_format: Annotated[
        FileFormat,
        typer.Option(
            "--format",
            help="tflite: a bundle. onnx: NAME.onnx, a split in it as QDQ; of a split also a "
            "folder, one file per segment.",
        ),
    ] = FileFormat.TFLITE,
    opset: Annotated[
        int | None, typer.Option(help="Of ONNX's own operators, 13 to 24; 17 if absent.")
    ] = None,
    codes: Annotated[
        CodesChoice | None,
        typer.Option(
            help="Of INT8 in ONNX, activations and weights: u8u8 (exact on every CPU; if absent), "
            "u8s8 (faster with VNNI or AMX; what accelerators take), s8s8."
        ),
    ] = None,
) -> None:
    """Export a network, whole or split between processors, as `.tflite` with a manifest."""
    if file_format is FileFormat.ONNX:
        _refuse_for_onnx(form, profile, fine_tune, save_ranges)
        _export_onnx(
            network, out, scale, precision, split, opset, codes, weights, photos, ranges, method,
            size, overwrite,
        )  # fmt: skip
        return
    _refuse_for_tflite(opset, codes)
    from vernier.cli.sizes import parse_size
    from vernier.export.exporting import export
    from vernier.profiling.predicted_time import predicted_time
    from vernier.profiling.profile import load_profile

    exported = export(
        network,
        out,
        scale=scale,
        precision=precision,
        split=split,
        form=form,
        predict=None if profile is None else partial(predicted_time, load_profile(profile)),
        weights=weights,
        photos=photos,
        ranges=ranges,
        save_ranges=save_ranges,
        fine_tune_minutes=fine_tune,
        method=method,
        size=None if size is None else parse_size(size),
        overwrite=overwrite,
        notice=partial(typer.echo, err=True),
        stages=progress_bar,
    )
    typer.echo(f"{out}: {_summary(exported)}")


def _export_onnx(
    network: str,
    out: Path,
    scale: int | None,
    precision: Precision | None,
    split: Path | None,
    opset: int | None,
    codes: CodesChoice | None,
    weights: Path | None,
    photos: Path | None,
    ranges: Path | None,
    method: str,
    size: str | None,
    overwrite: bool,
) -> None:
    from vernier.cli.sizes import parse_size
    from vernier.export.onnx_files import export_onnx
    from vernier.formats.onnx.codes import Codes
    from vernier.formats.onnx.writing import DEFAULT_OPSET

    made = export_onnx(
        network,
        out,
        scale=scale,
        precision=precision,
        split=split,
        opset=DEFAULT_OPSET if opset is None else opset,
        codes=Codes(codes or CodesChoice.U8U8),
        weights=weights,
        photos=photos,
        ranges=ranges,
        method=method,
        size=None if size is None else parse_size(size),
        overwrite=overwrite,
        notice=partial(typer.echo, err=True),
        stages=progress_bar,
    )
    total = sum(len(content) for content in made.files.values())
    files = f"{len(made.files)} files, " if len(made.files) > 1 else ""
    typer.echo(f"{out}: {made.name}, {files}{total:,} bytes")


def _refuse_for_onnx(
    form: Form, profile: Path | None, fine_tune: float, save_ranges: Path | None
) -> None:
    from vernier.errors import UsageError

    given = {
        "--form": form is not Form.SEGMENTS,
        "--profile": profile is not None,
        "--fine-tune": bool(fine_tune),
        "--save-ranges": save_ranges is not None,
    }
    wrong = [option for option, there in given.items() if there]
    if wrong:
        raise UsageError(f"{wrong[0]} is about bundles of .tflite; leave it out of --format onnx")


def _refuse_for_tflite(opset: int | None, codes: CodesChoice | None) -> None:
    from vernier.errors import UsageError

    if opset is not None or codes is not None:
        option = "--codes" if opset is None else "--opset"
        raise UsageError(f"{option} is about ONNX; add --format onnx")


def _summary(exported: Exported) -> str:
    manifest, size = exported.manifest, sum(len(model) for model in exported.models.values())
    files = f"{len(exported.models)} files, " if len(exported.models) > 1 else ""
    text = f"{manifest.name}, {files}{size:,} bytes"
    damage = manifest.damage
    if damage is not None and damage.psnr_to_float_db is not None:
        text += f", {damage.psnr_to_float_db} dB to the float network"
    predicted = manifest.prediction
    if predicted is not None:
        how = "modelled" if predicted.modelled else "predicted"
        text += f", {how} {predicted.total_ms:.2f} ms at {predicted.width}x{predicted.height}"
    return text
