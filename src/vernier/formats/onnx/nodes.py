"""An ONNX graph while it is being written: nodes and constants, by names that are free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

TO_NCHW, TO_NHWC = (0, 3, 1, 2), (0, 2, 3, 1)
AXES = {1: 2, 2: 3, 3: 1}
"""An axis of `(1, H, W, C)` as that of `(1, C, H, W)`."""


@dataclass
class Nodes:
    """Nodes in an order in which they can run, and the constants that they read.

    Attributes:
        opset: the version of ONNX's own operators.
        nodes: `onnx.NodeProto`s.
        constants: `onnx.TensorProto`s by name.
        label: what the nodes that are added belong to; see `add`.
        taken: names of tensors that are given already.
    """

    opset: int
    nodes: list[Any] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)
    label: str = ""
    taken: set[str] = field(default_factory=set)
    _labels: set[str] = field(default_factory=set)

    def fresh(self, name: str) -> str:
        """The name, with the lowest number behind it that no tensor has yet if it is taken."""
        chosen = _free(name, self.taken)
        self.taken.add(chosen)
        return chosen

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """A constant; gives the name that it got."""
        from onnx import numpy_helper

        name = self.fresh(name)
        array = np.asarray(values, order="C")
        self.constants[name] = numpy_helper.from_array(array, name)
        return name

    def wholes(self, name: str, values: Iterable[int]) -> str:
        """A constant of whole numbers, as sizes, axes and pads are."""
        return self.constant(name, np.array(list(values), np.int64))

    def add(
        self, kind: str, inputs: Sequence[str], output: str, suffix: str = "", **attributes: Any
    ) -> str:
        """Append a node; gives `output`, which must be free or declared.

        The node is called `label`, or `label/suffix`, so that its name begins with its layer's.
        """
        from onnx import helper

        wanted = f"{self.label}/{suffix}" if suffix else self.label
        name = _free(wanted, self._labels)
        self._labels.add(name)
        given = {key: value for key, value in attributes.items() if value is not None}
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=name, **given))
        return output

    def between(
        self, kind: str, inputs: Sequence[str], name: str, suffix: str, **attributes: Any
    ) -> str:
        """Append a node whose result only the next ones read; gives the name that it got."""
        return self.add(kind, inputs, self.fresh(name), suffix, **attributes)


def _free(name: str, taken: set[str]) -> str:
    chosen, number = name, 1
    while chosen in taken:
        number += 1
        chosen = f"{name}_{number}"
    return chosen
