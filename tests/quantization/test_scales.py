from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vernier.quantization.scales import (
    PIXELS,
    asymmetric,
    bias_quantization,
    decode,
    encode,
    encode_bias,
    interval,
    weight_quantization,
)

ends = st.floats(-1e3, 1e3, width=32)


def test_pixels_are_their_own_codes() -> None:
    found = asymmetric(*PIXELS)
    assert found.scale[0] == np.float32(1 / 255)
    assert found.zero_point[0] == -128
    pixels = np.arange(256, dtype=np.float32) / np.float32(255)
    np.testing.assert_array_equal(encode(pixels, found), np.arange(256) - 128)


@given(ends, ends)
def test_zero_is_a_code_and_the_interval_is_covered(a: float, b: float) -> None:
    low, high = min(a, b, 0.0), max(a, b, 0.0)
    found = asymmetric(a if a < b else b, b if a < b else a)
    zero = np.zeros(1, np.float32)
    assert decode(encode(zero, found), found)[0] == 0.0
    first, last = interval(found)
    step = float(found.scale[0])
    # Nudging moves the interval by half a step at most.
    assert first <= low + step * 0.501
    assert last >= high - step * 0.501
    assert last - first <= (high - low) * (1 + 1e-6) or high - low < 2.0**-100


@given(st.integers(0, 2**32 - 1), ends, ends)
def test_rounding_errs_by_half_a_step(seed: int, a: float, b: float) -> None:
    found = asymmetric(min(a, b), max(a, b))
    first, last = interval(found)
    values = np.random.default_rng(seed).uniform(first, last, 100).astype(np.float32)
    error = np.abs(decode(encode(values, found), found) - values)
    assert error.max() <= float(found.scale[0]) * 0.5001


@given(st.integers(0, 2**32 - 1))
def test_weights_are_symmetric_and_use_all_of_the_narrow_range(seed: int) -> None:
    weights = np.random.default_rng(seed).normal(size=(8, 3, 3, 4)).astype(np.float32)
    found = weight_quantization(weights, 0, np.zeros(8, np.float32), 0.01)
    codes = encode(weights, found)
    np.testing.assert_array_equal(np.abs(codes.astype(int)).max(axis=(1, 2, 3)), 127)
    np.testing.assert_array_equal(encode(-weights, found), -codes)
    assert not found.zero_point.any()


def test_a_bias_beside_tiny_weights_fits_into_32_bits() -> None:
    weights = np.zeros((3, 1, 1, 2), np.float32)
    weights[0] = 1.0
    bias = np.array([0.1, 1e6, 0.0], np.float32)
    found = weight_quantization(weights, 0, bias, 1e-3)
    of_bias = bias_quantization(np.float32(1e-3), found)
    codes = encode_bias(bias, of_bias)
    np.testing.assert_allclose(codes * of_bias.scale.astype(np.float64), bias, rtol=1e-4)


def test_a_layer_of_zeros_has_a_usable_scale() -> None:
    zeros = np.zeros((2, 1, 1, 2), np.float32)
    found = weight_quantization(zeros, 0, np.zeros(2, np.float32), 0.01)
    assert (found.scale > 0).all()
