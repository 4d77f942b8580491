import numpy as np
import pytest

from vernier.errors import UsageError
from vernier.metrics.gmsd import gmsd
from vernier.metrics.ms_ssim import ms_ssim
from vernier.metrics.piqe import piqe
from vernier.metrics.planes import grey
from vernier.metrics.ssim import ssim

# Every metric with its least side, as a function of one picture.
JUDGES = {
    "ssim": (lambda picture: ssim(picture, picture), 11),
    "ms_ssim": (lambda picture: ms_ssim(picture, picture), 161),
    "gmsd": (lambda picture: gmsd(picture, picture), 4),
    "piqe": (lambda picture: piqe(picture).score, 1),
}


def test_grey_has_matlabs_coefficients():
    # As MATLAB's documentation of rgb2gray prints them.
    assert grey(np.eye(3)[None])[0] == pytest.approx([0.2989, 0.5870, 0.1140], abs=5e-5)
    assert grey(np.full((1, 1, 3), 255, np.uint8))[0, 0] == 255
    assert grey(np.full((1, 1, 3), 65535, np.uint16))[0, 0] == 65535


@pytest.mark.parametrize("name", JUDGES)
def test_one_picture_in_four_formats(name, scene):
    judge, _ = JUDGES[name]
    eight = np.round(grey(scene) * 255).astype(np.uint8)
    eight = np.pad(eight, ((0, 20), (0, 0)), mode="reflect")
    scores = [
        judge(form)
        for form in (
            eight,
            eight.astype(np.uint16) * 257,
            eight / np.float64(255),
            eight / np.float32(255),
        )
    ]
    assert scores == pytest.approx([scores[0]] * 4, abs=1e-5)


@pytest.mark.parametrize("name", JUDGES)
def test_what_cannot_be_judged_is_refused(name):
    judge, smallest = JUDGES[name]
    good = np.full((170, 170), 0.5)
    bad = good.copy()
    bad[3, 4] = np.nan
    with pytest.raises(UsageError, match="finite"):
        judge(bad)
    with pytest.raises(UsageError, match="divide"):
        judge(good * 255)
    with pytest.raises(UsageError, match=r"\[0, 1\]"):
        judge(good - 0.6)
    with pytest.raises(UsageError, match="found int64"):
        judge(np.ones((170, 170), np.int64))
    with pytest.raises(UsageError, match="plane"):
        judge(np.ones(170))
    with pytest.raises(UsageError, match=f"{smallest}x{smallest}"):
        judge(np.ones((smallest - 1, 170)))


@pytest.mark.parametrize("judge", [ssim, ms_ssim, gmsd])
def test_pictures_of_two_sizes_are_refused(judge):
    with pytest.raises(UsageError, match="one size"):
        judge(np.ones((170, 170)), np.ones((170, 171)))
