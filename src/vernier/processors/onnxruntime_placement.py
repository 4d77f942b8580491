"""What ONNX Runtime really runs.

On the CPU it is read from the graph as it stands after all of its optimisers, which names every
kernel: a convolution in INT8 is a `QLinearConv`, one in float a `Conv` or `FusedConv`. **A
convolution in another precision than the file's is an error** unless fallback is allowed, as in
`openvino_placement` and for its reasons; anything else that runs in float between INT8
convolutions is told and is no error. ONNX Runtime has no PReLU in INT8: it decodes, computes and
encodes again, which gives the same codes but for one in some hundred, and takes its time.

Other providers fuse nodes into programs of their own, of which only one thing is known:
which provider each node of the file went to. A node that went to another is an error likewise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vernier.processor_id import ProcessorId
from vernier.processors.contents import FileOperator, ModelContents
from vernier.processors.protocol import OperatorPlacement, Placement

_CONVOLUTIONS = frozenset({"Conv", "FusedConv", "NhwcFusedConv", "QLinearConv", "ConvTranspose"})
_PLUMBING = frozenset({"Transpose", "ReorderInput", "ReorderOutput", "Reshape"})
_CONVERSIONS = frozenset({"QuantizeLinear", "DequantizeLinear"})
_INTEGERS = frozenset({"QLinearConv", "QGemm", "ConvInteger"})
# These move samples of either format.
_MOVES = frozenset({"DepthToSpace", "SpaceToDepth", "Concat", "Slice", "Pad", "Resize"})
# What ONNX Runtime puts behind the name of a node, or of its result, when it replaces the node.
_REPLACED = re.compile(r"(/nchw|_nchwc|_token_\d+|_nhwc)+$")

# What `formats.onnx.writing` calls a convolution whose activation is a node of its own.
_BEFORE = "/before"


@dataclass(frozen=True)
class Node:
    """A node of a model: its name and its operator."""

    name: str
    kind: str

    @property
    def precision(self) -> str:
        """In which it computes, by the kernel."""
        return "int8" if self.kind in _INTEGERS or self.kind.startswith("QLinear") else "float32"

    @property
    def is_convolution(self) -> bool:
        """Whether it is a convolution of any sort."""
        return self.kind in _CONVOLUTIONS

    @property
    def operator(self) -> str:
        """What the file calls the operator that it is of.

        A convolution may stand alone: a RELU is dropped where the codes behind it begin at zero.
        """
        return _REPLACED.sub("", self.name).removesuffix(_BEFORE)


def cpu_placement(
    processor: ProcessorId, contents: ModelContents, nodes: Sequence[Node]
) -> tuple[Placement, str]:
    """What runs on the CPU, compared with what the file asks for.

    Args:
        processor: what was asked.
        contents: of the file.
        nodes: of the optimised model, in order.

    Returns:
        The placement, and what is an error in it ("" where nothing is).
    """
    operators = tuple(
        OperatorPlacement(node.name, node.kind, "cpu", node.precision, "MLAS")
        for node in nodes
        if node.kind not in _PLUMBING
    )
    fault = _convolutions_elsewhere(contents, nodes)
    leftovers = _float_leftovers(contents, nodes)
    note = ""
    if processor.is_integer and contents.float_operators:
        note = f"{len(contents.float_operators)} operators are float32 in the file itself"
    mismatches = tuple(filter(None, (fault, leftovers)))
    return Placement(processor, operators, mismatches=mismatches, note=note), fault


def _convolutions_elsewhere(contents: ModelContents, nodes: Sequence[Node]) -> str:
    found = _found_convolutions(contents, nodes)
    wrong = [
        (op.output, op.precision, found.get(op.output, "not at all"))
        for op in contents.operators
        if op.is_convolution and found.get(op.output) != op.precision
    ]
    if not wrong:
        return ""
    name, wanted, ran = wrong[0]
    more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return f"expected {name!r} in {wanted}, ONNX Runtime runs it {_in(ran)}{more}"


def _found_convolutions(contents: ModelContents, nodes: Sequence[Node]) -> dict[str, str]:
    """The precision in which each of the file's convolutions runs.

    One that was fused with what follows it, an activation or a sum, is called after that: it is
    the last convolution before it that no other node is.
    """
    file = {op.output: op for op in contents.operators}
    found: dict[str, str] = {}
    fused = []
    for node in nodes:
        if node.is_convolution:
            op = file.get(node.operator)
            if op is not None and op.is_convolution:
                found[op.output] = node.precision
            elif op is not None:
                fused.append((op, node))
    for op, node in fused:
        before = [one for one in _convolutions_before(contents, op) if one not in found]
        if before:
            found[before[-1]] = node.precision
    return found


def _convolutions_before(contents: ModelContents, op: FileOperator) -> list[str]:
    """The convolutions that an operator reads with none between, in the file's order."""
    producers = {tensor: one for one in contents.operators for tensor in one.outputs}
    reached: set[str] = set()
    waiting = [op]
    while waiting:
        for tensor in waiting.pop().inputs:
            one = producers.get(tensor)
            if one is not None and one.output not in reached:
                reached.add(one.output)
                if not one.is_convolution:
                    waiting.append(one)
    return [
        one.output for one in contents.operators if one.is_convolution and one.output in reached
    ]


def _in(precision: str) -> str:
    return precision if precision == "not at all" else f"in {precision}"


def _float_leftovers(contents: ModelContents, nodes: Sequence[Node]) -> str:
    """One sentence about float nodes between the convolutions of a full-integer file."""
    if contents.float_operators or not contents.integer_operators:
        return ""
    places = [place for place, node in enumerate(nodes) if node.is_convolution]
    if not places:
        return ""
    silent = _PLUMBING | _CONVERSIONS | _MOVES
    left = [
        f"{node.kind} {node.name}"
        for node in nodes[places[0] : places[-1]]
        if node.precision == "float32" and node.kind not in silent and not node.is_convolution
    ]
    if not left:
        return ""
    return f"{len(left)} operators run in float between int8 convolutions: {', '.join(left)}"


def assigned_placement(
    processor: ProcessorId, contents: ModelContents, assigned: Sequence[tuple[str, Node]]
) -> tuple[Placement, str]:
    """Which provider each node of the file went to.

    Args:
        processor: what was asked.
        contents: of the file.
        assigned: the provider's name and the node, of `get_provider_graph_assignment_info`.
    """
    cpu = "CPUExecutionProvider"
    precisions = {op.output: op.precision for op in contents.operators}
    operators = tuple(
        OperatorPlacement(
            node.name,
            node.kind,
            "cpu" if provider == cpu else processor.device,
            precisions.get(node.name.split("/")[0], processor.precision),
            provider,
        )
        for provider, node in assigned
        if node.kind not in _CONVERSIONS
    )
    strays = [op for op in operators if op.device != processor.device]
    fault = ""
    if strays:
        kinds = ", ".join(dict.fromkeys(op.kind for op in strays))
        fault = f"{len(strays)} operators went to the CPU: {kinds}"
    note = "the provider says which nodes it took, and not how it computes them"
    mismatches = (fault,) if fault else ()
    return Placement(processor, operators, mismatches=mismatches, note=note), fault
