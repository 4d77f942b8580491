"""INT8 pictures on a CPU that adds pairs of products in 16 bits: as they were, bounded, LiteRT's.

    ONEDNN_MAX_CPU_ISA=AVX2 python benchmarks/pair_bound.py --data ../shared/data [--every 5]
        [--out benchmarks/results] [NETWORK ...]

For each network that comes with Vernier, and EDSR-baseline: mean luma PSNR of INT8 pictures to
LiteRT's float32 ones on Set5 and on every Nth photo of BSD100, from RGB to RGB as `vernier upscale`
runs it, and the time of bounded weights as a share of the others'. On a CPU that adds all in 32
bits both are the same. Results are written under the CPU's name and the instruction set's.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean, median

import numpy as np

from timing import cpu_kind, read_results, write_results
from vernier.bundles.bundle import Bundle, in_memory, open_bundle
from vernier.bundles.shipped import shipped_bundles, shipped_networks
from vernier.export.networks import Photos, ranges_on
from vernier.export.whole import export_float32, export_int8, network_facts
from vernier.images.colour import luma
from vernier.images.pairs import list_photos, load_rgb, network_input, shrink
from vernier.metrics.psnr import psnr
from vernier.networks.source import find_source
from vernier.processors.discovery import find_processor, pair_sums
from vernier.processors.machine import cpu_name
from vernier.processors.openvino import OpenVino
from vernier.processors.protocol import Processor
from vernier.quantization import pair_bound
from vernier.quantization.pair_bound import EXACT, PairSums
from vernier.runtime import integer_picture_graph
from vernier.runtime.chain import Chain
from vernier.runtime.loading import load_picture, placed

BOUNDED = "openvino:cpu:int8"
TIMED = (270, 480)
BORDER = 4
# Of a photo that a network without INT8 files is calibrated on, low-resolution pixels.
CROP = 48
OLD_LUMA_CODES = np.array([55, 108, 21], np.int8)


class AsItWas(OpenVino):
    """OpenVINO with the file's own weights, and the luma codes that Vernier had before."""

    def pair_sums(self) -> PairSums:
        """None to bound to."""
        return EXACT


class PlainlyRounded(OpenVino):
    """OpenVINO with bounded weights, each rounded to the nearest by itself."""


@dataclass(frozen=True)
class Row:
    """One network: PSNR to float in dB by what computed it, and time bounded / as it was."""

    network: str
    scale: int
    to_float_db: dict[str, float]
    worst_db: dict[str, float]
    time_share: float


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("networks", nargs="*")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--times", action="store_true", help="only anew, in the results of --out")
    given = parser.parse_args()
    evaluated = given.data / "eval"
    photos = list_photos(evaluated / "Set5") + list_photos(evaluated / "BSD100")[:: given.every]
    contenders: dict[str, Processor] = {
        "OpenVINO as it was": AsItWas(find_processor(BOUNDED).id),
        "bounded, plainly rounded": PlainlyRounded(find_processor(BOUNDED).id),
        "OpenVINO bounded": find_processor(BOUNDED),
        "LiteRT": find_processor("litert:cpu:int8"),
    }
    isa = os.environ.get("ONEDNN_MAX_CPU_ISA", "all it has")
    words = cpu_kind()
    known, count = {}, len(photos)
    if given.times:
        known, count = _recorded(given.out / f"pair_bound_{words}.json")
    lines = [
        f"# INT8 in pairs: {cpu_name()}, oneDNN's instruction set: {isa}",
        "",
        f"Here OpenVINO adds in 16 bits: {pair_sums(BOUNDED)}. Mean (worst) luma PSNR to LiteRT's",
        f"float32 pictures in dB, {count} photos of Set5 and BSD100; median CPU time of",
        f"bounded weights / as it was at {TIMED[1]}x{TIMED[0]}, 1 thread, in turn.",
        "",
        f"| network | {' | '.join(contenders)} | bounded - LiteRT | time |",
        "|---|---|---|---|---|---|---|",
    ]
    rows = []
    for name, scale in known or _subjects(given.networks):
        if known:
            bundle = _bundles(name, scale, given.data)["int8"]
            share = _time_share(bundle, contenders, given.rounds)
            row = replace(known[name, scale], time_share=share)
        else:
            row = _judge(name, scale, given.data, photos, contenders, given.rounds)
        rows.append(row)
        db = row.to_float_db
        cells = " | ".join(f"{db[one]:.2f} ({row.worst_db[one]:.2f})" for one in contenders)
        apart = db["OpenVINO bounded"] - db["LiteRT"]
        lines.append(f"| {name} x{scale} | {cells} | {apart:+.2f} | {row.time_share:.2f} |")
        print(lines[-1], file=sys.stderr, flush=True)
    table = "\n".join(lines) + "\n"
    print(table)
    if given.out:
        results = {"isa": isa, "photos": count, "networks": [asdict(row) for row in rows]}
        write_results(given.out, f"pair_bound_{words}", results, table)


def _recorded(file: Path) -> tuple[dict[tuple[str, int], Row], int]:
    """Of an earlier run: rows by network and scale, and of how many photos."""
    found = read_results(file)
    rows = [Row(**row) for row in found["networks"]]
    return {(row.network, row.scale): row for row in rows}, found["photos"]


def _subjects(wanted: Sequence[str]) -> list[tuple[str, int]]:
    known = [(name, scale) for name, scales in shipped_networks().items() for scale in scales]
    known.append(("edsr-baseline", 2))
    return [one for one in known if not wanted or one[0] in wanted]


def _bundles(name: str, scale: int, data: Path) -> dict[str, Bundle]:
    if name in shipped_networks():
        return {p: open_bundle(path) for p, path in shipped_bundles(name, scale).items()}
    source = find_source(name, scale)
    files = list_photos(data / "train" / "BSDS400")
    crops = [shrink(load_rgb(path), scale)[0][:CROP, :CROP] for path in files[:: len(files) // 6]]
    channels = source.graph.types[source.graph.inputs[0]].shape[3]
    inputs = tuple(network_input(crop, channels) for crop in crops)
    ranges = ranges_on(source, Photos(inputs, "crops"))
    facts = network_facts(source.graph, name, scale)
    made = {
        "float32": export_float32(source.graph, facts),
        "int8": export_int8(source.graph, facts, ranges),
    }
    return {p: in_memory(one.manifest, one.models) for p, one in made.items()}


def _judge(
    name: str,
    scale: int,
    data: Path,
    photos: Sequence[Path],
    contenders: dict[str, Processor],
    rounds: int,
) -> Row:
    bundles = _bundles(name, scale, data)
    # By size, so that each is loaded once.
    small = sorted((shrink(load_rgb(path), scale)[0] for path in photos), key=lambda p: p.shape)
    exact = _pictures(bundles["float32"], find_processor("litert:cpu:float32"), small)
    apart = {}
    for label, processor in contenders.items():
        pictures = _pictures(bundles["int8"], processor, small)
        apart[label] = [
            psnr(_luma(one), _luma(other)) for one, other in zip(pictures, exact, strict=True)
        ]
    return Row(
        name,
        scale,
        {label: round(fmean(db), 3) for label, db in apart.items()},
        {label: round(min(db), 3) for label, db in apart.items()},
        _time_share(bundles["int8"], contenders, rounds),
    )


def _load(bundle: Bundle, processor: Processor, height: int, width: int, threads: int = 0) -> Chain:
    # FSRCNN's transposed convolution runs in float32 in OpenVINO, on every CPU.
    load = placed(lambda _: processor, threads, allow_fallback=True)
    luma_codes, rounded = integer_picture_graph.LUMA_CODES, pair_bound._rounded
    if isinstance(processor, AsItWas):
        integer_picture_graph.LUMA_CODES = OLD_LUMA_CODES
    if isinstance(processor, PlainlyRounded):
        pair_bound._rounded = lambda values: np.rint(values).astype(np.int8)
    try:
        return load_picture(bundle, height, width, 3, True, load)
    finally:
        integer_picture_graph.LUMA_CODES, pair_bound._rounded = luma_codes, rounded


def _pictures(
    bundle: Bundle, processor: Processor, small: Sequence[np.ndarray]
) -> list[np.ndarray]:
    made: list[np.ndarray] = []
    chain, size = None, None
    for picture in small:
        if picture.shape != size or chain is None:
            if chain is not None:
                chain.close()
            chain, size = _load(bundle, processor, *picture.shape[:2]), picture.shape
        _fill(chain, picture)
        result = chain.run()[0]
        # An INT8 picture's codes are its samples less 128.
        made.append((result.view(np.uint8) ^ 128 if result.dtype == np.int8 else result).copy())
    if chain is not None:
        chain.close()
    return made


def _fill(chain: Chain, picture: np.ndarray) -> None:
    given = chain.input_buffer()
    given[0] = (picture ^ 128).view(np.int8) if given.dtype == np.int8 else picture


def _luma(picture: np.ndarray) -> np.ndarray:
    return luma(picture.astype(np.float32) / 255)[BORDER:-BORDER, BORDER:-BORDER]


def _time_share(bundle: Bundle, contenders: dict[str, Processor], rounds: int) -> float:
    """Of one thread's CPU time, which others on the machine change little, and both alike."""
    chains = {
        label: _load(bundle, contenders[label], *TIMED, threads=1)
        for label in ("OpenVINO as it was", "OpenVINO bounded")
    }
    picture = np.random.default_rng(0).integers(0, 256, (*TIMED, 3)).astype(np.uint8)
    for chain in chains.values():
        _fill(chain, picture)
    times_ms: dict[str, list[float]] = {label: [] for label in chains}
    for number in range(rounds + 2):
        for label in list(chains) if number % 2 else reversed(chains):
            started = time.process_time()
            chains[label].run()
            times_ms[label].append((time.process_time() - started) * 1e3)
    for chain in chains.values():
        chain.close()
    counted = {label: median(found[2:]) for label, found in times_ms.items()}
    return round(counted["OpenVINO bounded"] / counted["OpenVINO as it was"], 3)


if __name__ == "__main__":
    main()
