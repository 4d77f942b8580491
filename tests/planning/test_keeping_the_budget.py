"""The clock has the last word: plans are searched again until what was timed keeps the budget.

Only the clock is made up here: it is a factor times what the profile foresees.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from splitting.conftest import additive_judge, random_problem
from vernier.errors import UsageError
from vernier.planning import planner
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.methods import Method, find_split

SHOP = SimpleNamespace(
    subject=None, ranges=None, profile=SimpleNamespace(settings=SimpleNamespace(threads=1))
)


@pytest.fixture
def keep(monkeypatch):
    """Attempts of a made-up problem on a machine that is so many times slower than foreseen."""

    def run(factor, better_than_float=0.0, share=0.6):
        problem = random_problem(7, units=9, share=share)
        damage = additive_judge(problem, 7)
        judge = Evaluations(lambda split: damage(split) - better_than_float)

        def timed(subject, splits, ranges, threads):
            return [factor * problem.time_ms(split) for split in splits]

        def search(target_ms):
            found = find_split(Method.SEARCH, problem.within(target_ms), judge, small=10**6)
            if found is None:
                raise UsageError("nothing is that fast")
            return found

        monkeypatch.setattr(planner, "timed", timed)
        return problem, judge, planner._until_kept(SHOP, problem, judge, search, judge)

    return run


def test_a_split_that_is_in_time_is_taken_at_once(keep):
    problem, _, found = keep(1.0)
    assert len(found) == 1
    assert found[0].attempt.kept
    assert found[0].attempt.measured_ms <= 0.99 * problem.budget_ms


def test_a_machine_that_is_slower_than_foreseen_gets_a_faster_split(keep):
    problem, _, found = keep(1.15)
    assert len(found) > 1
    assert not found[0].attempt.kept
    assert found[-1].attempt.kept
    assert found[-1].attempt.measured_ms <= 0.99 * problem.budget_ms
    assert problem.time_ms(found[-1].split) < problem.time_ms(found[0].split)


@pytest.mark.parametrize("better_than_float", [0.0, 50.0])
def test_a_machine_that_is_faster_than_foreseen_has_its_budget_used(keep, better_than_float):
    problem, judge, found = keep(0.7, better_than_float)
    assert len(found) > 1
    assert found[-1].attempt.kept
    # Foreseen it breaks the budget; measured it keeps it, and it looks better.
    assert problem.time_ms(found[-1].split) > problem.budget_ms
    assert judge(found[-1].split) < judge(found[0].split)


def test_what_nothing_keeps_is_told(keep):
    with pytest.raises(UsageError, match="no split was measured within"):
        keep(4.0)
