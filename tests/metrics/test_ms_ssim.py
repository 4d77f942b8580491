import numpy as np
import pytest

from vernier.metrics.ms_ssim import EXPONENTS, Pooling, ms_ssim
from vernier.metrics.planes import grey

# The scores at hand give I06 the number of its neighbour in the published table, 0.9996.
MISPRINTED = {"I06.bmp": 0.9998}


def test_equals_the_official_scores(official):
    # They were pooled by the weighted sum, so that is the default.
    for name, reference, distorted, scores in official:
        score = ms_ssim(grey(reference), grey(distorted))
        assert score == pytest.approx(MISPRINTED.get(name, scores["ms_ssim"]), abs=5e-5), name


@pytest.mark.parametrize("pooling", Pooling)
@pytest.mark.parametrize("size", [(161, 161), (175, 203)])
def test_equal_pictures(pooling, size):
    picture = np.random.default_rng(0).random(size)
    assert ms_ssim(picture, picture, pooling) == pytest.approx(1.0, abs=1e-12)


def test_constant_pictures_leave_the_luminance_of_the_coarsest_scale():
    a, b, c = 255 * 0.25, 255 * 0.5, (0.01 * 255) ** 2
    luminance = (2 * a * b + c) / (a * a + b * b + c)
    first, second = np.full((165, 200), 0.25), np.full((165, 200), 0.5)
    assert ms_ssim(first, second, Pooling.PRODUCT) == pytest.approx(luminance ** EXPONENTS[-1])
    wanted = 1 - EXPONENTS[-1] + EXPONENTS[-1] * luminance
    assert ms_ssim(first, second, Pooling.SUM) == pytest.approx(wanted, abs=1e-4)


def test_a_negative_scores_zero_and_not_nan():
    picture = np.random.default_rng(0).random((170, 170))
    assert ms_ssim(picture, 1.0 - picture, Pooling.PRODUCT) == 0.0


def test_a_shift_of_one_pixel_matters_less_at_coarse_scales():
    noise = np.random.default_rng(0).random((200, 200))
    coarse = np.kron(np.random.default_rng(0).random((20, 20)), np.ones((10, 10)))
    shifted = [ms_ssim(p[:, 1:], p[:, :-1], Pooling.PRODUCT) for p in (noise, coarse)]
    assert shifted[0] < 0.3
    assert shifted[1] > 0.6
