"""Colours around a new luma: against the definition, and windows against the whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vernier.errors import UsageError
from vernier.images.bicubic import imresize
from vernier.images.colour import LUMA_OFFSET, OFFSET, RGB_TO_YCBCR
from vernier.images.compose import compose


def whole(low):
    return slice(0, low.shape[0]), slice(0, low.shape[1])


def by_definition(luma, low, scale):
    """To YCbCr, enlarged by `imresize`, with the new luma, and back; in float64, not rounded."""
    limit = np.iinfo(low.dtype).max
    ycbcr = low / limit @ RGB_TO_YCBCR.T + OFFSET
    large = imresize(ycbcr, *luma.shape)
    large[:, :, 0] = luma
    return np.clip((large - OFFSET) @ np.linalg.inv(RGB_TO_YCBCR).T, 0, 1) * limit


def made(height, width, channels, dtype, scale, seed):
    rng = np.random.default_rng(seed)
    low = rng.integers(0, np.iinfo(dtype).max + 1, (height, width, channels)).astype(dtype)
    return low, rng.random((scale * height, scale * width), np.float32)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("size", [(37, 70), (1, 1), (2, 33), (16, 32)])
def test_equals_the_definition(dtype, scale, size):
    low, luma = made(*size, 3, dtype, scale, 1)
    found = compose(luma, low, whole(low), scale)
    assert found.dtype == dtype
    # Half a step of rounding; float32's share, a few parts in 2**24 of the range; and at x3, whose
    # weights are no binary fractions, theirs of 18 bits: 0.001 grey levels of 256.
    slack = 0.5 + np.iinfo(dtype).max * 2.0 ** (-18 if scale == 3 else -20)
    assert np.abs(found - by_definition(luma, low, scale)).max() <= slack


@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(1, 60), st.integers(1, 90)),
    channels=st.sampled_from([1, 3]),
    dtype=st.sampled_from(["uint8", "uint16"]),
    scale=st.sampled_from([2, 3, 4]),
    data=st.data(),
)
def test_a_window_equals_the_whole(size, channels, dtype, scale, data):
    low, luma = made(*size, channels, dtype, scale, 2)
    window = []
    for side in size:
        start = data.draw(st.integers(0, side - 1))
        window.append(slice(start, data.draw(st.integers(start + 1, side))))
    large = tuple(slice(scale * part.start, scale * part.stop) for part in window)
    found = compose(luma[large], low, tuple(window), scale)
    assert np.array_equal(found, compose(luma, low, whole(low), scale)[large])


def test_grey_is_its_luma_over_the_full_range():
    low = np.zeros((1, 256, 1), np.uint8)
    luma = np.repeat((16 + 219 * np.arange(512) / 511)[None, :] / 255, 2, axis=0)
    found = compose(luma.astype(np.float32), low, whole(low), 2)
    assert np.array_equal(found[0, :, 0], np.rint(np.arange(512) / 511 * 255))


@pytest.mark.parametrize("grey", [0, 1, 100, 254, 255])
def test_grey_in_rgb_stays_grey(grey):
    low = np.full((5, 9, 3), grey, np.uint8)
    luma = np.full((10, 18), grey / 255 * 219 / 255 + LUMA_OFFSET, np.float32)
    assert np.unique(compose(luma, low, whole(low), 2)).tolist() == [grey]


def test_luma_of_another_size():
    low = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(UsageError, match="expected luma of 2 times"):
        compose(np.zeros((8, 7), np.float32), low, whole(low), 2)
