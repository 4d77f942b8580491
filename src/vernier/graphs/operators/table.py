"""Every operator's descriptor."""

from __future__ import annotations

from collections.abc import Mapping

from vernier.graphs.graph import Kind, Operator, is_channel_mean
from vernier.graphs.operators import blends, convolutions, layout, pointwise
from vernier.graphs.operators.descriptor import Descriptor, IntegerForm

DESCRIPTORS: Mapping[Kind, Descriptor] = {
    **convolutions.DESCRIPTORS,
    **pointwise.DESCRIPTORS,
    **layout.DESCRIPTORS,
    **blends.DESCRIPTORS,
}


def has_integer_form(op: Operator) -> bool:
    """Whether an operator of a float graph can run in INT8."""
    return DESCRIPTORS[op.kind].integer is not IntegerForm.NONE and not is_channel_mean(op)
