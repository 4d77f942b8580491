"""A network as ONNX: whole, with a split in one mixed file, or one file per segment.

INT8 is written as QDQ (`formats.onnx.writing`). Nodes are called after the units of
`vernier units`: a convolution by its unit's name alone, what follows it by `UNIT/what`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from vernier.errors import UsageError
from vernier.export.networks import load_photos, own_ranges, ranges_on, refuse_random
from vernier.export.splits import mixed_graph, place
from vernier.export.whole import at_file_size
from vernier.files import write_whole
from vernier.formats.onnx.codes import Codes
from vernier.formats.onnx.writing import (
    DEFAULT_OPSET,
    Arrangement,
    onnx_model,
    serialized,
)
from vernier.graphs.graph import Graph
from vernier.networks.source import Source, find_source
from vernier.progress import Stages, silent_stages
from vernier.quantization.quantize import quantize
from vernier.quantization.ranges import Ranges
from vernier.units.cutting import cut
from vernier.units.segments import segment
from vernier.units.split import Form, Split, load_split
from vernier.units.unit import Unit

SUFFIX = ".onnx"
CHAIN = "chain.json"


class Link(msgspec.Struct, frozen=True):
    """One file of a chain: the processor that the split asks for, and its ports by name."""

    file: str
    processor: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """Files in an order in which they can run; tensors of one name are one tensor.

    Attributes:
        network: its name.
        scale: whole factor.
        opset: of all files.
        input: the picture's name, `(1, C, H, W)`, float32 in [0, 1].
        output: the result's.
        files: in order.
    """

    network: str
    scale: int
    opset: int
    input: str
    output: str
    files: tuple[Link, ...]


@dataclass(frozen=True)
class OnnxExport:
    """What was made: files by name; of segments with their `chain.json`."""

    name: str
    files: dict[str, bytes]


def export_onnx(
    network: str,
    out: Path | str | None = None,
    *,
    scale: int | None = None,
    precision: str | None = None,
    split: Path | str | None = None,
    opset: int = DEFAULT_OPSET,
    codes: Codes = Codes.U8U8,
    weights: Path | None = None,
    photos: Path | str | None = None,
    ranges: Path | str | None = None,
    method: str = "least-squares",
    size: tuple[int, int] | None = None,
    overwrite: bool = False,
    notice: Callable[[str], None] | None = None,
    stages: Stages = silent_stages,
) -> OnnxExport:
    """Export a network as ONNX; arguments and errors as those of `export.exporting.export`.

    Args:
        network: a name, or the path of a file.
        out: `NAME.onnx` for one file, of mixed precision where there is a split; anything else is
            a new folder of one file per segment, with a `chain.json`. Nothing is written if absent,
            and one file is made.
        scale: whole factor.
        precision: "float32" or "int8", of a whole network.
        split: a file of a split, instead of a precision.
        opset: of ONNX's own operators, 13 to 24.
        codes: how INT8 tensors are written.
        weights: deployed weights of a network given by name.
        photos: folder of photos to calibrate INT8 on.
        ranges: a file of ranges to use instead.
        method: of calibration.
        size: of all pictures of a network of one size.
        overwrite: replace a file that is there.
        notice: given what is to be known, a sentence each.
        stages: called with progress.

    Raises:
        UsageError: likewise; or the opset is too old or too new, or the model over 2 GB.
        MissingExtraError: the package `onnx` is not installed.
    """
    if split is not None and precision is not None:
        raise UsageError("a split says the precision of every unit; leave out --precision")
    if precision not in (None, "float32", "int8"):
        raise UsageError(f"expected the precision float32 or int8, found {precision!r}")
    integer = split is not None or precision == "int8"
    target = None if out is None else Path(out)
    in_segments = target is not None and target.suffix.lower() != SUFFIX
    if in_segments and split is None:
        raise UsageError(
            f"expected an output called NAME{SUFFIX}, found {out}; only a split has segments, "
            "which go to a folder"
        )
    source = find_source(network, scale, weights, size)
    refuse_random(source)
    if integer and photos is None and ranges is None and not source.ranges:
        raise UsageError("INT8 needs --photos to calibrate on, or --ranges")
    tell = notice or (lambda _: None)
    for note in source.notes:
        tell(f"{network}: {note}")
    known: Ranges | None = None
    with stages(f"exporting {source.name} x{source.scale} as ONNX") as report:
        if ranges is not None:
            known = Ranges.load(Path(ranges))
        elif integer and source.ranges:
            known = own_ranges(source)
        elif integer:
            assert photos is not None
            shown = load_photos(Path(photos), source)
            if shown.doubt:
                tell(f"{photos}: {shown.doubt}")
            known = ranges_on(source, shown, method, report)
    if integer and codes is not Codes.U8U8:
        tell(
            f"codes {codes}: ONNX Runtime is exact with them only on CPUs with VNNI or AMX, or "
            "told so; u8u8 is exact on all"
            if codes is Codes.U8S8
            else f"codes {codes}: on x86 ONNX Runtime needs session.qdqisint8allowed=1 for them"
        )
    made = _files(source, precision, split, known, in_segments, opset, codes, size)
    if target is not None:
        _write(target, made, in_segments, overwrite)
    return made


def _files(
    source: Source,
    precision: str | None,
    split: Path | str | None,
    ranges: Ranges | None,
    in_segments: bool,
    opset: int,
    codes: Codes,
    size: tuple[int, int] | None,
) -> OnnxExport:
    name = f"{source.name}-x{source.scale}"
    if split is None:
        units = cut(source.graph)
        graph = source.graph
        if precision == "int8":
            assert ranges is not None
            graph = quantize(graph, ranges)
        file = f"{name}.{precision or 'float32'}{SUFFIX}"
        return OnnxExport(name, {file: onnx_bytes(graph, units, file, opset, codes, size)})
    assert ranges is not None
    found = load_split(Path(split))
    units = cut(source.graph, found.granularity)
    placed = found.of(units)
    if in_segments:
        files = split_in_segments(source, units, placed, ranges, opset, codes, size)
        return OnnxExport(name, files)
    mixed = mixed_graph(source.graph, units, placed, ranges)
    file = f"{name}.split{SUFFIX}"
    return OnnxExport(name, {file: onnx_bytes(mixed, units, file, opset, codes, size)})


def onnx_bytes(
    graph: Graph,
    units: Sequence[Unit],
    name: str,
    opset: int = DEFAULT_OPSET,
    codes: Codes = Codes.U8U8,
    size: tuple[int, int] | None = None,
) -> bytes:
    """A graph of these units as the content of one file, `(1, C, H, W)` in and out.

    Raises:
        UsageError: as `export_onnx`.
    """
    layers = {output: unit.name for unit in units for output in unit.operators}
    arrangement = Arrangement(opset, layers=layers, codes=codes)
    return serialized(onnx_model(at_file_size(graph, size), arrangement), name)


def split_in_segments(
    source: Source,
    units: Sequence[Unit],
    split: Split,
    ranges: Ranges,
    opset: int = DEFAULT_OPSET,
    codes: Codes = Codes.U8U8,
    size: tuple[int, int] | None = None,
) -> dict[str, bytes]:
    """One file per segment, and the chain that they are.

    What crosses is float32: INT8 segments begin with a QuantizeLinear and end with a
    DequantizeLinear, so that any runtime of ONNX can hand on what it computed.
    """
    mixed = at_file_size(mixed_graph(source.graph, units, split, ranges), size)
    runs = segment(mixed, place(mixed, units, split, Form.ENGINE)).runs
    files: dict[str, bytes] = {}
    links = []
    for number, run in enumerate(runs, 1):
        file = f"{number:0{len(str(len(runs)))}}-{run.processor.replace(':', '-')}{SUFFIX}"
        files[file] = onnx_bytes(run.graph, units, file, opset, codes, size)
        links.append(Link(file, run.processor, run.graph.inputs, run.graph.outputs))
    chain = Chain(
        network=source.name,
        scale=source.scale,
        opset=opset,
        input=mixed.inputs[0],
        output=mixed.outputs[0],
        files=tuple(links),
    )
    files[CHAIN] = msgspec.json.format(msgspec.json.encode(chain), indent=1) + b"\n"
    return files


def _write(target: Path, made: OnnxExport, in_segments: bool, overwrite: bool) -> None:
    if not in_segments:
        if target.exists() and not overwrite:
            raise UsageError(f"{target}: exists already; add --overwrite or choose another name")
        (content,) = made.files.values()
        write_whole(target, content)
        return
    if target.exists() and not overwrite:
        raise UsageError(f"{target}: exists already; add --overwrite or choose another folder")
    target.mkdir(parents=True, exist_ok=True)
    # The chain is last: a folder without it is not whole.
    for name, content in made.files.items():
        write_whole(target / name, content)
