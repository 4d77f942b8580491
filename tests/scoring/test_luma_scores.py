"""The SR field's protocol, held to the bicubic rows that every paper prints."""

from pathlib import Path
from statistics import fmean

import numpy as np
import pytest
from PIL import Image

from vernier.errors import UsageError
from vernier.images.bicubic import downscale, imresize
from vernier.images.dead_leaves import dead_leaves
from vernier.images.pairs import list_photos
from vernier.scoring.luma_scores import bicubic_upscale, luma_scores, network_upscale

DATA = Path(__file__).parents[2] / "../shared/data/eval"


@pytest.mark.parametrize(
    ("title", "scale", "psnr_db", "ssim"),
    # SESR, MLSys 2022, tables 1 and 2; the same in CARN's and LapSRN's.
    [("Set5", 2, 33.68, 0.9307), ("Set5", 4, 28.43, 0.8113), ("BSD100", 4, 25.96, 0.6682)],
)
def test_bicubic_is_as_published(title, scale, psnr_db, ssim):
    if not (DATA / title).is_dir():
        pytest.skip(f"the {title} photos are not here")
    scores = luma_scores(bicubic_upscale(scale), list_photos(DATA / title), scale)
    assert fmean(s.psnr_db for s in scores) == pytest.approx(psnr_db, abs=0.01)
    assert fmean(s.ssim for s in scores) == pytest.approx(ssim, abs=0.0002)


def test_a_photo_too_small_for_ssim_is_refused(tmp_path):
    Image.fromarray(np.zeros((12, 40, 3), np.uint8)).save(tmp_path / "low.png")
    with pytest.raises(UsageError, match="too small"):
        luma_scores(bicubic_upscale(2), list_photos(tmp_path), 2)


def test_a_grey_photo_is_scored_on_its_own_samples(tmp_path):
    """Through RGB and studio luma, 219 steps of 255, PSNR would be 20 log10(255 / 219) higher."""
    grey = np.rint(255 * dead_leaves(96, 120, channels=1, seed=2)[:, :, 0]).astype(np.uint8)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    Image.fromarray(np.repeat(grey[:, :, None], 3, axis=2)).save(tmp_path / "rgb.png")
    alone, coloured = luma_scores(bicubic_upscale(2), list_photos(tmp_path), 2)
    reals = grey.astype(np.float64)
    made = np.clip(imresize(downscale(grey, 2).astype(np.float64), *grey.shape), 0, 255)
    error = (made - reals)[2:-2, 2:-2]
    assert alone.photo == "grey.png"
    assert alone.psnr_db == pytest.approx(10 * np.log10(255**2 / np.mean(error**2)), abs=1e-4)
    assert coloured.psnr_db - alone.psnr_db == pytest.approx(20 * np.log10(255 / 219), abs=0.02)


def test_a_network_of_rgb_makes_grey_of_grey(tmp_path):
    grey = np.rint(255 * dead_leaves(64, 64, channels=1, seed=2)[:, :, 0]).astype(np.uint8)
    Image.fromarray(grey).save(tmp_path / "grey.png")

    class Doubled:
        channels = 3

        def __call__(self, planes):
            assert planes.shape == (32, 32, 3)
            return planes.repeat(2, axis=0).repeat(2, axis=1)

    (score,) = luma_scores(network_upscale(Doubled()), list_photos(tmp_path), 2)
    made = downscale(grey, 2).repeat(2, axis=0).repeat(2, axis=1).astype(float)
    error = (made - grey)[2:-2, 2:-2]
    assert score.psnr_db == pytest.approx(10 * np.log10(255**2 / np.mean(error**2)), abs=1e-4)
