"""A split as the files that other tools take: their runtime, or their quantiser.

A tool is a row of `TOOLS`. What is float in the split is float in theirs; tools that quantise for
themselves choose their own scales, the others get ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vernier.export.onnx_files import onnx_bytes
from vernier.export.splits import mixed_graph
from vernier.export.whole import at_file_size
from vernier.formats.onnx.codes import Codes
from vernier.formats.tflite.writer import write
from vernier.graphs.graph import CONVOLUTIONS, Graph
from vernier.processor_id import ProcessorId, is_integer
from vernier.quantization.ranges import Ranges
from vernier.quantization.scales import interval
from vernier.units.split import Split
from vernier.units.unit import Unit

MIXED, FLOAT_ONNX, FLOAT_TFLITE = "network.onnx", "float.onnx", "float.tflite"
OVERRIDES, IGNORED = "quantization_overrides.json", "ignored_scope.json"


@dataclass(frozen=True)
class SplitNetwork:
    """What is handed over.

    Attributes:
        graph: float32.
        units: of it.
        split: of these units.
        ranges: of what is in INT8.
    """

    graph: Graph
    units: tuple[Unit, ...]
    split: Split
    ranges: Ranges

    @property
    def mixed(self) -> Graph:
        """What the split computes."""
        return mixed_graph(self.graph, self.units, self.split, self.ranges)

    @property
    def float_units(self) -> list[Unit]:
        """Those that the split runs in float."""
        pairs = zip(self.units, self.split, strict=True)
        return [unit for unit, processor in pairs if not is_integer(processor)]

    @property
    def float_tensors(self) -> list[str]:
        """Outputs of the operators of those units, by their names in the graph and in `.tflite`."""
        return [output for unit in self.float_units for output in unit.operators]

    @property
    def float_inputs(self) -> list[str]:
        """The graph's inputs that float units read."""
        floats = {*self.float_tensors}
        return [
            name
            for name in self.graph.inputs
            if any(op.output in floats for op in self.graph.consumers(name))
        ]


@dataclass(frozen=True)
class Tool:
    """What takes a split.

    Attributes:
        make: its files by name.
        use: how they are used, in one line.
        tested: whether a test of ours runs the tool on them; the format of the others is from
            general knowledge of the tool, and was checked against none of its versions.
    """

    make: Callable[[SplitNetwork], dict[str, bytes]]
    use: str
    tested: bool = True


def _onnx(network: SplitNetwork, codes: Codes = Codes.U8U8) -> bytes:
    return onnx_bytes(network.mixed, network.units, MIXED, codes=codes)


def _float_onnx(network: SplitNetwork) -> bytes:
    return onnx_bytes(network.graph, network.units, FLOAT_ONNX)


def _json(content: object) -> bytes:
    return json.dumps(content, indent=1).encode() + b"\n"


def _float_nodes(network: SplitNetwork) -> list[str]:
    """The names of the ONNX nodes of float units, in order."""
    from onnx import ModelProto

    names = {unit.name for unit in network.float_units}
    model = ModelProto.FromString(_float_onnx(network))
    # A unit's own name may hold slashes.
    return [n.name for n in model.graph.node if any(_belongs(n.name, name) for name in names)]


def _belongs(node: str, unit: str) -> bool:
    return node == unit or node.startswith(f"{unit}/")


def _device_of(network: SplitNetwork) -> dict[str, str]:
    """Each unit's device in capitals, as OpenVINO calls them."""
    return {
        unit.name: ProcessorId.parse(processor).device.upper()
        for unit, processor in zip(network.units, network.split, strict=True)
    }


def _onnxruntime(network: SplitNetwork) -> dict[str, bytes]:
    devices: dict[str, list[str]] = {}
    for unit, device in _device_of(network).items():
        devices.setdefault(device.lower(), []).append(unit)
    rules = "; ".join(f"{device}({','.join(units)})" for device, units in devices.items())
    settings = {
        "session_config": {
            "session.name_based_layer_assignment": rules,
            "session.record_ep_graph_assignment_info": "1",
        },
        "disabled_optimizers": ["WeightBiasQuantization"],
        "float_units": [unit.name for unit in network.float_units],
    }
    return {MIXED: _onnx(network), "session.json": _json(settings)}


def _ai_edge_quantizer(network: SplitNetwork) -> dict[str, bytes]:
    def rule(regex: str, algorithm: str, config: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "regex": regex,
            "operation": "*",
            "algorithm_key": algorithm,
            "op_config": {
                **config,
                "explicit_dequantize": False,
                "skip_checks": False,
                "min_weight_elements": 0,
            },
        }

    activations = {"num_bits": 8, "symmetric": False, "granularity": "TENSORWISE", "dtype": "INT"}
    weights = {"num_bits": 8, "symmetric": True, "granularity": "CHANNELWISE", "dtype": "INT"}
    integer = {
        "activation_tensor_config": activations,
        "weight_tensor_config": weights,
        "compute_precision": "INTEGER",
    }
    # A scope is the name of what an operator computes and a semicolon; later rules go first.
    rules = [rule(".*", "min_max_uniform_quantize", integer)]
    rules += [
        rule(f"^{re.escape(name)};$", "no_quantize", {"compute_precision": "FLOAT"})
        for name in (*network.float_tensors, *network.float_inputs)
    ]
    model = write(at_file_size(network.graph))
    return {FLOAT_TFLITE: model, "recipe.json": _json(rules)}


def _nncf(network: SplitNetwork) -> dict[str, bytes]:
    return {
        FLOAT_ONNX: _float_onnx(network),
        IGNORED: _json({"names": _float_nodes(network)}),
    }


def _openvino(network: SplitNetwork) -> dict[str, bytes]:
    from onnx import ModelProto

    content = _onnx(network)
    devices = _device_of(network)
    affinities = {}
    for node in ModelProto.FromString(content).graph.node:
        unit = next((name for name in devices if _belongs(node.name, name)), None)
        if unit is not None:
            affinities[node.name] = devices[unit]
    order = list(dict.fromkeys(devices.values()))
    settings = {
        "device": f"HETERO:{','.join(order)}",
        # HETERO wants one for every node, also for constants and ports.
        "default": order[0],
        "affinity": affinities,
    }
    return {MIXED: content, "affinities.json": _json(settings)}


def _rknn(network: SplitNetwork) -> dict[str, bytes]:
    lines = [
        "# Untested: no RKNN-Toolkit2 ran on this; compare it with your version's documentation.",
        "# Put these into the .quantization.cfg that rknn.hybrid_quantization_step1() writes.",
        "custom_quantize_layers:",
        *(f"    {name}: float16" for name in network.float_tensors),
    ]
    return {
        FLOAT_ONNX: _float_onnx(network),
        "hybrid.quantization.cfg": ("\n".join(lines) + "\n").encode(),
    }


def _qnn(network: SplitNetwork) -> dict[str, bytes]:
    mixed = network.mixed
    activations: dict[str, Any] = {}
    for name in mixed.activations():
        found = mixed.types[name].quantization
        # Tensors that only a change of format makes are not in the float file.
        if found is None or name not in network.graph.types:
            continue
        low, high = interval(found)
        activations[name] = [
            {
                "bitwidth": 8,
                "dtype": "int",
                "is_symmetric": "False",
                "min": low,
                "max": high,
                "scale": float(found.scale[0]),
                "offset": -(int(found.zero_point[0]) + 128),
            }
        ]
    parameters: dict[str, Any] = {}
    for op in mixed.operators:
        if op.kind not in CONVOLUTIONS:
            continue
        scales = mixed.types[op.inputs[1]].quantization
        if scales is not None:
            parameters[op.inputs[1]] = [
                {
                    "bitwidth": 8,
                    "dtype": "int",
                    "is_symmetric": "True",
                    "min": -128 * float(scale),
                    "max": 127 * float(scale),
                    "scale": float(scale),
                    "offset": -128,
                }
                for scale in scales.scale
            ]
    overrides = {
        "version": "0.6.1",
        "activation_encodings": activations,
        "param_encodings": parameters,
    }
    return {FLOAT_ONNX: _float_onnx(network), OVERRIDES: _json(overrides)}


TOOLS: Mapping[str, Tool] = {
    "onnxruntime": Tool(
        _onnxruntime,
        f"InferenceSession({MIXED!r}, options, disabled_optimizers=...), the options of "
        "session.json by add_session_config_entry",
    ),
    "ai-edge-quantizer": Tool(
        _ai_edge_quantizer, f"Quantizer({FLOAT_TFLITE!r}, 'recipe.json'), calibrate, quantize"
    ),
    "nncf": Tool(
        _nncf,
        f"nncf.quantize(onnx.load({FLOAT_ONNX!r}), photos, ignored_scope=IgnoredScope(names=...)) "
        f"with the names of {IGNORED}",
    ),
    "openvino": Tool(
        _openvino,
        "for each op of read_model: op.get_rt_info()['affinity'] as in affinities.json, or its "
        "default; then compile_model(model, its device)",
    ),
    "rknn": Tool(
        _rknn,
        f"rknn.load_onnx({FLOAT_ONNX!r}), hybrid_quantization_step1, then these lines into its "
        ".quantization.cfg",
        False,
    ),
    "qnn": Tool(
        _qnn,
        f"qnn-onnx-converter --input_network {FLOAT_ONNX} --quantization_overrides {OVERRIDES} "
        "--float_fallback",
        False,
    ),
}
