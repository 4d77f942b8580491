"""The guarded objective: what it must never reward, and that both forms of it are one."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vernier.errors import UsageError
from vernier.quality.guard import Guard, guarded, guarded_batch

GUARD = Guard()
SCORES = st.floats(0, 100)
ERRORS = st.floats(0, 1)


def test_near_the_float_picture_it_is_the_difference_of_scores():
    for score in (10.0, 50.0):
        assert guarded(score, 30.0, GUARD.bound, GUARD) == pytest.approx(score - 30)


@given(score=SCORES, exact=SCORES, error=ERRORS)
def test_far_from_it_nothing_is_ever_gained(score, exact, error):
    found = guarded(score, exact, error, GUARD)
    assert found >= min(0.0, score - exact) - 1e-9
    if error >= 2 * GUARD.bound:
        assert found > 0


@given(score=SCORES, exact=SCORES, errors=st.tuples(ERRORS, ERRORS))
def test_nearer_is_never_worse_at_one_score(score, exact, errors):
    near, far = sorted(errors)
    assert guarded(score, exact, near, GUARD) <= guarded(score, exact, far, GUARD) + 1e-9


@given(scores=st.tuples(SCORES, SCORES), exact=SCORES, error=ERRORS)
def test_a_better_score_is_never_worse_at_one_distance(scores, exact, error):
    better, worse = sorted(scores)
    assert guarded(better, exact, error, GUARD) <= guarded(worse, exact, error, GUARD) + 1e-9


def test_the_case_it_is_made_for():
    """PIQE 62.7 in float and 31.0 in INT8, at 36 dB: noise, not beauty."""
    assert guarded(31.0, 62.7, 10**-3.6, GUARD) == pytest.approx(GUARD.bound_db - 36)
    assert guarded(31.0, 62.7, 10**-5.4, GUARD) == pytest.approx(-31.7)


def test_both_forms_are_one_and_slopes_are_right():
    generator = torch.Generator().manual_seed(0)
    pictures = torch.rand(40, 1, 8, 8, generator=generator, dtype=torch.float64)
    noise = torch.randn(pictures.shape, generator=generator, dtype=torch.float64)
    exact = pictures + noise * torch.logspace(-3, -1, 40, dtype=torch.float64).view(-1, 1, 1, 1)
    scores, exact_scores = (100 * torch.rand(40, generator=generator).double() for _ in range(2))
    found = guarded_batch(scores, exact_scores, pictures, exact, GUARD)
    errors = (pictures - exact).square().mean(dim=(1, 2, 3))
    wanted = [
        guarded(*(float(v[n]) for v in (scores, exact_scores, errors)), GUARD) for n in range(40)
    ]
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-9)
    assert torch.autograd.gradcheck(
        lambda s, p: guarded_batch(s, exact_scores[:6], p, exact[:6], GUARD),
        (scores[:6].requires_grad_(), pictures[:6].requires_grad_()),
    )


def test_bad_guards():
    with pytest.raises(UsageError, match="expected a bound"):
        Guard(bound_db=0)
    with pytest.raises(UsageError, match="a positive span"):
        Guard(span=-1)
