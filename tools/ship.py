"""Put a finished training run into the package: weights, learning curve, bundles, measured table.

    python tools/ship.py runs/sesr-m5-x2 --photos DIR --eval Set5=DIR --eval BSD100=DIR

Writes `networks/weights/NAME/` and `bundles/shipped/NAME/`. The recipe stays where it is; the run
must have been made from it.
"""

from __future__ import annotations

import argparse
import datetime
import json
import shutil
from pathlib import Path
from statistics import fmean
from typing import Any

import msgspec

from vernier.bundles.bundle import open_bundle, write_bundle
from vernier.bundles.shipped import FOLDER as BUNDLES
from vernier.errors import TrainingError
from vernier.evaluation.luma_psnr import bicubic_upscale, luma_psnr
from vernier.evaluation.shipping import export_network
from vernier.images.pairs import list_photos
from vernier.networks.shipped import FOLDER as WEIGHTS
from vernier.processors.discovery import present_processors
from vernier.processors.machine import describe_machine
from vernier.runtime.chain import placed
from vernier.runtime.planes import LumaUpscaler
from vernier.training.collapsing import collapse_run
from vernier.training.loop import RunFolder
from vernier.training.recipe import load_recipe


def ship(run: Path, photos: Path, tests: dict[str, Path]) -> dict[str, Any]:
    """Collapse, export, measure; returns the measured table."""
    recipe = RunFolder(run).read_recipe()
    home = WEIGHTS / recipe.name
    if load_recipe(home / "recipe.toml") != recipe:
        raise TrainingError(f"{run} was not made from {home / 'recipe.toml'}; ship that instead")
    collapsed = collapse_run(run, home / "weights.safetensors")
    shutil.copyfile(run / "log.jsonl", home / "log.jsonl")
    for precision in ("float32", "int8"):
        saved = home / "ranges.json" if precision == "int8" else None
        exported = export_network(
            recipe.network, recipe.scale, precision, photos=photos, save_ranges=saved
        )
        target = BUNDLES / recipe.name / precision
        write_bundle(target, exported.manifest, exported.models, overwrite=True)
    table = measure(recipe.name, recipe.scale, tests)
    measured = {
        "network": recipe.network,
        "scale": recipe.scale,
        "step": collapsed.step,
        "trained_weights": collapsed.trained_weights,
        "collapse_error": collapsed.largest_difference,
        "training_photos": len(list_photos(photos)) - recipe.validation_photos,
        "luma_psnr_db": table,
        "machine": msgspec.to_builtins(describe_machine()),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    (home / "measured.json").write_text(json.dumps(measured, indent=2) + "\n")
    return measured


def measure(name: str, scale: int, tests: dict[str, Path]) -> dict[str, dict[str, float]]:
    """Luma PSNR in dB by test set and processor, bicubic first."""
    table: dict[str, dict[str, float]] = {}
    for title, folder in tests.items():
        files = list_photos(folder)
        row = {"bicubic": fmean(s.psnr_db for s in luma_psnr(bicubic_upscale(scale), files, scale))}
        for processor in present_processors():
            bundle = open_bundle(BUNDLES / name / processor.id.model_precision)
            upscale = LumaUpscaler(bundle, placed(lambda _, p=processor: p, 0, False))
            row[str(processor.id)] = fmean(s.psnr_db for s in luma_psnr(upscale, files, scale))
            upscale.close()
        table[title] = {key: round(value, 3) for key, value in row.items()}
    return table


def main() -> None:
    """Parse and ship."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--photos", type=Path, required=True, help="the training photos")
    parser.add_argument("--eval", action="append", default=[], metavar="NAME=DIR")
    arguments = parser.parse_args()
    tests = {name: Path(folder) for name, folder in (e.split("=", 1) for e in arguments.eval)}
    for run in arguments.runs:
        measured = ship(run, arguments.photos, tests)
        print(json.dumps({run.name: measured["luma_psnr_db"]}, indent=2))


if __name__ == "__main__":
    main()
