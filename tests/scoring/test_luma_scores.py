"""The SR field's protocol, held to the bicubic rows that every paper prints."""

from pathlib import Path
from statistics import fmean

import numpy as np
import pytest
from PIL import Image

from vernier.errors import UsageError
from vernier.images.pairs import list_photos
from vernier.scoring.luma_scores import bicubic_upscale, luma_scores

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
