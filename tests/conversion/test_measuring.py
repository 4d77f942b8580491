"""The choice of a method: by the clock, once for each machine."""

import json
import time

import numpy as np
import pytest

from vernier.conversion import measuring
from vernier.conversion.arithmetic import Arithmetic
from vernier.conversion.blocked import Blocked
from vernier.conversion.measuring import (
    agreed_fastest,
    fastest,
    measured_ms,
    remembered_fastest,
)
from vernier.errors import ProcessorError


class Delayed:
    """A real method that takes some ms longer and counts how often it was asked to convert."""

    def __init__(self, name, delay_ms, present=True, broken=False):
        self.name, self.delay_ms, self.present, self.broken = name, delay_ms, present, broken
        self.prepared = 0
        self.kernel = Arithmetic()

    def availability(self):
        return self.present, "here" if self.present else "not here"

    def prepare(self, *arguments):
        if self.broken:
            raise ProcessorError("the device is gone")
        self.prepared += 1
        conversion = self.kernel.prepare(*arguments)
        run, delay_ms = conversion.run, self.delay_ms

        class Slower:
            copies = conversion.copies
            close = conversion.close

            def run(self):
                time.sleep(delay_ms / 1e3)
                run()

        return Slower()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(measuring, "SHAPE", (1, 8, 8, 4))
    return tmp_path / "vernier"


def test_the_clock_decides_and_not_the_order():
    slow, quick, absent = Delayed("slow", 20), Delayed("quick", 0), Delayed("absent", 0, False)
    assert remembered_fastest([slow, absent, quick]) == "quick"
    assert absent.prepared == 0


def test_it_is_timed_once(folder):
    slow, quick = Delayed("slow", 20), Delayed("quick", 0)
    remembered_fastest([slow, quick])
    before = slow.prepared, quick.prepared
    assert remembered_fastest([slow, quick]) == "quick"
    assert (slow.prepared, quick.prepared) == before
    assert list(json.loads((folder / "conversions.json").read_text()).values()) == ["quick"]


def test_another_cpu_or_a_lost_device_is_timed_anew(folder, monkeypatch):
    slow, quick = Delayed("slow", 20), Delayed("quick", 0)
    remembered_fastest([slow, quick])
    quick.present = False
    assert remembered_fastest([slow, quick]) == "slow"
    quick.present = True
    monkeypatch.setattr(measuring, "usable_cores", lambda: 1234)
    assert remembered_fastest([slow, quick]) == "quick"
    assert len(json.loads((folder / "conversions.json").read_text())) == 2


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"a": 3}'])
def test_a_damaged_cache_is_measured_again(folder, damage):
    folder.mkdir()
    (folder / "conversions.json").write_text(damage)
    assert remembered_fastest([Delayed("slow", 20), Delayed("quick", 0)]) == "quick"


def test_a_folder_that_cannot_be_made_is_no_error(folder):
    folder.write_text("a file where the folder should be")
    assert remembered_fastest([Delayed("only", 0)]) == "only"


def test_a_method_that_fails_is_left_out():
    assert measured_ms([Delayed("broken", 0, broken=True), Delayed("sound", 0)]).keys() == {"sound"}


def test_as_good_as_equal_is_decided_by_the_order():
    assert fastest({"a": 1.05, "b": 1.0}) == "a"
    assert fastest({"a": 1.2, "b": 1.0}) == "b"


def test_real_methods_are_timed():
    """More work takes longer: the numbers are of the conversions."""
    small = measured_ms([Blocked(threads=1)])["blocked"]
    measuring.SHAPE = (1, 180, 320, 64)
    assert measured_ms([Blocked(threads=1)])["blocked"] > 5 * small
    assert np.prod(measuring.SHAPE) > 1 << 20


def test_a_busy_moment_does_not_decide(monkeypatch):
    """What two timings in a row agree on, whatever the first one said."""
    told = iter([{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": 2.0}, {"a": 3.1, "b": 2.0}, {}])
    monkeypatch.setattr(measuring, "measured_ms", lambda _: next(told))
    assert agreed_fastest([]) == "b"
    assert next(told) == {}
