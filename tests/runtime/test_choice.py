import time

import pytest

from vernier.errors import ProcessorError
from vernier.processors.protocol import ProcessorId
from vernier.runtime.choice import Candidate, choose


def candidate(name, seconds, log):
    def load():
        log.append(name)
        return lambda: time.sleep(seconds), lambda: log.append(f"closed {name}")

    return Candidate(ProcessorId.parse(name), load)


def refusing(name):
    def load():
        raise ProcessorError("out of order")

    return Candidate(ProcessorId.parse(name), load)


def test_the_fastest_is_chosen_and_remembered(tmp_path):
    log = []
    candidates = [
        candidate("litert:cpu:float32", 0.02, log),
        candidate("litert:cpu:int8", 0.001, log),
        refusing("litert:gpu:float16"),
    ]
    choice = choose(candidates, "key", tmp_path / "choices.json")
    assert choice.chosen == "litert:cpu:int8"
    assert choice.timings[-1].refused == "out of order"
    assert "closed litert:cpu:int8" in log
    log.clear()
    again = choose(candidates, "key", tmp_path / "choices.json")
    assert again.remembered
    assert again.chosen == choice.chosen
    assert not log
    assert not choose(candidates, "another machine", tmp_path / "choices.json").remembered


def test_of_two_about_equal_the_nearer_to_float_is_chosen(tmp_path):
    log = []
    exact = candidate("litert:cpu:float32", 0.0102, log)
    coarse = candidate("litert:cpu:int8", 0.0100, log)
    assert choose([exact, coarse], "key", tmp_path / "c.json").chosen == "litert:cpu:float32"


def test_a_damaged_memory_is_measured_again(tmp_path):
    cache = tmp_path / "choices.json"
    cache.write_text("{nonsense")
    assert not choose([candidate("litert:cpu:int8", 0, [])], "key", cache).remembered


def test_nothing_that_runs_is_an_error_with_reasons(tmp_path):
    with pytest.raises(ProcessorError, match="litert:gpu:float16: out of order"):
        choose([refusing("litert:gpu:float16")], "key", tmp_path / "c.json")
