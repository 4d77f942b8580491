import math

import numpy as np
import pytest

from vernier.errors import UsageError
from vernier.metrics.psnr import psnr


def test_closed_form():
    a = np.zeros((4, 4))
    assert psnr(a, a + 0.1) == pytest.approx(20.0)
    assert psnr(a, a + 25.5, peak=255) == pytest.approx(20.0)
    assert psnr(a, a) == math.inf


def test_equals_the_official_scores(official):
    # Published as luma PSNR; these numbers are those of all RGB samples together.
    for name, reference, distorted, scores in official:
        assert psnr(reference, distorted, 255) == pytest.approx(scores["psnr_y"], abs=5e-3), name


def test_unsigned_samples_do_not_wrap_around():
    assert psnr(np.array([0], np.uint8), np.array([255], np.uint8), peak=255) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.zeros((2, 2)), np.zeros((2, 3))),
        (np.zeros(0), np.zeros(0)),
        (np.zeros(1), np.full(1, np.nan)),
    ],
)
def test_what_cannot_be_compared_is_refused(first, second):
    with pytest.raises(UsageError):
        psnr(first, second)
