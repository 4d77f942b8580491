"""What bfloat16 does to pictures: as OpenVINO computes it, and as the search's judge predicts it.

    python benchmarks/narrow_floats.py --data ../shared/data --runs DIR [--out benchmarks/results]

For each network all units in bfloat16, and random splits over float32, bfloat16 and INT8: the PSNR
of the exported split's picture to the float network's, that of the simulated picture, and the PSNR
between these two. `--runs` is as of `planning.py`. Needs a CPU with bfloat16.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch

from planning import NETWORKS, OURS, open_source
from timing import write_results
from vernier.bundles.bundle import in_memory
from vernier.errors import PlacementError
from vernier.export.networks import load_photos, ranges_on
from vernier.export.splits import export_split
from vernier.export.whole import network_facts
from vernier.processors.discovery import find_processor
from vernier.quality.split_quality import load_crops
from vernier.runtime.loading import placed
from vernier.runtime.planes import PlaneUpscaler
from vernier.simulation.network import SimulatedNetwork
from vernier.simulation.pictures import to_planes
from vernier.units.cutting import Granularity, cut

PRECISIONS = ("float32", "bfloat16", "int8")
RANDOM_SPLITS = 4


def rows_of(name: str, scale: int, given: argparse.Namespace) -> list[dict]:
    """All in bfloat16, and random splits, of one network."""
    source = open_source(name, scale, given)
    folder = given.data / "train" / "BSDS400"
    ranges = ranges_on(source, load_photos(folder, source))
    crops = load_crops(folder, scale, given.photos, side=128)
    units = cut(source.graph, Granularity.LAYER)
    network = SimulatedNetwork(source.graph, ranges, [unit.operators for unit in units])
    channels = source.graph.types[source.graph.inputs[0]].shape[3]
    inputs = [to_planes(low, channels) for low in crops.pictures]
    facts = network_facts(source.graph, source.name, scale)
    rng = np.random.default_rng(0)
    placed_at = [["bfloat16"] * len(units)]
    placed_at += [list(rng.choice(PRECISIONS, len(units))) for _ in range(RANDOM_SPLITS)]
    rows = []
    for number, kinds in enumerate(placed_at):
        split = [f"openvino:cpu:{kind}" for kind in kinds]
        made = export_split(source.graph, facts, units, split, ranges)
        load = placed(find_processor, 1, allow_fallback=False)
        engine = PlaneUpscaler(in_memory(made.manifest, made.models), load)
        shares = torch.tensor([[float(kind == own) for kind in PRECISIONS] for own in kinds])
        pairs = []
        try:
            for x in inputs:
                with torch.no_grad():
                    exact = network(torch.from_numpy(x))[0].numpy()
                    predicted = network.blend(torch.from_numpy(x), shares, PRECISIONS)[0].numpy()
                ran = engine(np.ascontiguousarray(x[0].transpose(1, 2, 0))).transpose(2, 0, 1)
                pairs.append((exact, predicted, ran))
        except PlacementError as error:
            # The engine would undo the split, and is not allowed to.
            print(f"{name}, split {number}: {error}", file=sys.stderr)
            continue
        finally:
            engine.close()
        rows.append(
            {
                "network": f"{source.name} x{scale}",
                "split": "bfloat16" if number == 0 else f"random {number}",
                "units": {kind: kinds.count(kind) for kind in PRECISIONS},
                "ran_db": _mean_db([(exact, ran) for exact, _, ran in pairs]),
                "predicted_db": _mean_db([(exact, predicted) for exact, predicted, _ in pairs]),
                "between_db": _mean_db([(predicted, ran) for _, predicted, ran in pairs]),
            }
        )
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    return rows


def _mean_db(pairs: list) -> float:
    errors = [float(np.mean((one.astype(np.float64) - other) ** 2)) for one, other in pairs]
    return round(float(np.mean([-10 * np.log10(max(error, 1e-12)) for error in errors])), 2)


def table_of(rows: list[dict]) -> str:
    """Every split."""
    apart = [abs(row["ran_db"] - row["predicted_db"]) for row in rows]
    lines = [
        "# Narrow floats, run and predicted",
        "",
        f"PSNR to the float picture is predicted to {np.mean(apart):.2f} dB in the mean, "
        f"{max(apart):.2f} dB at the most.",
        "",
        "| network | split | float32, bfloat16, INT8 units | run | predicted | between the two |",
        "|" + "---|" * 6,
    ]
    for row in rows:
        counts = ", ".join(str(count) for count in row["units"].values())
        lines.append(
            f"| {row['network']} | {row['split']} | {counts} | {row['ran_db']:.2f} dB "
            f"| {row['predicted_db']:.2f} dB | {row['between_db']:.2f} dB |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--photos", type=int, default=4)
    parser.add_argument("--only", nargs="*", help="Names that contain one of these")
    given = parser.parse_args()
    rows = []
    for name, scale in (("sesr-m5", 2), *NETWORKS):
        trained = given.runs / f"{name}-x{scale}.safetensors"
        wanted = not given.only or any(part in name for part in given.only)
        if wanted and (name not in OURS or trained.exists()):
            rows += rows_of(name, scale, given)
            if given.out:
                write_results(given.out, "narrow_floats", {"rows": rows}, table_of(rows))
    print(table_of(rows))


if __name__ == "__main__":
    main()
