"""Progress where there is no terminal."""

from vernier.cli import console


def test_the_time_left_does_not_count_what_an_earlier_run_did(capsys, monkeypatch):
    clock = iter([0.0, 20.0, 40.0])
    monkeypatch.setattr(console.time, "monotonic", lambda: next(clock))
    with console.progress_bar("training") as report:
        report(901, 1000)
        report(902, 1000)
    first, second = capsys.readouterr().err.splitlines()
    # Twenty seconds a step, and 99 and 98 steps to go.
    assert first == "training 901/1000 (1980 s left)"
    assert second == "training 902/1000 (1960 s left)"


def test_the_time_left_is_of_the_work_in_hand(capsys, monkeypatch):
    clock = iter([0.0, 100.0, 100.0, 120.0])
    monkeypatch.setattr(console.time, "monotonic", lambda: next(clock))
    with console.progress_bar("splitting") as report:
        report(13, 13, "units")
        report(10, 400, "splits")
        report(12, 400, "splits")
    *_, last = capsys.readouterr().err.splitlines()
    # Ten seconds a split, whatever the units took.
    assert last == "splitting 12/400 (3880 s left) splits"
