"""What `auto` chooses, out of made-up processors whose times and pictures are known."""

import time

import numpy as np
import pytest

from vernier.errors import ProcessorError
from vernier.metrics.psnr import psnr
from vernier.networks.architectures.srvgg import SrVggCompact
from vernier.networks.capture.module import capture
from vernier.processor_id import ProcessorId
from vernier.runtime.choice import (
    COUNTED_RUNS,
    WARM_UP_RUNS,
    Candidate,
    Prefer,
    choose,
    damage,
    remembered_choice,
)
from vernier.runtime.choosing import probe_side
from vernier.runtime.trial_picture import trial_pair

_, ORIGINAL = trial_pair(24, 32, 2)
# What a network makes of it: near the original, about 30 dB, and away from both ends.
EXACT = np.clip(ORIGINAL + np.random.default_rng(0).normal(0, 8, ORIGINAL.shape), 9, 246).astype(
    np.uint8
)


def off_by(levels):
    """The exact picture with grey levels of both signs added."""
    signs = np.where(np.indices(EXACT.shape[:2]).sum(axis=0) % 2, levels, -levels)[..., None]
    return (EXACT + signs).astype(np.uint8)


def candidate(name, seconds, log=None, picture=EXACT, fault=""):
    log = [] if log is None else log

    def load():
        log.append(name)

        def run():
            time.sleep(seconds)
            return picture

        return run, lambda: log.append(f"closed {name}")

    return Candidate(ProcessorId.parse(name), lambda: fault, load)


def refusing(name):
    def load():
        raise ProcessorError(f"{name}: out of order")

    return Candidate(ProcessorId.parse(name), lambda: "", load)


FLOAT, BFLOAT, INT8, GPU = (
    "litert:cpu:float32",
    "openvino:cpu:bfloat16",
    "litert:cpu:int8",
    "litert:gpu:float16",
)


def test_the_fastest_whose_picture_is_good_is_chosen_and_remembered(tmp_path):
    log = []
    file = tmp_path / "choices.json"
    candidates = [
        candidate(FLOAT, 0.02, log),
        refusing(GPU),
        candidate(BFLOAT, 0.005, log),
        candidate(INT8, 0.001, log, off_by(2)),
    ]
    choice = choose(candidates, ORIGINAL, "key", file=file)
    assert choice.chosen == BFLOAT
    trials = {trial.processor: trial for trial in choice.trials}
    assert trials[GPU].passed_over == "out of order"
    # Two levels everywhere, of luma's 219 in 255: 20 log10(255 / 2 * 255 / 219) = 43.4 dB.
    assert trials[INT8].passed_over.startswith("43.4 dB to float32's picture, less than 55")
    assert trials[BFLOAT].to_float_db == 99.0
    assert "closed litert:cpu:int8" in log
    told = choice.explain()
    assert "measured now" in told[0]
    assert told[1].startswith("passed over: litert:cpu:int8 (43.4 dB")
    assert "litert:gpu:float16 (out of order)" in told[1]
    again = remembered_choice("key", file)
    assert again is not None
    assert (again.remembered, again.chosen, again.trials) == (True, BFLOAT, choice.trials)
    assert "measured before on this machine" in again.explain()[0]
    assert remembered_choice("another bundle", file) is None


def test_speed_lets_int8_in_within_its_bound(tmp_path):
    file = tmp_path / "c.json"
    near = [candidate(FLOAT, 0.02), candidate(INT8, 0.001, picture=off_by(1))]
    assert choose(near, ORIGINAL, "key", file=file).chosen == FLOAT
    chosen = choose(near, ORIGINAL, "key", Prefer.SPEED, file)
    assert chosen.chosen == INT8
    assert "49.5 dB to float32" in chosen.explain()[0]
    spoilt = [candidate(FLOAT, 0.02), candidate(INT8, 0.001, picture=off_by(3))]
    assert choose(spoilt, ORIGINAL, "other", Prefer.SPEED, file).chosen == FLOAT


def test_a_loss_to_the_original_counts_even_near_to_float(tmp_path):
    """Where float32's picture is the original itself, 55 dB to it is far less than it has."""
    picture = ORIGINAL.copy()
    picture[::4, ::4] ^= 1
    candidates = [candidate(FLOAT, 0.02, picture=ORIGINAL), candidate(INT8, 0.001, picture=picture)]
    choice = choose(candidates, ORIGINAL, "key", file=tmp_path / "c.json")
    assert choice.chosen == FLOAT
    assert "dB below float32's picture, more than 0.05" in choice.trials[0].passed_over


def test_a_large_network_is_tried_a_few_times_only(tmp_path, monkeypatch):
    """By a clock that runs of whom computes: a slow one is not tried again and again."""
    now = [0.0]
    monkeypatch.setattr("vernier.runtime.choice.time.perf_counter", lambda: now[0])
    runs = {FLOAT: 0, BFLOAT: 0}

    def slow(name, seconds):
        def run():
            now[0] += seconds
            runs[name] += 1
            return EXACT

        return Candidate(ProcessorId.parse(name), lambda: "", lambda: (run, lambda: None))

    reports = []
    choice = choose(
        [slow(FLOAT, 20.0), slow(BFLOAT, 3.0)], ORIGINAL, "key", file=tmp_path / "c.json",
        progress=lambda *report: reports.append(report),
    )  # fmt: skip
    assert choice.chosen == BFLOAT
    assert runs[FLOAT] == 2
    assert now[0] < 70
    assert [done for done, *_ in reports] == [0, 1, 2, 3]
    assert FLOAT in reports[0][2]


@pytest.mark.parametrize(("width", "side"), [(1, 256), (600, 32)])
def test_the_tile_that_processors_are_tried_with(width, side):
    graph = capture(SrVggCompact(2, layers=8, width=width).eval(), "net")
    assert probe_side(graph) == side


def test_damage_is_the_lumas_psnr():
    to_float, loss = damage(off_by(2), EXACT, ORIGINAL)
    # Studio swing: 219 of 255 levels.
    level = 2 / 255 * 219 / 255
    assert to_float == pytest.approx(psnr(np.full((4, 4), level), np.zeros((4, 4))), abs=0.01)
    assert 0 < loss < 1
    assert damage(EXACT, EXACT, ORIGINAL) == (99.0, 0.0)


def test_wrong_numbers_are_passed_over_however_fast(tmp_path):
    log = []
    candidates = [
        candidate(FLOAT, 0.01, log),
        candidate(INT8, 0, log, fault="its numbers are wrong here"),
    ]
    choice = choose(candidates, ORIGINAL, "key", Prefer.SPEED, tmp_path / "c.json")
    assert choice.chosen == FLOAT
    assert INT8 not in log
    assert "litert:cpu:int8 (its numbers are wrong here)" in choice.explain()[1]


def test_a_network_that_is_int8_alone_needs_no_float_picture(tmp_path):
    candidates = [candidate("openvino:cpu:int8", 0.01), candidate(INT8, 0.001, picture=off_by(1))]
    assert choose(candidates, ORIGINAL, "key", file=tmp_path / "c.json").chosen == INT8


def test_of_two_about_equal_the_nearer_to_float_is_chosen(tmp_path):
    exact, coarse = candidate(FLOAT, 0.0102), candidate(BFLOAT, 0.0100)
    assert choose([exact, coarse], ORIGINAL, "key", file=tmp_path / "c.json").chosen == FLOAT


def test_a_damaged_memory_is_measured_again(tmp_path):
    file = tmp_path / "choices.json"
    file.write_text("{nonsense")
    assert remembered_choice("key", file) is None
    choose([candidate(INT8, 0)], ORIGINAL, "key", file=file)
    assert remembered_choice("key", file) is not None


def test_nothing_that_runs_is_an_error_with_reasons(tmp_path):
    with pytest.raises(ProcessorError, match="litert:gpu:float16: out of order"):
        choose([refusing(GPU)], ORIGINAL, "key", file=tmp_path / "c.json")


def test_a_busy_moment_does_not_decide(tmp_path):
    """The faster processor is disturbed during the first timing; the next two agree."""
    runs = []

    def load():
        def run():
            runs.append(1)
            time.sleep(0.05 if len(runs) <= WARM_UP_RUNS + COUNTED_RUNS else 0.001)
            return EXACT

        return run, lambda: None

    disturbed = Candidate(ProcessorId.parse(BFLOAT), lambda: "", load)
    file = tmp_path / "c.json"
    assert choose([candidate(FLOAT, 0.02), disturbed], ORIGINAL, "key", file=file).chosen == BFLOAT
    assert len(runs) == WARM_UP_RUNS + 3 * COUNTED_RUNS
