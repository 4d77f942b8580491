"""Put a finished training run into the package: weights, learning curve, bundles, measured table.

    python tools/ship.py runs/sesr-m5-x2 --photos DIR --eval Set5=DIR --eval BSD100=DIR

Writes `networks/weights/NAME/`, `bundles/shipped/NAME/` and the table in `docs/weights.md`. The
recipe stays where it is; the run must have been made from it. Without runs it makes all bundles
anew from the shipped weights and measures them again, as is needed when the writer changes.
"""

from __future__ import annotations

import argparse
import datetime
import json
import shutil
from contextlib import suppress
from pathlib import Path
from statistics import fmean
from typing import Any

import msgspec
import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file
from safetensors.numpy import save as serialized

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import FOLDER as BUNDLES
from vernier.errors import PlacementError, TrainingError
from vernier.export.folders import write_folder
from vernier.export.networks import distilled, export_network, load_photos, ranges_on
from vernier.files import write_whole
from vernier.images.pairs import list_photos
from vernier.networks.shipped import FOLDER as WEIGHTS
from vernier.networks.shipped import shipped_names
from vernier.networks.source import find_source
from vernier.processors.machine import describe_machine
from vernier.processors.soundness import sound_processors
from vernier.runtime.loading import placed
from vernier.runtime.planes import PlaneUpscaler
from vernier.scoring.luma_scores import bicubic_upscale, luma_scores, network_upscale
from vernier.training.collapsing import collapse_run
from vernier.training.distillation import Distillation
from vernier.training.loop import RunFolder
from vernier.training.recipe import Recipe, load_recipe

INT8 = Distillation(minutes=float("inf"), steps=2000, seed=1)
PAGE = Path(__file__).parent.parent / "docs" / "weights.md"
MARK = "<!-- the table below is written by tools/ship.py -->\n"
# The paper's own figures (SESR, MLSys 2022, tables 1 and 2; trained on DIV2K), where it has them.
PAPER_SET5_DB = {"fsrcnn-x2": 36.85, "sesr-m3-x2": 37.21, "sesr-m5-x2": 37.39, "sesr-m7-x2": 37.47,
                 "sesr-m11-x2": 37.58, "sesr-xl-x2": 37.77, "fsrcnn-x4": 30.45,
                 "sesr-m3-x4": 30.75, "sesr-m5-x4": 30.99, "sesr-m7-x4": 31.14,
                 "sesr-m11-x4": 31.27, "sesr-xl-x4": 31.54}  # fmt: skip


def collapse_into_package(run: Path) -> str:
    """Weights and learning curve of a finished run; returns its name."""
    recipe = RunFolder(run).read_recipe()
    home = WEIGHTS / recipe.name
    if load_recipe(home / "recipe.toml") != recipe:
        raise TrainingError(f"{run} was not made from {home / 'recipe.toml'}; ship that instead")
    report = collapse_run(run, home / "weights.safetensors")
    shutil.copyfile(run / "log.jsonl", home / "log.jsonl")
    facts = {"step": report.step, "collapse_error": report.largest_difference}
    facts["trained_weights"] = report.trained_weights
    (home / "measured.json").write_text(json.dumps(facts))
    return recipe.name


def is_halved(path: Path) -> bool:
    """Whether weights are kept in float16."""
    return all(value.dtype == np.float16 for value in load_file(path).values())


def halve(path: Path) -> None:
    """Weights in float16, for networks of megabytes; the file's words stay."""
    with safe_open(path, "numpy") as file:
        words = file.metadata()
    kept = {name: value.astype(np.float16) for name, value in load_file(path).items()}
    write_whole(path, serialized(kept, words))


def ship(name: str, photos: Path, tests: dict[str, Path]) -> dict[str, Any]:
    """Export a network whose weights are in the package, and measure; returns the table."""
    home = WEIGHTS / name
    recipe = load_recipe(home / "recipe.toml")
    source = find_source(recipe.network, recipe.scale, home / "weights.safetensors")
    shown = load_photos(photos, source)
    ranges = ranges_on(source, shown)
    ranges.save(home / "ranges.json")
    halved = is_halved(home / "weights.safetensors")
    # INT8 bundles have weights of their own, trained to give the float network's picture. Those of
    # networks of megabytes are only quantised: so many steps would take a day.
    trained, own_ranges = (source, ranges) if halved else distilled(source, shown, ranges, INT8)
    own_ranges.save(home / "ranges-int8.json")
    for exported, precision in (
        (export_network(source, "float32", photos=shown, halved=halved), "float32"),
        (export_network(trained, "int8", photos=shown, ranges=own_ranges, believed=source), "int8"),
    ):
        write_folder(BUNDLES / name, {precision: exported}, {})
    return _write_measured(home, recipe, photos, measure(BUNDLES / name, recipe.scale, tests))


def _write_measured(
    home: Path, recipe: Recipe, photos: Path, scores: dict[str, dict[str, float]]
) -> dict[str, Any]:
    before = json.loads((home / "measured.json").read_text())
    measured = {
        "network": recipe.network,
        "scale": recipe.scale,
        **{key: before[key] for key in ("step", "trained_weights", "collapse_error")},
        "training_photos": len(list_photos(photos)) - recipe.validation_photos,
        "luma_psnr_db": scores,
        "machine": msgspec.to_builtins(describe_machine()),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    (home / "measured.json").write_text(json.dumps(measured, indent=2) + "\n")
    return measured


def measure(bundles: Path, scale: int, tests: dict[str, Path]) -> dict[str, dict[str, float]]:
    """Luma PSNR in dB by test set and processor, bicubic first."""
    table: dict[str, dict[str, float]] = {}
    for title, folder in tests.items():
        files = list_photos(folder)
        row = {
            "bicubic": fmean(s.psnr_db for s in luma_scores(bicubic_upscale(scale), files, scale))
        }
        for processor in sound_processors():
            if not (bundles / processor.id.model_precision).is_dir():
                continue
            bundle = open_bundle(bundles / processor.id.model_precision)
            planes = PlaneUpscaler(bundle, placed(lambda _, p=processor: p, 0, False))
            # Some do not run all of a network as asked (FSRCNN's last layer in bfloat16).
            with suppress(PlacementError):
                scores = luma_scores(network_upscale(planes), files, scale)
                row[str(processor.id)] = fmean(s.psnr_db for s in scores)
            planes.close()
        table[title] = {key: round(value, 3) for key, value in row.items()}
    return table


def write_page() -> None:
    """The table of all shipped weights, from the `measured.json` beside them."""
    rows = [
        "| weights | test | bicubic | float32 | bfloat16 | LiteRT INT8 | OpenVINO INT8 | paper |",
        "|---|---|---|---|---|---|---|---|",
    ]
    columns = ("bicubic", "litert:cpu:float32", "openvino:cpu:bfloat16", "litert:cpu:int8")
    for name in shipped_names():
        measured = json.loads((WEIGHTS / name / "measured.json").read_text())
        # Another run that is being shipped beside this one may not be measured yet.
        for test, scores in measured.get("luma_psnr_db", {}).items():
            cells = [scores.get(column) for column in (*columns, "openvino:cpu:int8")]
            paper = PAPER_SET5_DB.get(name, "") if test == "Set5" else ""
            told = " | ".join("-" if value is None else f"{value:.2f}" for value in cells)
            rows.append(f"| {name} | {test} | {told} | {paper} |")
    before, _, _ = PAGE.read_text().partition(MARK)
    PAGE.write_text(before + MARK + "\n" + "\n".join(rows) + "\n")


def main() -> None:
    """Parse and ship."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("runs", type=Path, nargs="*")
    parser.add_argument("--photos", type=Path, required=True, help="the training photos")
    parser.add_argument("--halved", action="store_true", help="keep the runs' weights in float16")
    parser.add_argument("--eval", action="append", default=[], metavar="NAME=DIR")
    arguments = parser.parse_args()
    tests = {name: Path(folder) for name, folder in (e.split("=", 1) for e in arguments.eval)}
    names = [collapse_into_package(run) for run in arguments.runs]
    for name in names if arguments.halved else ():
        halve(WEIGHTS / name / "weights.safetensors")
    for name in names or shipped_names():
        measured = ship(name, arguments.photos, tests)
        print(json.dumps({name: measured["luma_psnr_db"]}, indent=2), flush=True)
    write_page()


if __name__ == "__main__":
    main()
