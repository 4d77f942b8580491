import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vernier.metrics.filters import gaussian, separable_filter


def test_gaussian_is_matlabs():
    # fspecial('gaussian', 3, 0.5): the printed matrix of MATLAB's documentation.
    taps = np.array(gaussian(3, 0.5))
    assert np.outer(taps, taps)[1] == pytest.approx([0.0838, 0.6193, 0.0838], abs=5e-5)


@given(st.integers(7, 60), st.integers(7, 60), st.sampled_from([3, 7]))
def test_equals_the_sum_of_shifted_copies(height, width, count):
    plane = np.random.default_rng(height * 64 + width).random((height, width))
    taps = tuple(np.random.default_rng(count).random(count))
    rows, columns = height - count + 1, width - count + 1
    wanted = sum(
        taps[i] * taps[j] * plane[i : i + rows, j : j + columns]
        for i in range(count)
        for j in range(count)
    )
    np.testing.assert_allclose(separable_filter(plane, taps), wanted, rtol=1e-12)
