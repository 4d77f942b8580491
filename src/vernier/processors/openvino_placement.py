"""What OpenVINO really runs, read from its execution graph.

The rule. A **convolution** (plain, depthwise, transposed) that runs in another precision than was
asked for is a mismatch and an error unless fallback is allowed: convolutions hold nearly all of
the arithmetic, so they decide both the time and the picture's damage, and a split whose int8
convolution silently runs in float is another split. "Asked for" is, per convolution, the file's
own precision, with float read as the processor's (bfloat16 on a bfloat16 processor). How many
there are is the engine's business: on ARM it computes other operators as convolutions too. So it
is an error if fewer run in some precision than were asked for, if one runs coarser than anything
that was asked for, or if the precisions do not come in the file's order.

**Anything else** that OpenVINO runs on float tensors between two convolutions, in a file that has
nothing in float, is reported among the mismatches and is no error: the result is rounded to the
file's codes before the next convolution, so the picture differs by a code or two from LiteRT's
integer arithmetic (and is rather closer to the float network), and the time is that of moving four
times the bytes. A split decides about convolutions; what follows one goes with it. Conversions
before the first convolution and after the last are the engine's own and are not counted.

OpenVINO does not keep the file's operator names, but numbers its own in the file's order
(`Convolution_53`), and keeps those through fusion. So convolutions are compared one by one, and
only as numbers per precision where a name has no number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vernier.processor_id import ProcessorId
from vernier.processors.contents import ModelContents
from vernier.processors.protocol import OperatorPlacement, Placement

PRECISION_NAMES = {
    "f32": "float32",
    "f16": "float16",
    "bf16": "bfloat16",
    "i8": "int8",
    "u8": "int8",  # OpenVINO shifts codes by 128 where its kernels are faster so: the same numbers
}
_CONVOLUTIONS = frozenset({"Convolution", "GroupConvolution", "Deconvolution"})
_PLUMBING = frozenset({"Input", "Output", "Const", "Reorder", "Reshape", "Transpose", "Convert"})
_FLOATS = frozenset({"f32", "f16", "bf16"})
_NUMBER = re.compile(r"_(\d+)$")
# Bits kept of a value, which is what "coarser" means.
_FINENESS = {"int8": 7, "bfloat16": 8, "float16": 11, "float32": 24}


@dataclass(frozen=True)
class ExecutionNode:
    """One node of OpenVINO's execution graph.

    Attributes:
        name: the engine's.
        kind: its layer type.
        precision: in which it computes, in the engine's words.
        implementation: the kernel, such as `brgconv_avx512_I8`.
        inputs: the names of the nodes that it reads.
    """

    name: str
    kind: str
    precision: str
    implementation: str
    inputs: tuple[str, ...] = ()

    @staticmethod
    def from_rt_info(name: str, info: Mapping[str, str], inputs: tuple[str, ...]) -> ExecutionNode:
        """From the run-time information of a node of `CompiledModel.get_runtime_model()`."""
        return ExecutionNode(
            name=name,
            kind=info.get("layerType", ""),
            precision=info.get("runtimePrecision", ""),
            implementation=info.get("primitiveType", info.get("execType", "")),
            inputs=inputs,
        )

    @property
    def is_convolution(self) -> bool:
        """Whether it is a convolution of any sort."""
        return self.kind in _CONVOLUTIONS


def read_placement(
    processor: ProcessorId, contents: ModelContents, nodes: Sequence[ExecutionNode]
) -> tuple[Placement, str]:
    """What runs, compared with what the file asks for.

    Args:
        processor: what was asked.
        contents: of the file.
        nodes: of the execution graph, each after those that it reads.

    Returns:
        The placement, and what is an error in it ("" where nothing is); see the module.
    """
    operators = tuple(
        OperatorPlacement(
            node.name,
            node.kind,
            processor.device,
            PRECISION_NAMES.get(node.precision, node.precision),
            node.implementation,
        )
        for node in nodes
        if node.kind not in _PLUMBING
    )
    error = _convolutions_elsewhere(processor, contents, nodes)
    leftovers = _float_leftovers(processor, contents, nodes)
    mismatches = tuple(filter(None, (error, leftovers)))
    note = ""
    if processor.model_precision == "int8" and contents.float_operators:
        note = f"{len(contents.float_operators)} operators are float32 in the file itself"
    return Placement(processor, operators, mismatches=mismatches, note=note), error


def _convolutions_elsewhere(
    processor: ProcessorId, contents: ModelContents, nodes: Sequence[ExecutionNode]
) -> str:
    """One sentence where convolutions run otherwise than asked; "" where all run as asked."""
    float_precision = "float32" if processor.precision == "int8" else processor.precision
    wanted: Counter[str] = Counter()
    for precision, number in contents.convolutions.items():
        wanted[float_precision if precision == "float32" else precision] += number
    found = Counter(
        PRECISION_NAMES.get(node.precision, node.precision) for node in nodes if node.is_convolution
    )
    lowered = [p for p in found if p not in wanted and _is_coarser(p, wanted)]
    if not wanted - found and not lowered:
        return _exchanged(contents, nodes, float_precision)
    kernels = sorted(
        {
            node.implementation
            for node in nodes
            if node.is_convolution and PRECISION_NAMES.get(node.precision, "") in found - wanted
        }
    )
    return (
        f"expected convolutions in {_counted(wanted)}, OpenVINO runs them in {_counted(found)}"
        + (f" ({', '.join(kernels)})" if kernels else "")
    )


def _is_coarser(precision: str, wanted: Counter[str]) -> bool:
    """Whether a precision is none that is known, or keeps less than each that was asked for."""
    return _FINENESS.get(precision, -1) < min((_FINENESS.get(p, -1) for p in wanted), default=0)


def _exchanged(
    contents: ModelContents, nodes: Sequence[ExecutionNode], float_precision: str
) -> str:
    """One sentence where there are enough of each precision, but not for the right convolutions.

    Those that the engine made itself may stand anywhere between the file's.
    """
    numbered = [(_NUMBER.search(node.name), node) for node in nodes if node.is_convolution]
    if not all(number for number, _ in numbered):
        return ""
    in_order = sorted((int(number[1]), node.precision) for number, node in numbered if number)
    left = [PRECISION_NAMES.get(precision, precision) for _, precision in in_order]
    asked = [op for op in contents.operators if op.is_convolution]
    for place, op in enumerate(asked):
        wanted = float_precision if op.precision == "float32" else op.precision
        to_spare = len(left) - (len(asked) - place)
        candidates = left[: to_spare + 1]
        if wanted not in candidates:
            return f"expected {op.output!r} in {wanted}, OpenVINO runs it in {candidates[0]}"
        left = left[candidates.index(wanted) + 1 :]
    return ""


def _counted(numbers: Counter[str]) -> str:
    return ", ".join(f"{precision} x{n}" for precision, n in sorted(numbers.items())) or "none"


def _float_leftovers(
    processor: ProcessorId, contents: ModelContents, nodes: Sequence[ExecutionNode]
) -> str:
    """One sentence about float nodes in the middle of a full-integer file; "" for none."""
    if processor.model_precision != "int8" or contents.float_operators:
        return ""
    between = _between_convolutions(nodes)
    left = [
        f"{node.kind} {node.name}"
        for node in nodes
        if node.name in between
        and node.kind not in _PLUMBING
        and not node.is_convolution
        and node.precision in _FLOATS
    ]
    if not left:
        return ""
    return f"{len(left)} operators run in float between int8 convolutions: {', '.join(left)}"


def _between_convolutions(nodes: Sequence[ExecutionNode]) -> set[str]:
    """Names of the nodes that read, however indirectly, one convolution and feed another."""
    after: set[str] = set()
    for node in nodes:
        if any(name in after for name in node.inputs) or node.is_convolution:
            after.add(node.name)
    before: set[str] = set()
    for node in reversed(nodes):
        if node.name in before or node.is_convolution:
            before.update(node.inputs)
    return after & before
