"""Budgets, constraints, and what the fastest split is."""

import math

import pytest

from splitting.conftest import (
    BFLOAT16,
    FLOAT,
    INT8,
    additive_judge,
    make_profile,
    random_problem,
)
from vernier.errors import UsageError
from vernier.splitting.budget import Budget, check_reachable, parse_budget
from vernier.splitting.evaluations import Evaluations
from vernier.splitting.exhaustive import all_splits, exhaustive
from vernier.splitting.methods import Method, find_split
from vernier.splitting.problem import Constraints, Memory, Problem
from vernier.splitting.starts import by_chance, fastest, first_k


def test_a_budget_is_ms_fps_or_a_share_of_all_float() -> None:
    assert parse_budget("40ms").in_ms(100) == 40
    assert parse_budget("25 fps").in_ms(100) == 40
    assert parse_budget("0.5x").in_ms(100) == 50
    assert str(Budget(0.5, "x")) == "0.5x"


@pytest.mark.parametrize("text", ["", "40", "-1ms", "0ms", "x", "1e3ms", "40 seconds", "infms"])
def test_anything_else_is_no_budget(text: str) -> None:
    with pytest.raises(UsageError, match="expected a budget"):
        parse_budget(text)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("skips", [None, {5: 1}, {3: 0, 6: 2}])
def test_the_fastest_split_is_the_fastest_of_all(seed: int, skips: dict[int, int] | None) -> None:
    problem = random_problem(seed, processors=(FLOAT, INT8, BFLOAT16), skips=skips)
    truth = min(map(problem.time_ms, all_splits(problem)))
    found = fastest(problem)
    assert found is not None
    # A descent from several starts, no proof; on nets this small it must not miss.
    assert problem.time_ms(found) == pytest.approx(truth, rel=0.01)


def test_an_impossible_budget_names_the_fastest_and_where_the_time_goes() -> None:
    problem = random_problem(0).within(0.01)
    with pytest.raises(UsageError, match=r"the fastest.*units in INT8.*of it are 'u\d'"):
        check_reachable(problem)


def test_a_locked_unit_stays_where_it_is() -> None:
    locked = Constraints(locked={"u2": FLOAT, "u3": INT8})
    problem = random_problem(1, constraints=locked)
    assert all(split[2] == FLOAT and split[3] == INT8 for split in all_splits(problem))
    assert len(all_splits(problem)) == 2**5


@pytest.mark.parametrize(
    ("locked", "words"),
    [({"nothing": FLOAT}, "no unit is called"), ({"u0": "a:b:int8"}, "was not profiled")],
)
def test_a_lock_on_what_is_not_there_is_refused(locked: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        random_problem(0, constraints=Constraints(locked=locked))


def test_switches_and_memory_limit_splits() -> None:
    one_switch = random_problem(2, constraints=Constraints(most_switches=1))
    assert one_switch.allowed((FLOAT,) * 3 + (INT8,) * 4)
    assert not one_switch.allowed((FLOAT, INT8, FLOAT, *(FLOAT,) * 4))
    weights = tuple({FLOAT: 400, INT8: 100} for _ in range(7))
    # Four bytes a sample of the input, and the weights.
    entry = 8 * 8 * 16 * 4
    memory = Constraints(memory=Memory(weights, 7 * 400 + entry - 1))
    limited = random_problem(2, constraints=memory)
    assert limited.memory_bytes((FLOAT,) * 7) == 7 * 400 + entry
    assert not limited.allowed((FLOAT,) * 7)
    assert limited.allowed((INT8,) * 7)


def test_first_and_last_units_and_chance_keep_the_budget() -> None:
    problem = random_problem(3)
    first, last = first_k(problem), first_k(problem, last=True)
    assert first is not None
    assert last is not None
    assert problem.feasible(first)
    assert problem.feasible(last)
    k = first.count(INT8)
    assert first == (INT8,) * k + (FLOAT,) * (7 - k)
    assert not problem.feasible((INT8,) * (k - 1) + (FLOAT,) * (8 - k))
    assert last == (FLOAT,) * (7 - last.count(INT8)) + (INT8,) * last.count(INT8)
    chance = by_chance(problem, 0)
    assert chance is not None
    assert problem.feasible(chance)
    assert chance == by_chance(problem, 0)


def test_judgements_are_kept_and_read_again(tmp_path) -> None:
    problem = random_problem(4, units=4)
    file = tmp_path / "evaluations.jsonl"
    asked = []

    def judge(split):
        asked.append(split)
        return float(split.count(INT8))

    first = exhaustive(problem, Evaluations(judge, file, "here"))
    count = len(asked)
    # A line that was cut off while it was written is judged again, and no other.
    file.write_bytes(file.read_bytes()[:-5])
    again = Evaluations(judge, file, "here")
    assert exhaustive(problem, again) == first
    assert len(asked) == count + 1
    large = random_problem(4, units=9)
    file_of_search = tmp_path / "search.jsonl"
    found = find_split(Method.SEARCH, large, Evaluations(judge, file_of_search), small=0)
    count = len(asked)
    assert find_split(Method.SEARCH, large, Evaluations(judge, file_of_search), small=0) == found
    assert len(asked) == count
    with pytest.raises(UsageError, match="judged by 'here'"):
        Evaluations(judge, file, "elsewhere")
    file.write_text("nonsense\n")
    with pytest.raises(UsageError, match="damaged"):
        Evaluations(judge, file, "here")


def test_exhaustive_search_finds_the_best_and_refuses_large_networks() -> None:
    problem = random_problem(5)
    judge = additive_judge(problem, 5)
    found = exhaustive(problem, judge)
    feasible = [split for split in all_splits(problem) if problem.feasible(split)]
    assert found is not None
    assert judge(found) == min(map(judge, feasible))
    large = Problem(make_profile([{FLOAT: 1.0, INT8: 0.1}] * 15), math.inf)
    with pytest.raises(UsageError, match="at most 16384 splits"):
        exhaustive(large, judge)
