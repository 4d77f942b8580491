"""Every split of small networks, and random splits of the others, on real engines.

For each network: all 2^M splits where it has at most 8 units, 50 random ones otherwise, exported
as segments, run, and held to the simulation of the same split; the same splits fused into one file;
all units in float against PyTorch; and a picture in tiles against the picture at once. What the
engines report to run is compared with the split at every load: a split that an engine would undo is
refused, and counted.

    python benchmarks/splits.py [--out benchmarks/results] [--data ../shared/data] [NETWORK ...]

Networks without weights at hand have random ones, which is the harder case: nothing is smooth.
With networks named, the results of others stay as they are.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from timing import read_results, write_results
from vernier.bundles.bundle import Bundle, in_memory, write_bundle
from vernier.bundles.shipped import shipped_networks
from vernier.errors import PlacementError
from vernier.export.splits import export_split
from vernier.export.whole import network_facts
from vernier.graphs.graph import Graph
from vernier.networks.capture.module import capture
from vernier.networks.checkpoints import load, load_into
from vernier.networks.detection import detect
from vernier.networks.registry import NETWORKS, find_network
from vernier.networks.shipped import weights_file
from vernier.processor_id import is_integer
from vernier.processors.discovery import find_processor
from vernier.quantization.ranges import Ranges, calibrate_picture_network
from vernier.quantization.scales import decode, encode
from vernier.runtime.loading import load_network, placed
from vernier.runtime.pictures import Upscaler
from vernier.simulation.network import SimulatedNetwork
from vernier.units.cutting import Granularity, cut
from vernier.units.split import Form, Split, integer_operators
from vernier.units.unit import Unit

Float32 = NDArray[np.float32]
ENGINES = ("litert", "openvino")
ALL_SPLITS_UP_TO = 8
RANDOM_SPLITS = 50
# The full EDSR repeats the baseline's blocks 32 times; its arithmetic alone would take an hour.
SKIPPED = {"edsr"}
BLOCKS = {"rrdbnet"}
SIDES = {"rrdbnet": 24, "enet": 32, "vdsr": 40, "lapsrn": 40}
GIVEN_WEIGHTS = {
    "carn-m": ("carn_m.safetensors", 2),
    "imdn": ("imdn_x2.safetensors", 2),
    "srvgg-16": ("realesr-animevideov3-x4.safetensors", 4),
    "srvgg-32": ("upscayl-lite-4x.safetensors", 4),
}
"""Files of the data folder's weights, where there is one, and the scale to take them at."""


@dataclass
class Outcome:
    """What came of one network on one engine."""

    network: str
    engine: str
    units: int
    splits: int
    refused: int = 0
    refusal: str = ""
    exact: int = 0
    worst_db: float = 99.0
    median_db: float = 99.0
    fused_worst_db: float = 99.0
    floor_db: float = 99.0
    most_segments: int = 0
    float_difference: float = 0.0
    tiled: str = ""
    seconds: float = 0.0


def decibels(found: Float32, wanted: Float32) -> float:
    """PSNR for a peak of 1, at most 99."""
    error = float(np.mean((found.astype(np.float64) - wanted) ** 2))
    return 99.0 if error == 0 else min(99.0, -10 * np.log10(error))


def splits_of(units: Sequence[Unit], engine: str) -> Iterator[Split]:
    """All, or a fair draw with the two whole ones first."""
    names = (f"{engine}:cpu:float32", f"{engine}:cpu:int8")
    count = len(units)
    if count <= ALL_SPLITS_UP_TO:
        for bits in itertools.product((0, 1), repeat=count):
            yield tuple(names[bit] for bit in bits)
        return
    rng = np.random.default_rng(0)
    yield tuple([names[0]] * count)
    yield tuple([names[1]] * count)
    for _ in range(RANDOM_SPLITS - 2):
        share = rng.random()
        yield tuple(names[int(rng.random() < share)] for _ in range(count))


def run_bundle(bundle: Bundle, plane: Float32) -> Float32:
    """On the engines, at the plane's size."""
    graph = bundle.graph
    entry = graph.types[graph.inputs[0]].quantization
    end = graph.types[graph.outputs[0]].quantization
    load = placed(find_processor, 0, allow_fallback=False)
    chain = load_network(bundle, plane.shape[1], plane.shape[2], load)
    try:
        chain.input_buffer()[...] = plane if entry is None else encode(plane, entry)
        found = chain.run()
        return found.copy() if end is None else decode(found, end)
    finally:
        chain.close()


def simulate(network: SimulatedNetwork, plane: Float32, integer: frozenset[str]) -> Float32:
    """In PyTorch, as the learner sees a split."""
    with torch.no_grad():
        found = network(torch.from_numpy(plane).permute(0, 3, 1, 2), integer)
    return found.permute(0, 2, 3, 1).contiguous().numpy()


def rounding_floor(
    graph: Graph, ranges: Ranges, plane: Float32, integer: frozenset[str], wanted: Float32
) -> float:
    """How far a split is from itself when its float units round otherwise.

    Their weights are off by a millionth, which is what summing in another order does. A value that
    falls on the other side of a border between two codes then changes by a whole code.
    """
    rng = np.random.default_rng(0)
    read = {name for op in graph.operators if op.output not in integer for name in op.inputs}
    shared = {name for op in graph.operators if op.output in integer for name in op.inputs}
    constants = {
        name: (value * (1 + 1e-6 * rng.normal(size=value.shape))).astype(np.float32)
        if name in read - shared
        else value
        for name, value in graph.constants.items()
    }
    moved = SimulatedNetwork(replace(graph, constants=constants), ranges)
    return decibels(simulate(moved, plane, integer), wanted)


def judge(name: str, judged: Subject) -> list[Outcome]:
    """One network on all engines."""
    graph, plane, scale = judged.graph, judged.plane, judged.scale
    granularity = Granularity.BLOCK if name in BLOCKS else Granularity.LAYER
    units = cut(graph, granularity)
    ranges = calibrate_picture_network(graph, [plane])
    facts = network_facts(graph, name, scale)
    twin = SimulatedNetwork(graph, ranges)
    simulated: dict[frozenset[str], Float32] = {}
    outcomes = []
    for engine in ENGINES:
        started = time.monotonic()
        found_db, fused_db, segments = [], [], []
        difference = 0.0
        refusals: list[str] = []
        worst: frozenset[str] = frozenset()
        last: Split | None = None
        for split in splits_of(units, engine):
            key = integer_operators(split, units)
            bundle = bundle_of(graph, name, scale, units, split, ranges, Form.SEGMENTS)
            if key not in simulated:
                simulated[key] = simulate(twin, plane, key)
            fused = bundle_of(graph, name, scale, units, split, ranges, Form.FUSED)
            try:
                found = run_bundle(bundle, plane)
                found_db.append(decibels(found, simulated[key]))
                if found_db[-1] == min(found_db):
                    worst = key
                fused_db.append(decibels(run_bundle(fused, plane), simulated[key]))
            except PlacementError as error:
                refusals.append(str(error))
                continue
            if not key:
                difference = float(np.abs(found - judged.exact).max())
            segments.append(len(bundle.segments))
            if last is None or any(map(is_integer, split)):
                last = split
        assert last is not None
        outcome = Outcome(
            network=f"{name} x{scale}",
            engine=engine,
            units=len(units),
            splits=len(found_db) + len(refusals),
            refused=len(refusals),
            refusal=refusals[0] if refusals else "",
            exact=int(sum(db == 99.0 for db in found_db)),
            worst_db=round(min(found_db), 1),
            median_db=round(float(np.median(found_db)), 1),
            fused_worst_db=round(min(fused_db), 1),
            floor_db=round(rounding_floor(graph, ranges, plane, worst, simulated[worst]), 1),
            most_segments=max(segments),
            float_difference=difference,
            tiled=tiled_equals_whole(graph, name, scale, units, last, ranges)
            if facts.halo is not None
            else "cannot be tiled",
            seconds=round(time.monotonic() - started, 1),
        )
        outcomes.append(outcome)
    return outcomes


def bundle_of(
    graph: Graph,
    name: str,
    scale: int,
    units: Sequence[Unit],
    split: Split,
    ranges: Ranges,
    form: Form,
) -> Bundle:
    """Exported and read back."""
    facts = network_facts(graph, name, scale)
    exported = export_split(graph, facts, units, split, ranges, form=form)
    return in_memory(exported.manifest, exported.models)


def tiled_equals_whole(
    graph: Graph, name: str, scale: int, units: Sequence[Unit], split: Split, ranges: Ranges
) -> str:
    """A colour picture through a split, in tiles and at once."""
    facts = network_facts(graph, name, scale)
    assert facts.halo is not None
    side = max(40, 3 * facts.halo)
    if side > 160:
        return "halo too large for this test"
    photo = _photo()[: side + 7, : side + 1]
    exported = export_split(graph, facts, units, split, ranges)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "split.zip"
        write_bundle(path, exported.manifest, exported.models)
        whole = Upscaler(bundle=path, scale=scale, threads=1)(photo)
        tile = (2 * facts.halo + 5, 2 * facts.halo + 8)
        tiled = Upscaler(bundle=path, scale=scale, threads=1, tile=tile)(photo)
    if np.array_equal(whole, tiled):
        return "equal"
    return f"{np.abs(whole.astype(int) - tiled).max()} levels"


def _photo() -> NDArray[np.uint8]:
    path = Path(__file__).parent.parent / "demo" / "chelsea.png"
    return np.asarray(Image.open(path).convert("RGB"))[60:, 100:]


@dataclass(frozen=True)
class Subject:
    """A network to judge: its graph, an input, PyTorch's answer, and where its weights are from."""

    graph: Graph
    plane: Float32
    exact: Float32
    scale: int
    source: str


def subject(name: str, data: Path | None) -> Subject:
    """A network of the registry, with its shipped weights, given ones, or random ones."""
    scales = shipped_networks().get(name, ())
    file, scale = GIVEN_WEIGHTS.get(name, ("", next(s for s in NETWORKS[name].scales if s > 1)))
    given = None if data is None or not file else data / "weights" / file
    torch.manual_seed(0)
    if scales:
        scale, source = scales[0], "shipped"
        module = find_network(name, scale).build(scale)
        load_into(module, load(weights_file(name, scale)), name)
    elif given is not None and given.is_file():
        found = detect(load(given), scale)
        module, source = found.build(), file
        load_into(module, found.weights, file)
    else:
        source = "random"
        module = find_network(name, scale).build(scale)
    module.eval()
    side = SIDES.get(name, 48)
    photo = _photo()[:side, : side + 8].astype(np.float32) / 255
    channels = find_network(name).channels
    plane = np.ascontiguousarray(photo if channels == 3 else photo[:, :, 1:2])[None]
    with torch.no_grad():
        answer = module(torch.from_numpy(plane).permute(0, 3, 1, 2))
    exact = answer.permute(0, 2, 3, 1).numpy()
    return Subject(capture(module, name), plane, exact, scale, source)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    rows = kept_rows(given.out, given.networks) if given.out and given.networks else []
    for name in given.networks or [name for name in NETWORKS if name not in SKIPPED]:
        judged = subject(name, given.data)
        for outcome in judge(name, judged):
            rows.append(asdict(outcome) | {"weights": judged.source})
            print(table_row(rows[-1]), file=sys.stderr, flush=True)
    table = "\n".join([*HEAD, *map(table_row, rows)]) + "\n"
    print(table)
    if given.out:
        write_results(given.out, "splits", {"outcomes": rows}, table)


HEAD = (
    "# Splits on real engines against their simulation",
    "",
    "*its floor*: the worst split's simulation against itself with the float weights off by a",
    "millionth, which is what summing in another order does.",
    "",
    "| network | weights | engine | units | splits | refused | most segments | bit-exact "
    "| worst dB | its floor | median dB | fused, worst dB | float to PyTorch | tiled | s |",
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
)


def table_row(o: dict[str, Any]) -> str:
    """One outcome for people."""
    return (
        f"| {o['network']} | {o['weights']} | {o['engine']} | {o['units']} | {o['splits']} "
        f"| {o['refused']} | {o['most_segments']} | {o['exact']} | {o['worst_db']} "
        f"| {o['floor_db']} | {o['median_db']} | {o['fused_worst_db']} "
        f"| {o['float_difference']:.1e} | {o['tiled']} | {o['seconds']} |"
    )


def kept_rows(folder: Path, networks: Sequence[str]) -> list[dict[str, Any]]:
    """What an earlier run found of other networks."""
    path = folder / "splits.json"
    if not path.is_file():
        return []
    outcomes = read_results(path)["outcomes"]
    return [row for row in outcomes if row["network"].rpartition(" ")[0] not in networks]


if __name__ == "__main__":
    main()
