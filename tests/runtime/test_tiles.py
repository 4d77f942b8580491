import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vernier.errors import UsageError
from vernier.runtime.tiles import choose_tile, cut, cut_side


@given(st.integers(1, 400), st.integers(1, 120), st.integers(0, 20))
def test_each_pixel_is_answered_for_once_with_its_context(length, size, halo):
    if size <= 2 * halo and size < length:
        with pytest.raises(UsageError, match="nothing between two halos"):
            cut_side(length, size, halo)
        return
    answered = np.zeros(length, int)
    for span in cut_side(length, size, halo):
        assert span.size == min(size, length)
        assert 0 <= span.start <= span.first < span.last <= span.start + span.size <= length
        answered[span.first : span.last] += 1
        if span.start > 0:
            assert span.first - span.start >= halo
        if span.start + span.size < length:
            assert span.start + span.size - span.last >= halo
    assert (answered == 1).all()


def test_tiles_are_the_product_of_both_sides():
    tiles = cut(100, 50, 40, 30, 5)
    answered = np.zeros((100, 50), int)
    for tile in tiles:
        answered[tile.rows.first : tile.rows.last, tile.columns.first : tile.columns.last] += 1
    assert (answered == 1).all()


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(0, 15), st.integers(1, 4))
def test_the_choice_keeps_to_its_budget_and_can_be_cut(height, width, halo, workers):
    budget = 8 << 20
    try:
        choice = choose_tile(height, width, halo, workers, 200.0, budget)
    except UsageError:
        return
    tiles = cut(height, width, choice.height, choice.width, halo)
    assert len(tiles) == choice.count
    assert choice.bytes <= budget
    assert choice.bytes >= min(workers, len(tiles)) * choice.height * choice.width * 200


def test_a_generous_budget_gives_each_worker_one_tile():
    choice = choose_tile(1080, 1920, 9, 2, 100.0, 1 << 40)
    assert choice.count == 2
    assert choice.overhead < 1.02


def test_a_budget_that_holds_no_tile_is_refused():
    with pytest.raises(UsageError, match="too small: the smallest tile"):
        choose_tile(1080, 1920, 9, 2, 100.0, 10_000)


@pytest.mark.parametrize("length", [1080, 1920, 480, 321])
@pytest.mark.parametrize("halo", [0, 5, 9])
def test_tiles_are_even_where_they_are_not_the_whole(length, halo):
    for workers in (1, 2, 3):
        chosen = choose_tile(length, length, halo, workers, 1000.0, 40 << 20)
        for side in (chosen.height, chosen.width):
            assert side == length or side % 2 == 0
