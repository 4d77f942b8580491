"""Every method against LiteRT's QUANTIZE and DEQUANTIZE, bit by bit."""

import numpy as np
import pytest
from contenders import CONTENDERS, LITERT, converted, same_bits
from hypothesis import given, settings
from hypothesis import strategies as st

from vernier.conversion.look_up import code_borders
from vernier.quantization.arithmetic.elementwise import Target
from vernier.quantization.scales import encode, per_tensor

ALL_CODES = np.arange(-128, 128).astype(np.int8)
CODINGS = [(1.0, 0), (0.05, 7), (0.1234, -128), (3e-5, 127), (2.0**-100, -3), (2.0**100, 4)]
SPECIAL = np.array(
    [np.nan, -np.nan, np.inf, -np.inf, 3.4e38, -3.4e38, 1e-42, -1e-42, 0.0, -0.0], np.float32
)
SIZES = [1, 2, 15, 16, 17, 31, 32, 33, 63, 65, 1000, (1 << 17) + 5]


def values_around(coding, size, seed=0):
    """Reals in range and beyond it, exact halves between codes, and what is no number."""
    random = np.random.default_rng(seed)
    scale = coding.scale[0]
    with np.errstate(over="ignore"):
        values = (random.normal(size=size).astype(np.float32) * 90) * scale
        values[::5] = (np.rint(values[::5] / scale) + np.float32(0.5)) * scale
    place = random.permutation(size)[: SPECIAL.size]
    values[place] = SPECIAL[: place.size]
    return values


@pytest.mark.parametrize("coding", CODINGS)
def test_all_codes_to_reals(method, coding):
    coding = per_tensor(*coding)
    expected = converted(LITERT, ALL_CODES, coding, None)
    assert np.unique(expected).size == 256
    assert same_bits(converted(method, ALL_CODES, coding, None), expected)


@pytest.mark.parametrize("before", CODINGS)
@pytest.mark.parametrize(
    "ratio", [1 / 300, 1 / 256, 0.01, 0.37, 0.999, 1.0, 1.5, 20.0, 127.9, 200.0]
)
def test_all_codes_to_other_codes(method, before, ratio):
    scale, zero_point = before
    before, after = per_tensor(scale, zero_point), per_tensor(scale / ratio, 5)
    # Twice and a bit more, since the engine treats the last elements apart.
    codes = np.concatenate([ALL_CODES, ALL_CODES, ALL_CODES[:13]])
    expected = converted(LITERT, codes, before, after)
    assert same_bits(converted(method, codes, before, after), expected)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("size", SIZES)
def test_reals_to_codes(method, coding, size):
    coding = per_tensor(*coding)
    values = values_around(coding, size)
    expected = converted(LITERT, values, None, coding)
    assert same_bits(converted(method, values, None, coding), expected)


@pytest.mark.parametrize("offset", [1, 3, 16])
@pytest.mark.parametrize("size", [1, 16, 47, 1000])
def test_buffers_at_odd_addresses(method, offset, size):
    first, second = per_tensor(0.05, 7), per_tensor(0.07, -20)
    codes = np.resize(ALL_CODES, size)
    values = values_around(first, size)
    for source, before, after in (
        (values, None, first),
        (codes, first, None),
        (codes, first, second),
    ):
        expected = converted(LITERT, source, before, after)
        assert same_bits(converted(method, source, before, after, offset), expected)


@pytest.mark.parametrize("coding", CODINGS)
def test_borders_between_codes(method, coding):
    """The border as found by bisection is the engine's too: one float below is one code less."""
    coding = per_tensor(*coding)
    borders = code_borders(Target.of(coding))[1:]
    reached = np.isfinite(borders)
    assert reached.sum() >= 250
    below = np.nextafter(borders, np.float32(-np.inf))
    codes = np.arange(-127, 128).astype(np.int8)
    for values, expected in ((borders, codes), (below, codes - 1)):
        values, expected = values[reached], expected[reached].astype(np.int8)
        assert np.array_equal(converted(LITERT, values, None, coding), expected)
        assert np.array_equal(converted(method, values, None, coding), expected)


def test_halves_go_to_even_before_the_zero_point(method):
    halves = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], np.float32)
    for zero_point in (0, 7):
        codes = converted(method, halves, None, per_tensor(1.0, zero_point))
        assert list(codes - zero_point) == [-2, -2, 0, 0, 2, 2]


def test_what_is_no_number_becomes_the_highest_code(method):
    codes = converted(method, SPECIAL[:6], None, per_tensor(0.5, -9))
    assert list(codes) == [127, 127, 127, -128, 127, -128]


def test_codes_survive_the_way_through_reals(method):
    coding = per_tensor(0.017, -31)
    reals = converted(method, ALL_CODES, coding, None)
    assert np.array_equal(converted(method, reals, None, coding), ALL_CODES)


def test_the_same_coding_copies_everything(method):
    coding = per_tensor(0.017, -31)
    assert np.array_equal(converted(method, ALL_CODES, coding, per_tensor(0.017, -31)), ALL_CODES)
    values = values_around(coding, 1000)
    assert same_bits(converted(method, values, None, None), values)


scales = st.floats(-100, 100).map(lambda exponent: float(np.float32(2.0**exponent)))
zero_points = st.integers(-128, 127)


@settings(max_examples=40, deadline=None)
@given(
    scale=scales, zero_point=zero_points, seed=st.integers(0, 2**32 - 1), size=st.integers(1, 300)
)
def test_any_bits_to_codes(scale, zero_point, seed, size):
    """Half of them any float32 there is, NaNs and denormals too; half of them near the range."""
    coding = per_tensor(scale, zero_point)
    values = values_around(coding, size, seed)
    bits = np.random.default_rng(seed).integers(0, 2**32, size, dtype=np.uint32)
    values[::2] = bits.view(np.float32)[::2]
    expected = converted(LITERT, values, None, coding)
    for name, method in CONTENDERS.items():
        if method.availability()[0]:
            assert same_bits(converted(method, values, None, coding), expected), name


@settings(max_examples=40, deadline=None)
@given(scale=scales, zero_points=st.tuples(zero_points, zero_points), ratio=st.floats(-9, 8))
def test_any_coding_to_reals_and_codes(scale, zero_points, ratio):
    before = per_tensor(scale, zero_points[0])
    after = per_tensor(scale * 2.0**ratio, zero_points[1])
    codes = np.concatenate([ALL_CODES, ALL_CODES[::-1][:27]])
    for target in (None, after):
        expected = converted(LITERT, codes, before, target)
        for name, method in CONTENDERS.items():
            if method.availability()[0]:
                assert same_bits(converted(method, codes, before, target), expected), name


def test_division_would_differ():
    """The engine multiplies by the inverse: dividing by the scale moves some borders by a bit."""
    coding = per_tensor(0.017, 0)
    borders = code_borders(Target.of(coding))[1:]
    below = np.nextafter(borders, np.float32(-np.inf))
    codes = np.arange(-127, 128)
    divided = encode(borders, coding), encode(below, coding)
    assert not (np.array_equal(divided[0], codes) and np.array_equal(divided[1], codes - 1))
    assert np.abs(divided[0] - codes).max() <= 1
