"""A real profile of a small network, interrupted and taken up again."""

import pytest

from vernier.errors import ProcessorError, UsageError
from vernier.networks.source import graph_of
from vernier.profiling import profiler
from vernier.profiling.assembly import Subject
from vernier.profiling.prediction import Predictor
from vernier.profiling.profile import load_profile, save_profile

FLOAT, INT8 = "litert:cpu:float32", "litert:cpu:int8"


def subject():
    return Subject("sesr-m3", 2, graph_of("sesr-m3", 2), 16, 24)


class StopError(Exception):
    pass


def test_an_interrupted_profile_goes_on(tmp_path):
    unfinished = tmp_path / ".p.partial"
    told = []

    def stop_after_three(done, total, what):
        told.append(total)
        if done == 3:
            raise StopError

    with pytest.raises(StopError):
        profiler.profile(
            subject(), [FLOAT, INT8], rounds=3, threads=1, unfinished=unfinished,
            progress=stop_after_three,
        )  # fmt: skip
    before = unfinished.read_bytes()
    measured = []

    def count(done, total, what):
        measured.append(unfinished.read_bytes() != before)

    found = profiler.profile(
        subject(), [FLOAT, INT8], rounds=3, threads=1, unfinished=unfinished, progress=count
    )
    # The first three were there already, so that nothing was written until the fourth.
    assert measured[:4] == [False, False, False, True]
    assert len(measured) == told[0]
    assert not unfinished.exists()
    assert not found.modelled
    assert found.settings.rounds == 3
    assert found.settings.threads == 1
    for unit in found.units:
        assert unit.times.keys() | unit.refused.keys() == {FLOAT, INT8}
        assert all(time.low_ms <= time.ms <= time.high_ms for time in unit.times.values())
    predicted = Predictor(found).predict([FLOAT] * len(found.units))
    assert predicted.runs == (tuple(range(len(found.units))),)
    save_profile(found, tmp_path / "p.json")
    assert load_profile(tmp_path / "p.json") == found


def test_results_of_other_settings_are_not_used(tmp_path):
    unfinished = tmp_path / ".p.partial"

    def stop(done, total, what):
        raise StopError

    for rounds in (3, 5):
        with pytest.raises(StopError):
            profiler.profile(
                subject(), [FLOAT], rounds=rounds, threads=1, unfinished=unfinished, progress=stop
            )
        assert f" {rounds} " in unfinished.read_text()


def test_damaged_results_are_said(tmp_path):
    (tmp_path / "p").write_text("{")
    with pytest.raises(UsageError, match=r"can be gone on with.*remove it to start anew"):
        profiler.profile(subject(), [FLOAT], rounds=3, unfinished=tmp_path / "p")


@pytest.mark.parametrize("names", [[], [FLOAT, FLOAT]])
def test_processors_must_differ(names):
    with pytest.raises(UsageError, match="different processors"):
        profiler.profile(subject(), names)


def test_a_processor_that_is_not_here_is_said():
    with pytest.raises(ProcessorError):
        profiler.profile(subject(), ["litert:abacus:int8"])
