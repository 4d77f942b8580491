"""Which processors are left out, on machines whose times are given."""

import pytest

from vernier.profiling.paying import fastest_pair, what_pays

ONE_F, ONE_I, ONE_B = "one:cpu:float32", "one:cpu:int8", "one:cpu:bfloat16"
TWO_F, TWO_I = "two:cpu:float32", "two:cpu:int8"
UNITS = 4


def test_int8_that_is_nowhere_faster_is_left_out_and_said():
    found = what_pays({ONE_F: [2.0] * UNITS, ONE_I: [2.5] * UNITS})
    assert found.kept == (ONE_F,)
    assert found.left_out == {ONE_I: f"nowhere faster than {ONE_F}"}


def test_int8_that_is_faster_somewhere_stays():
    found = what_pays({ONE_F: [2.0] * UNITS, ONE_I: [2.5, 2.5, 2.5, 0.5]})
    assert found.kept == (ONE_F, ONE_I)
    assert not found.left_out


def test_a_hair_is_not_worth_it():
    found = what_pays({ONE_F: [2.0] * UNITS, ONE_I: [2.0, 2.0, 1.9, 2.0]})
    assert found.kept == (ONE_F,)
    assert "saves 0.10 ms" in found.left_out[ONE_I]


def test_of_two_engines_the_slower_is_left_out_in_each_precision():
    found = what_pays(
        {ONE_F: [3.0] * UNITS, TWO_F: [2.0] * UNITS, ONE_I: [1.8] * UNITS, TWO_I: [1.0] * UNITS}
    )
    assert found.kept == (TWO_F, TWO_I)
    assert set(found.left_out) == {ONE_F, ONE_I}


@pytest.mark.parametrize(("float_ms", "first"), [(2.2, TWO_F), (3.0, ONE_F)])
def test_what_shares_a_file_with_int8_comes_first_where_it_is_about_as_fast(float_ms, first):
    found = what_pays({ONE_F: [2.0] * UNITS, TWO_F: [float_ms] * UNITS, TWO_I: [1.0] * UNITS})
    assert found.kept[0] == first
    assert found.kept[-1] == TWO_I


def test_finer_processors_are_not_beaten_by_coarser_ones():
    found = what_pays({ONE_F: [2.0] * UNITS, ONE_B: [1.0] * UNITS, ONE_I: [0.4] * UNITS})
    assert found.kept == (ONE_F, ONE_B, ONE_I)


def test_a_processor_that_runs_what_no_other_does_stays():
    found = what_pays({ONE_F: [2.0, None, 2.0, 2.0], TWO_F: [9.0] * UNITS})
    assert found.kept == (TWO_F, ONE_F)
    found = what_pays({ONE_I: [2.0, None, 2.0, 2.0], TWO_I: [9.0] * UNITS, ONE_F: [9.9] * UNITS})
    assert ONE_F in found.kept


@pytest.mark.parametrize(("fast_ms", "stays"), [(1.6, False), (0.5, True)])
def test_a_second_engine_of_one_precision_must_save_more(fast_ms, stays):
    found = what_pays({ONE_F: [2.0] * UNITS, TWO_F: [fast_ms, 2.5, 2.5, 2.5]})
    assert (TWO_F in found.kept) is stays
    # The same saving in INT8 is worth it.
    assert ONE_I in what_pays({ONE_F: [2.0] * UNITS, ONE_I: [fast_ms, 2.5, 2.5, 2.5]}).kept


def test_a_quick_profile_takes_the_fastest_of_either_precision():
    found = fastest_pair({ONE_F: 8.0, TWO_F: 9.0, ONE_B: 5.0, ONE_I: 7.0, TWO_I: 4.0})
    # The slower float32 processor shares its files with the fastest INT8 one.
    assert found.kept == (TWO_F, TWO_I)
    assert set(found.left_out) == {ONE_F, ONE_B, ONE_I}
    assert "5.00 ms" in found.left_out[ONE_B]
    assert fastest_pair({ONE_F: 8.0, TWO_F: 12.0, TWO_I: 4.0}).kept == (ONE_F, TWO_I)
    assert fastest_pair({ONE_I: 8.0}).kept == (ONE_I,)
