"""Strips against the whole: `imresize`, which the published bicubic rows hold to MATLAB's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vernier.errors import UsageError
from vernier.images import resize
from vernier.images.bicubic import imresize
from vernier.images.resize import resize_samples

SIDES = st.integers(1, 40)


@settings(max_examples=60, deadline=None)
@given(
    sides=st.tuples(SIDES, SIDES, SIDES, SIDES),
    channels=st.sampled_from([None, 1, 3]),
    dtype=st.sampled_from(["uint8", "uint16", "float32"]),
    strip_bytes=st.sampled_from([1, 700, 1 << 18]),
    seed=st.integers(0, 9),
)
def test_strips_equal_the_whole(sides, channels, dtype, strip_bytes, seed):
    height, width, out_height, out_width = sides
    rng = np.random.default_rng(seed)
    shape = (height, width) if channels is None else (height, width, channels)
    limit = {"uint8": 255, "uint16": 65535, "float32": 1}[dtype]
    samples = (rng.random(shape) * limit).astype(dtype)
    before, resize.STRIP_BYTES = resize.STRIP_BYTES, strip_bytes
    try:
        found = resize_samples(samples, out_height, out_width)
    finally:
        resize.STRIP_BYTES = before
    wanted = np.clip(imresize(samples.astype(np.float32), out_height, out_width), 0, limit)
    if dtype != "float32":
        wanted = np.rint(wanted).astype(dtype)
    assert found.dtype == samples.dtype
    assert np.array_equal(found, wanted)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_flat_picture_stays_flat_at_any_size(dtype):
    flat = np.full((9, 14, 3), 201, dtype)
    for height, width in ((1, 1), (9, 14), (4, 31), (23, 5), (18, 28)):
        assert np.unique(resize_samples(flat, height, width)).tolist() == [201]


def test_a_ramp_keeps_its_slope():
    # Cubic convolution reproduces a straight line: at factor 2, sample i lies at (i + 0.5)/2 - 0.5.
    ramp = np.tile(np.arange(0, 64, 4, dtype=np.uint16)[None, :] * 100, (6, 1))
    wide = resize_samples(ramp, 6, 32)
    assert np.array_equal(wide[0, 4:-4], (((np.arange(32) + 0.5) / 2 - 0.5) * 400)[4:-4])


@pytest.mark.parametrize(
    ("samples", "size"),
    [
        (np.zeros((2, 2), np.int32), (4, 4)),
        (np.zeros((0, 2), np.uint8), (4, 4)),
        (np.zeros((2, 2), np.uint8), (0, 4)),
    ],
)
def test_what_cannot_be_resized(samples, size):
    with pytest.raises(UsageError, match="expected"):
        resize_samples(samples, *size)
