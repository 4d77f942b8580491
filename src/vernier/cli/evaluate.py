"""`vernier eval`: luma PSNR and SSIM on a folder of photos, by the SR field's protocol."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean
from typing import Annotated

import typer

from vernier.cli.console import print_json, progress_bar
from vernier.errors import UsageError


def command(
    data: Annotated[Path, typer.Option(help="Folder of high-resolution photos.")],
    network: Annotated[str, typer.Option(help="A network, a file of one, or bicubic.")] = "sesr-m5",
    scale: Annotated[int, typer.Option(min=2, help="Upscaling factor.")] = 2,
    processor: Annotated[str, typer.Option(help="ENGINE:DEVICE:PRECISION.")] = "litert:cpu:float32",
    bundle: Annotated[Path | None, typer.Option(help="A bundle instead of a network.")] = None,
    allow_inexact: Annotated[
        bool,
        typer.Option("--allow-inexact", help="Score a processor although its numbers are wrong."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Score a network: 8-bit bicubic low resolution, float luma, `scale` pixels cropped.

    Files that are grey are scored on their own samples, as the field does.
    """
    from vernier.bundles.bundle import open_bundle
    from vernier.export.networks import bundle_of
    from vernier.images.pairs import list_photos
    from vernier.processors.discovery import find_processor
    from vernier.processors.self_test_cases import kinds_in
    from vernier.processors.soundness import require_usable
    from vernier.runtime.loading import placed
    from vernier.runtime.planes import PlaneUpscaler
    from vernier.scoring.luma_scores import bicubic_upscale, luma_scores, network_upscale

    photos = list_photos(data)
    if network == "bicubic" and bundle is None:
        upscale, ran = bicubic_upscale(scale), "numpy"
    else:
        wanted = find_processor(processor)
        if bundle is not None:
            opened = open_bundle(bundle)
        else:
            opened = bundle_of(network, scale, wanted.id.model_precision)
        if opened.manifest.network.scale != scale:
            found = opened.manifest.network
            raise UsageError(f"{found.name} enlarges by {found.scale} here, not by {scale}")
        require_usable(wanted, kinds_in(opened.graph), allow_inexact=allow_inexact)
        planes = PlaneUpscaler(opened, placed(lambda _: wanted, 0, allow_fallback=False))
        upscale = network_upscale(planes)
        network, ran = opened.manifest.network.name, str(wanted.id)
    with progress_bar(f"{network} x{scale}", quiet=as_json) as report:
        scores = luma_scores(upscale, photos, scale, report)
    mean = fmean(score.psnr_db for score in scores)
    alike = fmean(score.ssim for score in scores)
    if as_json:
        print_json(
            {
                "network": network,
                "scale": scale,
                "processor": ran,
                "data": data.name,
                "psnr_db": round(mean, 4),
                "ssim": round(alike, 5),
                "photos": {
                    score.photo: {"psnr_db": round(score.psnr_db, 4), "ssim": round(score.ssim, 5)}
                    for score in scores
                },
            }
        )
        return
    for score in scores:
        typer.echo(f"{score.psnr_db:7.3f} dB  {score.ssim:.4f}  {score.photo}")
    typer.echo(f"{mean:7.3f} dB  {alike:.4f}  mean of {len(scores)}, {network} x{scale} on {ran}")
