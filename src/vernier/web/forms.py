"""A bundle as steps that a page can run: files that fit any size, and what each must compute."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.bundles.bundle import Bundle
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import Graph, Kind, Operator, TensorType
from vernier.graphs.packed_convolutions import SIDE
from vernier.graphs.receptive_field import size_multiple
from vernier.graphs.shapes import resized
from vernier.images.bicubic import CHROMA_RADIUS
from vernier.processor_id import ProcessorId
from vernier.processors.discovery import find_processor
from vernier.quantization.scales import decode, encode
from vernier.runtime.choosing import only_size
from vernier.runtime.loading import placed_colours, wrapped_network
from vernier.runtime.memory import engine_bytes
from vernier.runtime.picture_graph import OWN_NAMES
from vernier.units.segments import Segmentation, segment
from vernier.web import contents
from vernier.web.resizable import Resizable, resizable
from vernier.web.rewriting import for_wasm

# Of the self-test's picture: no square, so that sides cannot be mixed up.
TEST_HEIGHT, TEST_WIDTH = 24, 36
COLOURS = 3
PADDED = "picture_padded"
SEED = 19


@dataclass
class Files:
    """What a site holds besides its page, by path."""

    by_path: dict[str, bytes] = field(default_factory=dict)

    def add(self, folder: str, content: bytes, end: str) -> str:
        """A file by its content: two that are alike are one."""
        path = f"{folder}/{hashlib.sha256(content).hexdigest()[:16]}.{end}"
        self.by_path[path] = content
        return path


def network_of(bundle: Bundle, name: str, files: Files) -> contents.Network:
    """A bundle's place in `site.json`; its files are added.

    Args:
        bundle: what the page shall run.
        name: of its folder in the site.
        files: to add to.

    Raises:
        GraphError: its files cannot be fitted to pictures.
        ProcessorError: LiteRT, which computes what the self-test expects, is not here.
    """
    only, multiple = only_size(bundle), size_multiple(bundle.graph)
    both = lcm(multiple, SIDE)
    height, width = only or (_multiple_of(TEST_HEIGHT, both), _multiple_of(TEST_WIDTH, both))
    wrapped = _wrapped(bundle, height, width, True)
    precisions = {ProcessorId.parse(n).model_precision for n in set(bundle.processors.values())}
    needed = max(engine_bytes(wrapped, ProcessorId("litert", "cpu", p)) for p in precisions)
    manifest = bundle.manifest

    def form(codes: bool) -> contents.Form:
        return _form(bundle, codes, (height, width), 0 if only else multiple, name, files)

    return contents.Network(
        id=name,
        name=manifest.name,
        scale=manifest.network.scale,
        halo=None if manifest.network.halo is None else max(manifest.network.halo, 2),
        multiple=multiple,
        only_size=only,
        bytes_per_pixel=round(needed / (height * width), 1),
        codes=form(True),
        floats=form(False) if "float32" in precisions else None,
        note=manifest.note,
        psnr_to_float_db=manifest.damage.psnr_to_float_db if manifest.damage else None,
    )


def _multiple_of(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple


def _wrapped(bundle: Bundle, height: int, width: int, codes: bool) -> Graph:
    sized = resized(bundle.graph, height, width)
    return wrapped_network(sized, bundle.manifest.network.scale, COLOURS, codes)


def _pieces(bundle: Bundle, height: int, width: int, codes: bool) -> tuple[Graph, Segmentation]:
    graph = _wrapped(bundle, height, width, codes)
    if not codes:
        graph = padded_before(graph)
    return graph, segment(graph, placed_colours(graph, bundle))


def _form(
    bundle: Bundle, codes: bool, size: tuple[int, int], step: int, name: str, files: Files
) -> contents.Form:
    """Steps with files that fit every size, or with a `step` of 0 the one."""
    graph, pieces = _pieces(bundle, *size, codes)
    steps: list[contents.Segment | contents.Conversion] = []
    known = {*graph.inputs}
    waiting = list(pieces.conversions)

    def convert() -> None:
        for op in [op for op in waiting if op.inputs[0] in known]:
            waiting.remove(op)
            known.add(op.output)
            ends = [_tensor(end, graph.types[end]) for end in (op.inputs[0], op.output)]
            steps.append(contents.Conversion(source=ends[0], target=ends[1]))

    for index, run in enumerate(pieces.runs):
        convert()

        def fitted(packed: bool, step: int, index: int = index) -> contents.Fitted:
            def written(height: int, width: int) -> bytes:
                run = _pieces(bundle, height, width, codes)[1].runs[index]
                wasm = codes or ProcessorId.parse(run.processor).model_precision == "int8"
                return write(for_wasm(run.graph, packed) if wasm else run.graph)

            sized = resizable(written, *size, step) if step else Resizable(written(*size), (), 1)
            path = files.add(f"networks/{name}", sized.model, "tflite")
            return contents.Fitted(file=path, sizes=sized.rules, step=sized.step)

        one = fitted(step % 2 == 0, step)
        even = one if step % 2 == 0 else fitted(True, 2 * step)
        steps.append(
            contents.Segment(
                file=one.file,
                asked=run.processor,
                precision=ProcessorId.parse(run.processor).model_precision,
                inputs=tuple(_tensor(n, run.graph.types[n]) for n in run.graph.inputs),
                outputs=tuple(_tensor(n, run.graph.types[n]) for n in run.graph.outputs),
                sizes=one.sizes,
                step=one.step,
                even=even if even.file != one.file else None,
            )
        )
        known.update(run.graph.outputs)
    convert()
    samples = expected(graph, pieces, steps, files, test_pictures(graph))
    stored, blob = _stored(samples)
    return contents.Form(
        input=_tensor(graph.inputs[0], graph.types[graph.inputs[0]]),
        padded=_tensor(PADDED, graph.types[PADDED]) if PADDED in graph.inputs else None,
        padding=CHROMA_RADIUS,
        output=_tensor(graph.outputs[0], graph.types[graph.outputs[0]]),
        steps=tuple(steps),
        tests=stored,
        tests_file=files.add(f"networks/{name}", blob, "bin"),
        test_size=size,
    )


def _tensor(name: str, kind: TensorType) -> contents.Tensor:
    codes = kind.quantization
    return contents.Tensor(
        name=name,
        dtype=kind.dtype,
        channels=kind.shape[-1],
        scale=0.0 if codes is None else float(codes.scale[0]),
        zero_point=0 if codes is None else int(codes.zero_point[0]),
    )


def padded_before(graph: Graph) -> Graph:
    """A picture's graph whose chroma is of a picture that comes padded, as a second input.

    LiteRT's WebGPU has no MIRROR_PAD that repeats the border. Chroma is computed pixel by pixel, so
    padding may as well come before it: the numbers are the same.
    """
    pad = next(
        (
            o
            for o in graph.operators
            if o.kind is Kind.MIRROR_PAD and o.output.startswith(OWN_NAMES)
        ),
        None,
    )
    if pad is None:
        return graph
    _, height, width, colours = graph.types[graph.inputs[0]].shape
    side = 2 * CHROMA_RADIUS
    types = {**graph.types, PADDED: TensorType((1, height + side, width + side, colours))}
    operators = []
    for op in graph.operators:
        if op.output == pad.inputs[0]:
            operators.append(replace(op, inputs=(PADDED, *op.inputs[1:]), output=pad.output))
        elif op is not pad:
            operators.append(op)
    return replace(graph, inputs=(*graph.inputs, PADDED), operators=tuple(operators), types=types)


def test_pictures(graph: Graph) -> dict[str, NDArray[Any]]:
    """The self-test's picture, and the same padded where the graph reads that."""
    picture = _test_picture(graph)
    if PADDED not in graph.inputs:
        return {graph.inputs[0]: picture}
    sides = ((0, 0), (CHROMA_RADIUS,) * 2, (CHROMA_RADIUS,) * 2, (0, 0))
    return {graph.inputs[0]: picture, PADDED: np.pad(picture, sides, "symmetric")}


def _test_picture(graph: Graph) -> NDArray[Any]:
    """Every code occurs, in smooth parts and hard edges."""
    kind = graph.types[graph.inputs[0]]
    _, height, width, channels = kind.shape
    random = np.random.default_rng(SEED)
    y, x = np.mgrid[0:height, 0:width]
    smooth = 127.5 + 127.5 * np.sin(x / 5 + np.arange(channels)[:, None, None]) * np.cos(y / 4)
    noise = random.integers(0, 256, (channels, height, width))
    codes = np.where((x + y) // 9 % 3 == 0, noise, np.rint(smooth)).astype(np.int64)
    picture = np.moveaxis(codes, 0, -1)[None]
    if kind.dtype == "float32":
        return picture.astype(np.float32) * np.float32(1 / 255)
    return (picture - (128 if kind.dtype == "int8" else 0)).astype(kind.dtype)


def expected(
    graph: Graph,
    pieces: Segmentation,
    steps: list[contents.Segment | contents.Conversion],
    files: Files,
    pictures: Mapping[str, NDArray[Any]],
) -> dict[str, NDArray[Any]]:
    """Every tensor that crosses, as LiteRT computes it here from the same files."""
    tensors = dict(pictures)
    conversions: Mapping[str, Operator] = {op.output: op for op in pieces.conversions}
    for step in steps:
        if isinstance(step, contents.Conversion):
            op = conversions[step.target.name]
            tensors[op.output] = _converted(op, tensors[op.inputs[0]], graph)
            continue
        processor = find_processor(f"litert:cpu:{step.precision}")
        loaded = processor.load(files.by_path[step.file], threads=1)
        try:
            made = loaded(*(tensors[tensor.name] for tensor in step.inputs))
            tensors |= {t.name: a.copy() for t, a in zip(step.outputs, made, strict=True)}
        finally:
            loaded.close()
    return tensors


def _converted(op: Operator, samples: NDArray[Any], graph: Graph) -> NDArray[Any]:
    source, target = (graph.types[name].quantization for name in (op.inputs[0], op.output))
    if op.kind is Kind.DEQUANTIZE and source is not None:
        return decode(samples, source)
    assert target is not None
    real = samples if source is None else decode(samples, source)
    return encode(real, target)


def _stored(tensors: Mapping[str, NDArray[Any]]) -> tuple[tuple[contents.Stored, ...], bytes]:
    stored, blob = [], bytearray()
    for name, samples in tensors.items():
        blob += b"\0" * (-len(blob) % 16)
        stored.append(
            contents.Stored(
                name=name, dtype=str(samples.dtype), offset=len(blob), count=samples.size
            )
        )
        blob += np.ascontiguousarray(samples).tobytes()
    return tuple(stored), bytes(blob)
