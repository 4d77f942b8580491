import numpy as np
import pytest

from vernier.metrics.planes import grey
from vernier.metrics.ssim import ssim


def test_equals_the_official_scores(official):
    # The published pairs were scored on MATLAB's grey, not on BT.601's studio luma.
    for name, reference, distorted, scores in official:
        assert ssim(grey(reference), grey(distorted)) == pytest.approx(
            scores["ssim_y"], abs=5e-5
        ), name


def test_equals_scikit_image(scene):
    # structural_similarity of scikit-image 0.26 with channel_axis=2, gaussian_weights=True,
    # sigma=1.5, use_sample_covariance=False, data_range=255 on these two pictures.
    eight = np.round(scene * 255).astype(np.uint8)
    noise = np.random.default_rng(1).normal(0, 15, eight.shape)
    noisy = np.clip(eight + noise, 0, 255).astype(np.uint8)
    assert ssim(eight, noisy) == pytest.approx(0.7698966157, abs=1e-8)


def test_equal_pictures(scene):
    assert ssim(scene, scene) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(("one", "other"), [(0.0, 1.0), (0.25, 0.5), (0.5, 0.5)])
def test_constant_pictures_leave_the_luminance_factor(one, other):
    a, b, c = 255 * one, 255 * other, (0.01 * 255) ** 2
    wanted = (2 * a * b + c) / (a * a + b * b + c)
    assert ssim(np.full((12, 30), one), np.full((12, 30), other)) == pytest.approx(wanted)


def test_a_negative_has_negative_similarity():
    picture = np.random.default_rng(0).random((40, 40))
    assert ssim(picture, 1.0 - picture) < -0.8


def test_is_symmetric_and_the_mean_over_channels(scene):
    other = np.clip(scene * 0.9 + 0.05, 0, 1)
    channels = [ssim(scene[:, :, i], other[:, :, i]) for i in range(3)]
    assert ssim(scene, other) == pytest.approx(np.mean(channels))
    assert ssim(scene, other) == pytest.approx(ssim(other, scene))
