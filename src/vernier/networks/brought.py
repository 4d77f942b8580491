"""A network from a user's file: weights of a known architecture, or an ONNX or ncnn file."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from torch import Tensor, nn

from vernier.errors import MissingExtraError, NetworkError
from vernier.formats.ncnn.importing import import_ncnn
from vernier.graphs.graph import Graph
from vernier.graphs.shapes import scale_of
from vernier.networks.capture.module import capture, size_for
from vernier.networks.checkpoints import load, load_into
from vernier.networks.detection import MOST_SCALE, Detection, detect
from vernier.networks.likeness import UNIT, in_unit_range, likeness_db, value_range

SUFFIXES = (".safetensors", ".pth", ".pt", ".ckpt", ".param", ".bin", ".onnx")


@dataclass(frozen=True)
class Brought:
    """What a file turned out to hold.

    Attributes:
        graph: float32, of any size.
        name: the registry's where it has this network, else the architecture's.
        scale: whole factor.
        notes: what the file leaves open, and what was found, for the user.
        ranges: of activations, where the file is quantised already.
    """

    graph: Graph
    name: str
    scale: int
    notes: tuple[str, ...] = ()
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def is_file(network: str) -> bool:
    """Whether a user who typed this means a file, and not a network of the registry."""
    return Path(network).suffix.lower() in SUFFIXES


def bring(path: Path, scale: int | None = None, size: tuple[int, int] | None = None) -> Brought:
    """Read a network.

    Args:
        path: `.safetensors`, `.pth`, ncnn's `.param` or `.bin`, or `.onnx`.
        scale: needed where weights serve several scales, as CARN's do; checked elsewhere.
        size: height and width in pixels of the only pictures that a network of one size shall
            take (`graphs.shapes.fits_one_size`); others give the same graph whatever it is.

    Raises:
        NetworkError: the file is missing or damaged, wants to run code, holds weights that no
            known network has, or is of another scale.
        GraphError: it holds an operator that has no counterpart here.
        MissingExtraError: it is an ONNX file, and the package `onnx` is not installed.
    """
    match path.suffix.lower():
        case ".onnx":
            from vernier.formats.onnx.importing import import_with_ranges

            graph, ranges = import_with_ranges(path, path.stem)
            return _with_ranges(_imported(graph, path, scale), ranges)
        case ".param" | ".bin":
            return _imported(import_ncnn(path, path.stem), path, scale)
    weights = load(path)
    try:
        found = detect(weights, scale)
    except NetworkError as error:
        return _with_spandrel(path, weights, scale, error)
    name = found.name or found.architecture.__name__.lower()
    built = [_built(path, name, kind, size) for kind in (found, *found.alternatives())]
    if len(built) == 1:
        return Brought(built[0], name, found.scale)
    return _likeliest(name, found, built)


def _built(path: Path, name: str, found: Detection, size: tuple[int, int] | None) -> Graph:
    module = found.build()
    load_into(module, found.weights, str(path))
    return capture(module.eval(), name, *size_for(module, size))


def _likeliest(name: str, found: Detection, built: list[Graph]) -> Brought:
    """Of networks that the same weights fit, the one that gives the test picture back best."""
    kinds = (found, *found.alternatives())
    alike = [likeness_db(graph)[0] for graph in built]
    best = alike.index(max(alike))
    changed = {key for kind in found.others for key in kind}
    ranking = ", ".join(
        f"{' '.join(str(kind.arguments[key]) for key in sorted(changed))} {db:.1f} dB"
        for kind, db in zip(kinds, alike, strict=True)
    )
    note = f"the weights leave the activation open; likeness of a test picture: {ranking}"
    return Brought(built[best], name, found.scale, (note,))


def _imported(graph: Graph, path: Path, scale: int | None) -> Brought:
    found = scale_of(graph)
    _check_scale(path, found, scale)
    if found > MOST_SCALE:
        raise NetworkError(
            f"{path}: this network enlarges by {found}, expected at most {MOST_SCALE}"
        )
    values = value_range(graph)
    if values == UNIT:
        return Brought(graph, path.stem, found)
    note = f"its samples go from {values}, found on a test picture; scaled to that inside"
    return Brought(in_unit_range(graph, values), path.stem, found, (note,))


def _with_ranges(brought: Brought, ranges: Mapping[str, tuple[float, float]]) -> Brought:
    """A network whose file was quantised, with what its scales say of tensors that are the same."""
    if not ranges:
        return brought
    graph = brought.graph
    scaled = len(brought.notes) > 0
    ends = {*graph.inputs, *graph.outputs} if scaled else set()
    kept = {name for name in graph.activations() if name in ranges} - ends
    note = (
        f"the file is quantised already: {len(kept)} of {len(list(graph.activations()))} tensors "
        "have a range from it, and weights are what its codes say"
    )
    return replace(
        brought,
        notes=(*brought.notes, note),
        ranges={name: ranges[name] for name in kept},
    )


def _with_spandrel(
    path: Path, weights: Mapping[str, Tensor], scale: int | None, unknown: NetworkError
) -> Brought:
    """Whatever else spandrel recognises, where it can be imported."""
    if importlib.util.find_spec("spandrel") is None:
        more = MissingExtraError("spandrel", "spandrel", "trying other architectures")
        raise NetworkError(f"{path}: {unknown}; {more}") from unknown
    try:
        from spandrel import MAIN_REGISTRY, UnsupportedModelError
    except (ImportError, RuntimeError) as error:
        # It needs torchvision, which refuses a PyTorch that it was not built for.
        raise NetworkError(
            f"{path}: {unknown}; spandrel might, but fails to import: {error}"
        ) from unknown
    try:
        descriptor = MAIN_REGISTRY.load(dict(weights))
    except UnsupportedModelError as error:
        raise NetworkError(f"{path}: {unknown}; spandrel does not know it either") from error
    module, name = descriptor.model, descriptor.architecture.id.lower()
    if not isinstance(module, nn.Module) or descriptor.input_channels not in (1, 3):
        raise NetworkError(f"{path}: spandrel's {name} does not enlarge pictures")
    _check_scale(path, descriptor.scale, scale)
    graph = capture(module.eval(), name, channels=descriptor.input_channels)
    return Brought(graph, name, descriptor.scale)


def _check_scale(path: Path, found: int, asked: int | None) -> None:
    if asked is not None and asked != found:
        raise NetworkError(f"{path}: this network enlarges by {found}, not by {asked}")
