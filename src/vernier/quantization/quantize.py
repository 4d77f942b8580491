"""A float graph as an INT8 graph, or as one of which only some operators run in INT8."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from vernier.errors import GraphError
from vernier.graphs.graph import (
    CONVOLUTIONS,
    Array,
    Graph,
    Kind,
    Operator,
    Quantization,
    TensorType,
)
from vernier.quantization.constraints import (
    MOVES_CODES,
    PRESCRIBED,
    absorbs_shift,
    choose_quantizations,
    integer_outputs,
    shift_of,
)
from vernier.quantization.ranges import Range
from vernier.quantization.scales import (
    asymmetric,
    bias_quantization,
    encode,
    encode_bias,
    same,
    weight_quantization,
)


def quantize(
    graph: Graph, ranges: Mapping[str, Range], integer_operators: Collection[str] | None = None
) -> Graph:
    """A float graph as an INT8 graph: the scales from `ranges`, the rest as `quantize_with`.

    Args:
        graph: float32 throughout.
        ranges: of each activation that an integer operator reads or writes, by name.
        integer_operators: outputs of the operators that run in INT8; None for all, which gives
            a graph with INT8 inputs and outputs and nothing in float.

    Raises:
        GraphError: a range is missing, or something has no INT8 form.
    """
    chosen = choose_quantizations(graph, ranges, integer_operators)
    return quantize_with(graph, chosen, integer_operators)


def quantize_with(
    graph: Graph,
    quantizations: Mapping[str, Quantization],
    integer_operators: Collection[str] | None = None,
) -> Graph:
    """A float graph as an INT8 graph, with the scale and zero point of each activation given.

    Weights become int8, per output channel and symmetric, codes in [-127, 127]; biases int32 in
    units of both scales' product; other constants int8 per tensor. A tensor that is computed in
    one format and read in the other is converted once, by a QUANTIZE or DEQUANTIZE operator whose
    output is called after it with `_int8` or `_float32`. A graph input is int8 where all its
    readers are, and float32 otherwise; a graph output has the format that it is computed in.
    Operators, activations and graph inputs and outputs keep their names.

    Args:
        graph: float32 throughout.
        quantizations: of each activation that an integer operator reads or writes, by name.
        integer_operators: outputs of the operators that run in INT8; None for all.

    Raises:
        GraphError: a quantisation is missing, is per channel or differs from the one that the
            format prescribes; or the graph is not float.
    """
    for name, found in graph.types.items():
        if found.dtype != "float32":
            raise GraphError(
                f"{graph.name}: quantize expects a float graph, but {name!r} is {found.dtype}"
            )
    return _Quantizer(graph, quantizations, integer_outputs(graph, integer_operators)).graph()


class _Quantizer:
    """The graph under construction."""

    def __init__(
        self, source: Graph, quantizations: Mapping[str, Quantization], integer: frozenset[str]
    ) -> None:
        self._source = source
        self._quantizations = quantizations
        self._integer = integer
        self._operators: list[Operator] = []
        self._constants: dict[str, Array] = {}
        self._types: dict[str, TensorType] = {}
        # Each activation in the other format, or at another scale: made once, found here.
        self._converted: dict[tuple[str, str, bytes], str] = {}
        # Each constant by its name in the source and its content here.
        self._encoded: dict[tuple[str, bytes, bytes], str] = {}
        # What an integer shift still owes to its readers, in the tensor's unit.
        self._owed: dict[str, float] = {}

    def graph(self) -> Graph:
        source = self._source
        for name in source.inputs:
            readers = source.consumers(name)
            integer = bool(readers) and all(op.output in self._integer for op in readers)
            self._declare(name, source.types[name].shape, integer)
        for op in source.operators:
            if op.output in self._integer:
                self._add_integer(op)
            else:
                self._add_float(op)
        made = Graph(
            source.name,
            source.inputs,
            source.outputs,
            tuple(self._operators),
            self._constants,
            self._types,
        )
        made.check()
        return made

    def _add_float(self, op: Operator) -> None:
        inputs = []
        for name in op.inputs:
            if name in self._source.constants:
                self._constants[name] = self._source.constants[name]
                self._types[name] = self._source.types[name]
                inputs.append(name)
            else:
                inputs.append(self._as_float(name))
        self._declare(op.output, self._source.types[op.output].shape, integer=False)
        self._append(op, inputs)

    def _add_integer(self, op: Operator) -> None:
        wanted = self._quantization(op.output)
        prescribed = PRESCRIBED.get(op.kind)
        if prescribed is not None and not same(wanted, prescribed):
            raise GraphError(
                f"{op.output}: the output of {op.kind} has the scale {prescribed.scale[0]} and the "
                f"zero point {prescribed.zero_point[0]} in INT8, found {wanted.scale[0]} and "
                f"{wanted.zero_point[0]}"
            )
        activations = [name for name in op.inputs if name not in self._source.constants]
        codes = {name: self._as_int8(name) for name in activations}
        if op.kind in MOVES_CODES:
            codes = {name: self._rescaled(code, wanted) for name, code in codes.items()}
        self._declare(op.output, self._source.types[op.output].shape, integer=True)
        if op.kind in CONVOLUTIONS:
            constants = self._convolution_constants(op, codes[op.inputs[0]])
        else:
            constants = self._operands(op)
        self._append(op, [codes.get(name) or constants[name] for name in op.inputs])

    def _convolution_constants(self, op: Operator, x: str) -> dict[str, str]:
        """Quantised weights and bias of a convolution, by their names in the source."""
        _, weights_name, bias_name = op.inputs
        missing = {weights_name, bias_name} - set(self._source.constants)
        if missing:
            raise GraphError(
                f"{op.output}: {op.kind} in INT8 needs constant weights and bias, "
                f"but {missing.pop()!r} is computed"
            )
        weights = np.asarray(self._source.constants[weights_name], np.float32)
        bias = np.asarray(self._source.constants[bias_name], np.float32)
        axis = 3 if op.kind is Kind.DEPTHWISE_CONV_2D else 0
        owed = self._owed.get(op.inputs[0])
        if owed is not None:
            taps = tuple(i for i in range(4) if i != axis)
            bias = bias + np.float32(owed) * weights.sum(axis=taps)

        found = self._types[x].quantization
        assert found is not None
        input_scale = found.scale[0]
        of_weights = weight_quantization(weights, axis, bias, float(input_scale))
        of_bias = bias_quantization(input_scale, of_weights)
        return {
            weights_name: self._constant(weights_name, encode(weights, of_weights), of_weights),
            bias_name: self._constant(bias_name, encode_bias(bias, of_bias), of_bias),
        }

    def _operands(self, op: Operator) -> dict[str, str]:
        """Quantised constants of any other operator, by their names in the source."""
        shift = self._whole_shift(op)
        made = {}
        for name in op.inputs:
            if name not in self._source.constants:
                continue
            values = np.asarray(self._source.constants[name], np.float32)
            if shift is not None:
                values = np.full_like(values, shift if op.kind is Kind.ADD else -shift)
            chosen = asymmetric(float(values.min()), float(values.max()))
            made[name] = self._constant(name, encode(values, chosen), chosen)
        return made

    def _whole_shift(self, op: Operator) -> float | None:
        """The shift by whole codes that stands for an ADD or SUB of one number.

        None where the operator is not such a shift, or changes the scale, or has readers that
        cannot make good the fraction of a code by which the shift is off.
        """
        shift = shift_of(self._source, op)
        if shift is None or not absorbs_shift(self._source, op, self._integer):
            return None
        before, after = self._quantization(op.inputs[0]), self._quantization(op.output)
        scale = float(before.scale[0])
        whole = scale * int(before.zero_point[0] - after.zero_point[0])
        if before.scale[0] != after.scale[0] or abs(whole - shift) >= scale:
            return None
        self._owed[op.output] = shift - whole
        return whole

    def _as_int8(self, name: str) -> str:
        if self._types[name].dtype == "int8":
            return name
        return self._convert(name, Kind.QUANTIZE, self._quantization(name), "int8")

    def _as_float(self, name: str) -> str:
        if self._types[name].dtype == "float32":
            return name
        return self._convert(name, Kind.DEQUANTIZE, None, "float32")

    def _rescaled(self, name: str, wanted: Quantization) -> str:
        found = self._types[name].quantization
        assert found is not None
        return name if same(found, wanted) else self._convert(name, Kind.QUANTIZE, wanted, "scaled")

    def _convert(
        self, name: str, kind: Kind, quantization: Quantization | None, suffix: str
    ) -> str:
        key = (name, kind.value, _identity(quantization))
        if key not in self._converted:
            output = self._fresh(f"{name}_{suffix}")
            shape = self._types[name].shape
            dtype = "float32" if quantization is None else "int8"
            self._types[output] = TensorType(shape, dtype, quantization)
            self._operators.append(Operator(kind, (name,), output))
            self._converted[key] = output
        return self._converted[key]

    def _constant(
        self, name: str, codes: NDArray[np.int8] | NDArray[np.int32], quantization: Quantization
    ) -> str:
        """Add a quantised constant, once, under its own name where no other form has that."""
        key = (name, _identity(quantization), codes.tobytes())
        if key not in self._encoded:
            kept = name
            readers = self._source.consumers(name)
            if name in self._constants or any(op.output not in self._integer for op in readers):
                kept = self._fresh(f"{name}_{codes.dtype}")
            self._constants[kept] = codes
            self._types[kept] = TensorType(codes.shape, str(codes.dtype), quantization)
            self._encoded[key] = kept
        return self._encoded[key]

    def _declare(self, name: str, shape: tuple[int, ...], integer: bool) -> None:
        self._types[name] = (
            TensorType(shape, "int8", self._quantization(name)) if integer else TensorType(shape)
        )

    def _append(self, op: Operator, inputs: list[str]) -> None:
        self._operators.append(
            Operator(op.kind, tuple(inputs), op.output, op.activation, op.attributes)
        )

    def _quantization(self, name: str) -> Quantization:
        found = self._quantizations.get(name)
        if found is None:
            raise GraphError(f"{self._source.name}: the INT8 tensor {name!r} has no quantisation")
        if found.scale.shape != (1,) or found.zero_point.shape != (1,):
            raise GraphError(
                f"{self._source.name}: an activation has one scale and one zero point, "
                f"but {name!r} has {found.scale.size} and {found.zero_point.size}"
            )
        return found

    def _fresh(self, name: str) -> str:
        while name in self._types or name in self._source.types:
            name += "_"
        return name


def _identity(quantization: Quantization | None) -> bytes:
    if quantization is None:
        return b""
    return quantization.scale.tobytes() + quantization.zero_point.tobytes()
