import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vernier.metrics.piqe import SHIFTS, piqe, steady_piqe
from vernier.metrics.planes import grey


def test_equals_the_official_scores(official):
    for name, _, distorted, scores in official:
        assert piqe(distorted).score == pytest.approx(scores["piqe"], abs=0.05), name


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (15, 40)])
def test_a_constant_picture_scores_100(size):
    judged = piqe(np.full(size, 0.5))
    assert judged.score == 100.0
    assert not judged.activity.any()
    assert judged.activity.shape == size


def by_the_letter(plane):
    """The published algorithm without any cleverness: loops, one block at a time."""
    height, width = plane.shape
    plane = np.pad(plane, ((0, -height % 16), (0, -width % 16)), mode="edge")
    at = np.arange(-3, 4)
    window = np.exp(-(at[:, None] ** 2 + at[None, :] ** 2) / (2 * (7 / 6) ** 2))
    window /= window.sum()
    padded = np.pad(plane, 3, mode="edge")
    views = np.lib.stride_tricks.sliding_window_view(padded, (7, 7))
    mean = np.einsum("ijkl,kl->ij", views, window)
    variance = np.einsum("ijkl,kl->ij", views * views, window) - mean * mean
    normal = (plane - mean) / (np.sqrt(np.abs(variance)) + 1)
    distortion, active = 0.0, 0
    for top in range(0, plane.shape[0], 16):
        for left in range(0, plane.shape[1], 16):
            block = normal[top : top + 16, left : left + 16]
            v = block.var(ddof=1)
            if v <= 0.1:
                continue
            active += 1
            edges = (block[0], block[-1], block[:, 0], block[:, -1])
            if any(e[i : i + 6].std(ddof=1) < 0.1 for e in edges for i in range(11)):
                distortion += 1 - v
            surround = np.delete(np.delete(block, 7, axis=1), 8, axis=1)
            ratio = block[:, 7:9].std(ddof=1) / surround.std(ddof=1)
            if np.sqrt(v) > 2 * abs(np.sqrt(v) - ratio) / max(np.sqrt(v), ratio):
                distortion += v
    return 100 * (distortion + 1) / (active + 1)


@pytest.mark.parametrize("cut", [(144, 192), (150, 203), (37, 16), (17, 31)])
def test_equals_the_loops_at_any_size(scene, cut):
    eight = np.round(grey(scene) * 255).astype(np.uint8)[: cut[0], : cut[1]]
    noisy = np.clip(eight + np.random.default_rng(3).normal(0, 12, cut), 0, 255).astype(np.uint8)
    assert piqe(eight).score == pytest.approx(by_the_letter(eight.astype(float)), abs=1e-9)
    assert piqe(noisy).score == pytest.approx(by_the_letter(noisy.astype(float)), abs=1e-9)


def test_masks_say_where():
    picture = np.full((48, 48), 0.5)
    picture[16:32, 16:32] += np.random.default_rng(0).normal(0, 0.1, (16, 16))
    picture[32:40, :16] = 0.0  # an edge across a block, flat on both sides
    judged = piqe(np.clip(picture, 0, 1))
    assert judged.noise[16:32, 16:32].all()
    assert judged.artefacts[32:48, :16].all()
    assert not judged.noise[32:48, :16].any()
    assert not judged.activity[:16].any()
    assert not (judged.artefacts | judged.noise)[~judged.activity].any()


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([np.uint8, np.uint16]))
def test_every_size_has_a_score(height, width, dtype):
    rng = np.random.default_rng(height * 64 + width)
    picture = rng.integers(0, np.iinfo(dtype).max, (height, width, 3), endpoint=True, dtype=dtype)
    judged = piqe(picture)
    assert 0.0 < judged.score <= 100.0
    assert judged.noise.shape == (height, width)


def test_the_steady_score_is_the_mean_of_grids_that_lie_elsewhere():
    picture = (np.random.default_rng(2).random((70, 90)) * 255).astype(np.uint8)
    by_hand = [
        piqe(picture).score,
        piqe(picture[8:56, 8:88]).score,
        piqe(picture[4:68, 12:76]).score,
        piqe(picture[12:60, 4:84]).score,
    ]
    assert SHIFTS[0] == (0, 0)
    assert steady_piqe(picture) == pytest.approx(np.mean(by_hand))
    assert steady_piqe(picture, ((0, 0),)) == piqe(picture).score
    coloured = np.stack([picture] * 3, axis=2)
    assert steady_piqe(coloured) == pytest.approx(steady_piqe(grey(coloured)))
    # Nothing is left of a small picture but itself.
    assert steady_piqe(picture[:18, :18]) == piqe(picture[:18, :18]).score


def test_the_steady_score_hangs_less_on_where_a_picture_begins(official):
    _, picture, _, _ = official[0]
    picture = grey(picture) if picture.ndim == 3 else picture
    parts = [picture[top:, left:] for top in range(0, 16, 5) for left in range(0, 16, 5)]
    assert np.std([steady_piqe(part) for part in parts]) < np.std(
        [piqe(part).score for part in parts]
    )
