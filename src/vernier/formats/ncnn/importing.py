"""An ncnn file as our graph, layer by layer, without PyTorch.

Every layer counts: one that is not known, that has a parameter nobody asks for, or whose result
nothing reads, is an error and never left out.
"""

from __future__ import annotations

from pathlib import Path

from vernier.errors import GraphError
from vernier.formats.ncnn.operators import LOWERINGS, Work
from vernier.formats.ncnn.param import Layer, read_param
from vernier.formats.ncnn.weights import Float32, read_weights
from vernier.formats.onnx.call import Lowered, Value
from vernier.graphs.builder import GraphBuilder
from vernier.graphs.graph import Graph
from vernier.graphs.lowering_values import Activation, UnsupportedError
from vernier.graphs.rewrites import simplify

SHOWN = 4
PICTURE_CHANNELS = (3, 1)


def import_ncnn(path: Path, name: str, height: int = 48, width: int = 64) -> Graph:
    """Read a network of one picture in and one picture out.

    Args:
        path: the `.param` or the `.bin`; the other lies beside it.
        name: of the graph.
        height: rows of the graph's input, a multiple of every stride.
        width: columns, likewise.

    Returns:
        A checked float32 graph with the input "input" of `(1, height, width, C)`, C 1 or 3, and
        the output "output"; it holds for any size.

    Raises:
        NetworkError: a file is missing or damaged.
        GraphError: a layer, or a form of one, has no counterpart, or is not used; the message names
            it.
    """
    param = path.with_suffix(".param")
    layers = read_param(param)
    weights = read_weights(path.with_suffix(".bin"), layers)
    output = _only_output(param, layers)
    tried: list[GraphError] = []
    for channels in _channels(param, layers):
        try:
            return _imported(param, name, layers, weights, output, (height, width, channels))
        except GraphError as error:
            tried.append(error)
    raise tried[0]


def _channels(path: Path, layers: tuple[Layer, ...]) -> tuple[int, ...]:
    """Those that the picture may have: what the file says, or what an SR network takes."""
    inputs = [layer for layer in layers if layer.kind == "Input"]
    if len(inputs) != 1 or len(inputs[0].outputs) != 1:
        raise GraphError(f"{path}: expected one picture as input, found {len(inputs)}")
    given = inputs[0].parameters
    # Sizes that the file was made for; ncnn itself takes any.
    given.whole(0), given.whole(1)
    said = given.whole(2)
    if said not in (0, *PICTURE_CHANNELS):
        raise GraphError(f"{path}: a picture of {said} channels, expected 1 or 3")
    return (said,) if said else PICTURE_CHANNELS


def _only_output(path: Path, layers: tuple[Layer, ...]) -> str:
    """The one tensor that is made and that nothing reads."""
    made = [name for layer in layers for name in layer.outputs]
    twice = sorted({name for name in made if made.count(name) > 1}) if _repeats(made) else []
    if twice:
        raise GraphError(f"{path}: {twice[0]!r} is computed twice")
    read = {name for layer in layers for name in layer.inputs}
    ends = [name for name in made if name not in read]
    if len(ends) != 1:
        listed = ", ".join(map(repr, ends[:SHOWN])) + (", ..." if len(ends) > SHOWN else "")
        raise GraphError(
            f"{path}: expected one result, found {len(ends)} that no layer reads ({listed}); a "
            "layer that is not used would be lost"
        )
    return ends[0]


def _repeats(names: list[str]) -> bool:
    return len(set(names)) != len(names)


def _imported(
    path: Path,
    name: str,
    layers: tuple[Layer, ...],
    weights: dict[str, tuple[Float32, ...]],
    output: str,
    shape: tuple[int, int, int],
) -> Graph:
    build = GraphBuilder(name)
    values: dict[str, Value] = {}
    for layer in layers:
        if layer.kind == "Input":
            values[layer.outputs[0]] = Activation(build.input("input", (1, *shape)))
            continue
        try:
            results = _results(layer, values, build, weights[layer.name])
        except UnsupportedError as error:
            raise GraphError(f"{path}: {layer}: {error}") from error
        except GraphError as error:
            raise GraphError(f"{path}: {layer}: {error}") from error
        except (ValueError, TypeError, IndexError, OverflowError) as error:
            raise GraphError(f"{path}: {layer} is malformed: {error}") from error
        values.update(zip(layer.outputs, results, strict=True))
    end = values[output]
    if not isinstance(end, Activation) or end.name in build.inputs:
        raise GraphError(f"{path}: the output {output!r} is no picture made of the input")
    build.outputs = [end.name]
    simplify(build)
    if build.outputs != ["output"] and build.producer("output") is not None:
        build.rename("output", build.unique("output"))
    build.rename(build.outputs[0], "output")
    return build.graph()


def _results(
    layer: Layer, values: dict[str, Value], build: GraphBuilder, weights: tuple[Float32, ...]
) -> list[Value]:
    unknown = next((name for name in layer.inputs if name not in values), None)
    if unknown is not None:
        raise UnsupportedError(f"reads {unknown!r}, which nothing before it computes")
    inputs = tuple(values[name] for name in layer.inputs)
    if layer.kind == "Split":
        return [inputs[0]] * len(layer.outputs)
    lowering = LOWERINGS.get(layer.kind)
    if lowering is None:
        raise UnsupportedError(
            f"has no counterpart in our graph; known are {', '.join(sorted(LOWERINGS))} and Split"
        )
    results = _wrapped(lowering(Work(build, layer, inputs, weights)))
    left = layer.parameters.left()
    if left:
        raise UnsupportedError(f"has the parameter {left[0]}, which is not known")
    if len(results) != len(layer.outputs):
        raise UnsupportedError(f"makes {len(layer.outputs)} tensors, expected {len(results)}")
    return results


def _wrapped(lowered: Lowered) -> list[Value]:
    if isinstance(lowered, list):
        return [Activation(name) for name in lowered]
    return [Activation(lowered) if isinstance(lowered, str) else lowered]
