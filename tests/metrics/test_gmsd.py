import numpy as np
import pytest

from vernier.errors import UsageError
from vernier.metrics.gmsd import gmsd
from vernier.metrics.planes import grey


def test_equals_the_official_scores(official):
    for name, reference, distorted, scores in official:
        assert gmsd(grey(reference), grey(distorted)) == pytest.approx(scores["gmsd"], abs=1e-12), (
            name
        )


def test_equal_pictures(scene):
    assert gmsd(grey(scene), grey(scene)) == 0.0


def test_a_single_step_by_hand():
    # 8x8 shrinks to 4x4. A step of height h = 255 between the halves of the reference: the two
    # middle columns have a horizontal gradient of h in the inner rows and 2h/3 in the outer ones,
    # and the bright half's border falls off to zero padding. Against black, similarity is
    # T / (g^2 + T) everywhere; the gradients below were worked out on paper.
    step = np.zeros((8, 8))
    step[:, 4:] = 1.0
    h = 255.0
    across = np.array([0, h, h, -h])[None, :] * np.array([2, 3, 3, 2])[:, None] / 3
    down = np.array([1, 0, 0, -1])[:, None] * np.array([0, h, 2 * h, 2 * h])[None, :] / 3
    similarity = 170 / (across**2 + down**2 + 170)
    assert gmsd(step, np.zeros((8, 8))) == pytest.approx(similarity.std(ddof=1))


@pytest.mark.parametrize("size", [(4, 4), (5, 4), (7, 33)])
def test_odd_and_tiny_sizes_have_an_answer(size):
    picture = np.random.default_rng(1).random(size)
    assert 0.0 <= gmsd(picture, picture[::-1]) < 1.0


def test_colours_are_refused(scene):
    with pytest.raises(UsageError, match="plane"):
        gmsd(scene, scene)
