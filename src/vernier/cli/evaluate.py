"""`vernier eval`: luma PSNR on a folder of photos, by the SR field's protocol."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean
from typing import Annotated

import typer

from vernier.cli.console import print_json, progress_bar
from vernier.errors import UsageError


def command(
    data: Annotated[Path, typer.Option(help="Folder of high-resolution photos.")],
    network: Annotated[str, typer.Option(help="A network, or bicubic.")] = "sesr-m5",
    scale: Annotated[int, typer.Option(min=2, help="Upscaling factor.")] = 2,
    processor: Annotated[str, typer.Option(help="ENGINE:DEVICE:PRECISION.")] = "litert:cpu:float32",
    bundle: Annotated[Path | None, typer.Option(help="A bundle instead of a network.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Score a network: 8-bit bicubic low resolution, float luma, `scale` pixels cropped."""
    from vernier.bundles.bundle import open_bundle
    from vernier.bundles.shipped import shipped_bundles
    from vernier.evaluation.luma_psnr import bicubic_upscale, luma_psnr, network_upscale
    from vernier.images.pairs import list_photos
    from vernier.processors.discovery import find_processor
    from vernier.runtime.loading import placed
    from vernier.runtime.planes import PlaneUpscaler

    photos = list_photos(data)
    if network == "bicubic" and bundle is None:
        upscale, ran = bicubic_upscale(scale), "numpy"
    else:
        wanted = find_processor(processor)
        path = bundle or shipped_bundles(network, scale)[wanted.id.model_precision]
        opened = open_bundle(path)
        if opened.manifest.network.scale != scale:
            raise UsageError(f"{path} enlarges by {opened.manifest.network.scale}, not by {scale}")
        planes = PlaneUpscaler(opened, placed(lambda _: wanted, 0, allow_fallback=False))
        upscale = network_upscale(planes)
        network, ran = opened.manifest.network.name, str(wanted.id)
    with progress_bar(f"{network} x{scale}", quiet=as_json) as report:
        scores = luma_psnr(upscale, photos, scale, report)
    mean = fmean(score.psnr_db for score in scores)
    if as_json:
        print_json(
            {
                "network": network,
                "scale": scale,
                "processor": ran,
                "data": data.name,
                "psnr_db": round(mean, 4),
                "photos": {score.photo: round(score.psnr_db, 4) for score in scores},
            }
        )
        return
    for score in scores:
        typer.echo(f"{score.psnr_db:7.3f} dB  {score.photo}")
    typer.echo(f"{mean:7.3f} dB  mean of {len(scores)}, {network} x{scale} on {ran}")
