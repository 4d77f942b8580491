"""An ONNX file that is quantised already, as the float network that it was made of, with ranges.

Both of ONNX Runtime's forms. QDQ: a QuantizeLinear and a DequantizeLinear around an activation say
its range and go; a DequantizeLinear of constant codes becomes the values. QOperator: QLinearConv
and its like become the float operators of the same name. Codes may be uint8, int8 or 16 bits wide.
Weights come back as their codes say, not as they were before; a bias as its codes say.

Quantisers leave out a Relu whose work saturation does: the lowest code stands for 0. It comes back,
except where nothing but a picture's layout follows, as pictures have nothing below 0 to lose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vernier.formats.onnx.file import OWN_DOMAINS, OnnxFile
from vernier.graphs.lowering_values import UnsupportedError

Range = tuple[float, float]
DOMAINS = (*OWN_DOMAINS, "com.microsoft")
_BITS = ("uint8", "int8", "uint16", "int16")


def is_quantized(file: OnnxFile) -> bool:
    """Whether a file holds QuantizeLinear, DequantizeLinear or one of QOperator's kinds."""
    return any(_is_quantizing(node) for node in file.nodes)


def _is_quantizing(node: Any) -> bool:
    return node.domain in DOMAINS and (node.op_type in _CONVERSIONS or node.op_type in _OPERATORS)


@dataclass(frozen=True)
class Dequantized:
    """A file in float.

    Attributes:
        file: the same network.
        ranges: of activations, by the names that they have in `file`.
    """

    file: OnnxFile
    ranges: Mapping[str, Range]


def dequantized(file: OnnxFile) -> Dequantized:
    """The float network of a quantised file.

    Args:
        file: as `read_onnx` gives it.

    Raises:
        UnsupportedError: a node is malformed, or scales are computed or per channel where ONNX
            Runtime has no such form; the message names the node.
    """
    work = _Work(dict(file.constants), _laid_out_only(file))
    for node in file.nodes:
        try:
            work.take(node)
        except UnsupportedError as error:
            raise UnsupportedError(f"{node.op_type} (node {node.name!r}): {error}") from error
        except (ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
            raise UnsupportedError(
                f"{node.op_type} (node {node.name!r}) is malformed: {error}"
            ) from error
    made = replace(
        file,
        nodes=tuple(work.nodes),
        constants=work.constants,
        output=work.of(file.output),
    )
    return Dequantized(made, work.ranges)


_LAYOUT = frozenset(
    {"DepthToSpace", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Cast"}
)
# What may be negative where its codes cannot.
_SIGNED = frozenset({"Conv", "ConvTranspose", "Add", "Sub", "Mul", "PRelu", "LeakyRelu"})


def _laid_out_only(file: OnnxFile) -> frozenset[str]:
    """The tensors that become the result with nothing computed on the way."""
    found = {file.output}
    for node in reversed(file.nodes):
        if found & set(node.output) and (node.op_type in _LAYOUT or node.op_type in _CONVERSIONS):
            found.add(node.input[0])
    return frozenset(found)


@dataclass
class _Work:
    constants: dict[str, NDArray[Any]]
    ends: frozenset[str]
    nodes: list[Any] = field(default_factory=list)
    ranges: dict[str, Range] = field(default_factory=dict)
    # A tensor of codes, or a decoded one, by the float tensor that it stands for.
    same: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """The float tensor that a name stands for."""
        return self.same.get(name, name)

    def take(self, node: Any) -> None:
        if _is_quantizing(node):
            (_CONVERSIONS | _OPERATORS)[node.op_type](self, node)
        else:
            self.nodes.append(_with_inputs(node, [self.of(name) for name in node.input]))

    def array(self, name: str) -> NDArray[Any]:
        """A constant, such as a scale."""
        if name not in self.constants:
            raise UnsupportedError(f"{name!r} is computed, expected a constant scale, zero or code")
        return self.constants[name]

    def note(self, tensor: str, scale: str, zero: str) -> None:
        """The range of a float tensor by its scale and zero point; the tighter of two."""
        step, at = self.array(scale), self._zero(zero)
        if step.size != 1 or at.size != 1:
            raise UnsupportedError(f"{tensor!r} has {step.size} scales, expected one for the whole")
        if str(at.dtype) not in _BITS:
            raise UnsupportedError(f"codes of {at.dtype}, expected {', '.join(_BITS)}")
        factor = float(step.reshape(-1)[0])
        if not (np.isfinite(factor) and factor > 0):
            raise UnsupportedError(f"a scale of {factor}, expected one above 0")
        ends = np.iinfo(at.dtype)
        zero_code = int(at.reshape(-1)[0])
        low, high = factor * (ends.min - zero_code), factor * (ends.max - zero_code)
        if tensor in self.ranges:
            known = self.ranges[tensor]
            low, high = max(low, known[0]), min(high, known[1])
        self.ranges[tensor] = (low, high)

    def rectified(self, tensor: str) -> str:
        """A float tensor behind the Relu that its codes stand for, where they do."""
        from onnx import helper

        producer = next((n for n in reversed(self.nodes) if tensor in n.output), None)
        if (
            tensor in self.ends
            or producer is None
            or producer.op_type not in _SIGNED
            or self.ranges[tensor][0] < 0
        ):
            return tensor
        made = f"{tensor}/relu"
        self.nodes.append(helper.make_node("Relu", [tensor], [made], name=f"{producer.name}/relu"))
        self.ranges[made] = self.ranges[tensor]
        return made

    def settle(self, node: Any, scale: str, zero: str) -> None:
        """What one of QOperator's kinds gives: its range, and its Relu."""
        output = node.output[0]
        self.note(output, scale, zero)
        self.same[output] = self.rectified(output)

    def decoded(self, name: str, scale: str, zero: str, axis: int) -> str:
        """A float tensor for one of codes: a new constant, or what the codes were made of."""
        if name not in self.constants:
            self.note(self.of(name), scale, zero)
            return self.of(name)
        codes, step, at = self.array(name), self.array(scale), self._zero(zero)
        if step.size > 1:
            shape = [1] * codes.ndim
            shape[axis % codes.ndim] = step.size
            step, at = step.reshape(shape), at.reshape(shape if at.size > 1 else [1] * codes.ndim)
        values = (codes.astype(np.float64) - at.astype(np.float64)) * step.astype(np.float64)
        made = f"{name}/values"
        self.constants[made] = values.astype(np.float32).reshape(codes.shape)
        return made

    def _zero(self, name: str) -> NDArray[Any]:
        return self.array(name) if name else np.zeros((), np.uint8)

    def emit(self, node: Any, kind: str, inputs: Sequence[str], drop: Sequence[str] = ()) -> None:
        """A float operator in a node's place, under the name that the layer had."""
        made = _with_inputs(node, inputs)
        made.op_type, made.domain = kind, ""
        made.name = node.name.removesuffix("_quant")
        kept = [a for a in made.attribute if a.name not in drop]
        del made.attribute[:]
        made.attribute.extend(kept)
        self.nodes.append(made)


def _with_inputs(node: Any, inputs: Sequence[str]) -> Any:
    made = type(node)()
    made.CopyFrom(node)
    del made.input[:]
    made.input.extend(inputs)
    return made


def _given(node: Any, place: int) -> str:
    return str(node.input[place]) if place < len(node.input) else ""


def _axis(node: Any, default: int = 1) -> int:
    return next((int(a.i) for a in node.attribute if a.name == "axis"), default)


def _quantize(work: _Work, node: Any) -> None:
    x, scale, zero = work.of(_given(node, 0)), _given(node, 1), _given(node, 2)
    if x in work.constants:
        # Weights that are encoded in the file itself: their float values are there.
        work.constants[node.output[0]] = work.constants[x]
        work.same[node.output[0]] = x
        return
    work.note(x, scale, zero)
    ends = node.output[0] in work.ends
    work.same[node.output[0]] = x if ends else work.rectified(x)


def _dequantize(work: _Work, node: Any) -> None:
    name, output = _given(node, 0), node.output[0]
    if work.of(name) in work.constants and work.of(name) != name:
        work.same[output] = work.of(name)
        return
    decoded = work.decoded(name, _given(node, 1), _given(node, 2), _axis(node))
    if decoded in work.constants:
        work.constants[output] = work.constants[decoded]
    else:
        work.same[output] = decoded


def _convolution(work: _Work, node: Any) -> None:
    x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero = node.input[:8]
    if any(a.name == "channels_last" and a.i for a in node.attribute):
        raise UnsupportedError("channels_last, which ONNX Runtime makes and does not export")
    inputs = [work.decoded(x, x_scale, x_zero, 1), work.decoded(w, w_scale, w_zero, 0)]
    bias = _given(node, 8)
    if bias:
        codes = work.array(bias)
        step = work.array(x_scale).astype(np.float64) * work.array(w_scale).astype(np.float64)
        work.constants[f"{bias}/values"] = (codes * step).astype(np.float32).reshape(codes.shape)
        inputs.append(f"{bias}/values")
    work.emit(node, "Conv", inputs)
    work.settle(node, y_scale, y_zero)


def _pair(kind: str) -> Callable[[_Work, Any], None]:
    def take(work: _Work, node: Any) -> None:
        a, a_scale, a_zero, b, b_scale, b_zero, c_scale, c_zero = node.input[:8]
        inputs = [work.decoded(a, a_scale, a_zero, 1), work.decoded(b, b_scale, b_zero, 1)]
        work.emit(node, kind, inputs)
        work.settle(node, c_scale, c_zero)

    return take


def _single(kind: str, drop: Sequence[str] = ()) -> Callable[[_Work, Any], None]:
    def take(work: _Work, node: Any) -> None:
        x, x_scale, x_zero, y_scale, y_zero = (_given(node, k) for k in range(5))
        work.emit(node, kind, [work.decoded(x, x_scale, x_zero, 1)], drop)
        work.settle(node, y_scale, y_zero)

    return take


def _concatenation(work: _Work, node: Any) -> None:
    y_scale, y_zero, *rest = node.input
    triples = [rest[k : k + 3] for k in range(0, len(rest), 3)]
    work.emit(node, "Concat", [work.decoded(x, step, at, 1) for x, step, at in triples])
    work.settle(node, y_scale, y_zero)


_CONVERSIONS: dict[str, Callable[[_Work, Any], None]] = {
    "QuantizeLinear": _quantize,
    "DequantizeLinear": _dequantize,
}
_OPERATORS: dict[str, Callable[[_Work, Any], None]] = {
    "QLinearConv": _convolution,
    "QLinearAdd": _pair("Add"),
    "QLinearMul": _pair("Mul"),
    "QLinearLeakyRelu": _single("LeakyRelu"),
    "QLinearSigmoid": _single("Sigmoid"),
    "QLinearGlobalAveragePool": _single("GlobalAveragePool", ("channels_last",)),
    "QLinearConcat": _concatenation,
}
