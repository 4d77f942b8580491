"""Any PyTorch module as our graph: traced by `torch.export`, lowered operator by operator.

The module is traced for one picture size and for twice that; both must give one graph, which then
holds for any size (`graphs.shapes.resized`). A module that says `fixed_size = True` is traced once,
and its graph may hold what depends on the picture's size: it is good for that size only.
"""

from __future__ import annotations

import copy
import operator
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from vernier.errors import GraphError
from vernier.graphs.builder import GraphBuilder
from vernier.graphs.graph import Graph
from vernier.graphs.lowering_values import Activation, UnsupportedError
from vernier.graphs.rewrites import simplify
from vernier.networks.capture.lowering import LOWERINGS
from vernier.networks.capture.lowering_call import Call, SpatialSum

HEIGHT, WIDTH = 48, 64
"""What is traced, unless said otherwise."""
ASSERTION = "aten._assert_tensor_metadata.default"
"""Says something of a tensor's type; computes nothing."""


def capture(
    module: nn.Module,
    name: str,
    height: int = HEIGHT,
    width: int = WIDTH,
    channels: int | None = None,
    fixed_size: bool | None = None,
) -> Graph:
    """A module of one picture in, one or more pictures out, as a graph.

    Weights become constants, what follows from constants alone is computed now, batch norms and
    other per-channel constants go into the convolution beside them, and a RELU into its producer.
    PyTorch's pixel shuffle orders channels (c, r, r), `.tflite`'s DEPTH_TO_SPACE (r, r, c): the
    convolution before is reordered, or, where its channels are not ours to reorder, a 1x1
    convolution of ones and zeros does it exactly.

    Args:
        module: called with float32 of shape `(1, channels, height, width)`; not changed, and
            traced in evaluation mode.
        name: of the graph.
        height: rows to trace with, a multiple of every stride.
        width: columns, likewise.
        channels: of the input; None to ask `module.channels`, or else its first convolution.
        fixed_size: whether the graph need not hold at any size but this one, so that the module
            may use the size as a number; None to ask `module.fixed_size`, and no otherwise.

    Returns:
        A checked graph with the input "input" and, where there is one, the output "output".

    Raises:
        GraphError: the module cannot be traced, or uses an operator or a form of one that has no
            counterpart; the message names the first and its place in the module.
    """
    channels = _input_channels(module, name) if channels is None else channels
    fixed_size = is_of_fixed_size(module) if fixed_size is None else fixed_size
    module = copy.deepcopy(module).eval()
    graph = _captured(module, name, torch.zeros(1, channels, height, width), fixed_size)
    if not fixed_size:
        larger = torch.zeros(1, channels, 2 * height, 2 * width)
        _refuse_differences(graph, _captured(module, name, larger, fixed_size))
    return graph


def is_of_fixed_size(module: nn.Module) -> bool:
    """Whether a module's graph is of one picture size, which it says itself."""
    return bool(getattr(module, "fixed_size", False))


def size_for(module: nn.Module, size: tuple[int, int] | None) -> tuple[int, int]:
    """The height and width to capture a module at: those asked for only where it is of one size."""
    return size if size is not None and is_of_fixed_size(module) else (HEIGHT, WIDTH)


def _captured(module: nn.Module, name: str, example: torch.Tensor, fixed_size: bool) -> Graph:
    build = GraphBuilder(name, fixed_size=fixed_size)
    _lower(_trace(module, name, example), build)
    simplify(build)
    _name_output(build)
    return build.graph()


def _refuse_differences(graph: Graph, larger: Graph) -> None:
    """A number that Python took from the picture's size would be wrong at every other size."""
    for one, other in zip(graph.operators, larger.operators, strict=False):
        same_constants = all(
            np.array_equal(graph.constants[name], larger.constants[name])
            for name in one.inputs
            if name in graph.constants and name in larger.constants
        )
        if one != other or not same_constants:
            raise GraphError(
                f"{graph.name}: {one.kind} {one.output!r} computes something else for a picture "
                "twice the size: the module uses the picture's size as a number; if one size is "
                "enough, set module.fixed_size"
            )
    if len(graph.operators) != len(larger.operators):
        raise GraphError(f"{graph.name}: the module does other work for other picture sizes")


def _input_channels(module: nn.Module, name: str) -> int:
    own = getattr(module, "channels", None)
    if isinstance(own, int):
        return own
    first = next((m for m in module.modules() if isinstance(m, nn.Conv2d)), None)
    if first is not None and first.in_channels in (1, 3):
        return first.in_channels
    raise GraphError(
        f"{name}: cannot tell whether the module takes 1 channel or 3; give channels, or set "
        "module.channels"
    )


def _trace(module: nn.Module, name: str, example: torch.Tensor) -> torch.export.ExportedProgram:
    try:
        with warnings.catch_warnings(), torch.no_grad():
            # PyTorch 2.13 warns of its own use of its own deprecated names.
            warnings.simplefilter("ignore")
            program: torch.export.ExportedProgram = torch.export.export(module, (example,))
            if _must_be_taken_apart(program):
                # With no decompositions asked for, this makes in-place operators functional and
                # takes composite ones apart. It takes longer than all the rest.
                program = program.run_decompositions({})
    except Exception as error:
        # Whatever a stranger's forward raises, and torch.export's many own kinds of error.
        first_line = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise GraphError(
            f"{name}: torch.export cannot trace this module with an input of shape "
            f"{tuple(example.shape)}: {first_line}"
        ) from error
    return program


def _must_be_taken_apart(program: torch.export.ExportedProgram) -> bool:
    """Whether something is changed in place, or what has no lowering computes from the picture."""
    computed = set(program.graph_signature.user_inputs)
    for node in program.graph.nodes:
        if node.op != "call_function" or node.target is operator.getitem:
            known = True
        elif isinstance(node.target, torch._ops.OpOverload) and not node.target._schema.is_mutable:
            known = str(node.target) in LOWERINGS or str(node.target) == ASSERTION
        else:
            return True
        if not computed.isdisjoint(one.name for one in node.all_input_nodes):
            if not known:
                return True
            computed.add(node.name)
    return False


def _lower(program: torch.export.ExportedProgram, build: GraphBuilder) -> None:
    held: Mapping[str, torch.Tensor] = {**program.state_dict, **program.constants}
    signature = program.graph_signature
    sources = {
        **signature.inputs_to_parameters,
        **signature.inputs_to_buffers,
        **signature.inputs_to_lifted_tensor_constants,
    }
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for node in program.graph.nodes:
        if node.op == "placeholder" and node.name in sources:
            origin = sources[node.name]
            values[node.name] = held[origin].detach()
            origins[node.name] = origin
        elif node.op == "placeholder":
            _, depth, rows, columns = node.meta["val"].shape
            values[node.name] = Activation(build.input("input", (1, rows, columns, depth)))
        elif node.op == "call_function":
            values[node.name] = _call(node, values, origins, build)
            if str(node.target) == "aten.view.default" and node.args[0].name in origins:
                # A linear layer's weights seen as a kernel's are still that layer's.
                origins[node.name] = origins[node.args[0].name]
        elif node.op == "output":
            build.outputs = [
                _output(node.args[0][k], values, build) for k in _user_outputs(program)
            ]
        else:
            raise GraphError(f"{build.name}: cannot lower {node.op} {node.target}")


def _user_outputs(program: torch.export.ExportedProgram) -> list[int]:
    """Places of the outputs that are not updates of buffers."""
    kinds = [spec.kind for spec in program.graph_signature.output_specs]
    return [
        k
        for k, kind in enumerate(kinds)
        if kind is torch.export.graph_signature.OutputKind.USER_OUTPUT
    ]


def _output(node: Any, values: Mapping[str, Any], build: GraphBuilder) -> str:
    value = values[node.name] if isinstance(node, torch.fx.Node) else node
    if not isinstance(value, Activation) or value.name in build.inputs:
        raise GraphError(f"{build.name}: an output is not computed from the input")
    return value.name


def _call(
    node: torch.fx.Node, values: Mapping[str, Any], origins: dict[str, str], build: GraphBuilder
) -> Any:
    args: Any = torch.fx.map_arg(node.args, lambda n: values[n.name])
    kwargs: Any = torch.fx.map_arg(node.kwargs, lambda n: values[n.name])
    if node.target is operator.getitem:
        return args[0][args[1]]
    if not _holds_computed(args) and not _holds_computed(tuple(kwargs.values())):
        return node.target(*args, **kwargs)  # type: ignore[operator]
    target = str(node.target)
    place = _place(node)
    if target == ASSERTION:
        return None
    lowering = LOWERINGS.get(target)
    if lowering is None:
        raise GraphError(
            f"{build.name}: the operator {target} at {place} has no counterpart in our graph"
        )
    call = Call(build, _tensor_name(node, origins), _in_order(node.target, args, kwargs))
    try:
        lowered = lowering(call)
    except UnsupportedError as error:
        raise GraphError(f"{build.name}: {target} at {place}: {error}") from error
    return _wrapped(lowered)


def _wrapped(lowered: Any) -> Any:
    if isinstance(lowered, (Activation, SpatialSum)):
        return lowered
    if isinstance(lowered, list):
        return [Activation(name) for name in lowered]
    return Activation(lowered)


def _holds_computed(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return any(_holds_computed(item) for item in value)
    return isinstance(value, (Activation, SpatialSum))


def _in_order(target: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[Any]:
    """All arguments by position, with the defaults of the operator's schema."""
    rest = target._schema.arguments[len(args) :]
    return [*args, *(kwargs.get(argument.name, argument.default_value) for argument in rest)]


def _place(node: torch.fx.Node) -> str:
    """Where in the module a call was made, for people: the path of the innermost submodule."""
    path = _module_path(node)
    return f"{path!r}" if path else "the top of the module"


def _module_path(node: torch.fx.Node) -> str:
    stack = node.meta.get("nn_module_stack") or {}
    paths = [path for path, _ in stack.values()]
    return str(paths[-1]) if paths else ""


def _tensor_name(node: torch.fx.Node, origins: Mapping[str, str]) -> str:
    """A name that a reader finds in the module: of the layer, or of the call in it."""
    for argument in node.args:
        if isinstance(argument, torch.fx.Node) and argument.name in origins:
            owner, _, parameter = origins[argument.name].rpartition(".")
            if parameter == "weight" and owner:
                return owner
    path = _module_path(node)
    return f"{path}.{node.name}" if path else node.name


def _name_output(build: GraphBuilder) -> None:
    """Call the only output "output", and whatever had that name by its number."""
    if len(build.outputs) != 1:
        return
    if build.producer("output") is not None:
        build.rename("output", build.unique("output"))
    build.rename(build.outputs[0], "output")
