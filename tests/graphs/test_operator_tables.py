"""Every operator kind is in every table that must know it, and in none that must not."""

from vernier.formats.tflite.operators import CODINGS
from vernier.graphs.graph import CONVOLUTIONS, Kind
from vernier.graphs.operators import blends, convolutions, layout, pointwise
from vernier.graphs.operators.descriptor import IntegerForm
from vernier.graphs.operators.table import DESCRIPTORS
from vernier.quantization.arithmetic.graph import ELEMENTWISE
from vernier.simulation.floats import FLOAT_OPERATORS, LAYOUT
from vernier.simulation.integers import INTEGER_OPERATORS

CONVERSIONS = {Kind.QUANTIZE, Kind.DEQUANTIZE}
OWN_INTEGER_FORM = {
    kind for kind, descriptor in DESCRIPTORS.items() if descriptor.integer is IntegerForm.OWN
}
FAMILIES = [convolutions, pointwise, layout, blends]


def test_each_kind_is_of_one_family():
    described = [kind for family in FAMILIES for kind in family.DESCRIPTORS]
    assert sorted(described) == sorted(Kind)


def test_each_kind_has_a_row_of_the_file_format():
    assert set(CODINGS) == set(Kind)


def test_only_conversions_lack_float_arithmetic():
    assert {kind for kind, d in DESCRIPTORS.items() if d.compute is None} == CONVERSIONS
    assert set(FLOAT_OPERATORS) == set(Kind) - CONVERSIONS


def test_each_integer_form_is_computed_in_numpy_and_in_torch():
    # Convolutions and DEQUANTIZE stand apart; so does interpolation, which mixes codes.
    apart = CONVOLUTIONS | {Kind.DEQUANTIZE}
    assert set(ELEMENTWISE) == OWN_INTEGER_FORM - apart | {Kind.RESIZE_BILINEAR}
    assert set(INTEGER_OPERATORS) == set(ELEMENTWISE)


def test_what_moves_codes_is_the_same_in_float_and_in_codes():
    same_scale = {k for k, d in DESCRIPTORS.items() if d.integer is IntegerForm.SAME_SCALE}
    assert set(LAYOUT) == same_scale - {Kind.RESIZE_BILINEAR}
