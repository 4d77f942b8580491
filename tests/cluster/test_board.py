"""Who computes what next, without any machine."""

import random
from collections import Counter

import pytest

from vernier.cluster.addresses import Found, Place
from vernier.cluster.board import MOST_LOSSES, Board
from vernier.cluster.journal import LINES, ClusterJournal
from vernier.cluster.tasks import PictureResult, picture_tasks
from vernier.errors import FileError, UsageError


def test_a_failure_is_tried_on_another_machine_once():
    board = Board(["a", "b"])
    assert board.take("w1", "m1", 2) == ["a", "b"]
    assert board.failed("w1", "m1", "a", "bad", others=True)
    board.done("w1", "b")
    assert board.take("w1", "m1", 2) == []  # not on the same one
    assert board.take("w2", "m2", 2) == ["a"]
    assert not board.failed("w2", "m2", "a", "bad again", others=True)
    assert [(e.task, e.fault) for e in board.given_up] == [("a", "bad again")]
    assert board.is_done


def test_what_ends_its_workers_is_given_up_and_its_neighbours_are_not():
    board = Board(range(6))
    ended, done = [], []
    for number in range(100):
        name = f"w{number}"
        batch = board.take(name, name, 6)
        if not batch:
            break
        if 0 in batch:
            ended.append(batch)
            board.lost(name, "it ended")
        else:
            assert len(batch) == 1  # each that was there the first time, by itself
            done += batch
            board.done(name, batch[0])
    assert ended == [[0, 1, 2, 3, 4, 5], *[[0]] * (MOST_LOSSES - 1)]
    assert sorted(done) == [1, 2, 3, 4, 5]
    assert [(e.task, e.fault) for e in board.given_up] == [(0, "it ended")]
    assert board.is_done


def test_what_failed_on_all_machines_does_not_wait_for_ever():
    board = Board(["a"])
    board.take("w", "m1", 1)
    board.failed("w", "m1", "a", "bad", others=True)
    board.stuck({"m1", "m2"})
    assert not board.is_done
    board.stuck({"m1"})  # the other one has gone
    assert board.is_done
    assert board.given_up[0].fault == "bad"


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_each_task_ends_once(seed):
    """Against a count of its own: workers fail, end and come back at random."""
    rng = random.Random(seed)
    tasks = list(range(60))
    board, ended = Board(tasks), Counter()
    having = {}
    for step in range(100_000):
        if board.is_done:
            break
        name = f"w{rng.randrange(4)}"
        machine = name
        held = having.get(name)
        if not held:
            having[name] = board.take(name, machine, rng.randint(1, 5))
            board.stuck({"w0", "w1", "w2", "w3"})
        elif step < 5000 and rng.random() < 0.05:
            board.lost(name, "ended")
            having[name] = []
        else:
            task = held.pop(0)
            if rng.random() < 0.2:
                board.failed(name, machine, task, "bad", others=True)
            else:
                board.done(name, task)
                ended[task] += 1
    assert board.is_done
    given_up = Counter(entry.task for entry in board.given_up)
    assert ended + given_up == Counter(tasks)


def test_pictures_with_one_result_are_told_apart():
    found = [
        Found(name, "1") for name in ("a.png", "b/a.png", "a.gif", "._a.png", "x.txt", "c.JPG")
    ]
    tasks, others = picture_tasks(found, "_x2", None)
    assert {t.source: (t.target, t.format) for t in tasks} == {
        "a.png": ("a.png_x2.png", "PNG"),
        "a.gif": ("a.gif_x2.png", "PNG"),
        "b/a.png": ("b/a_x2.png", "PNG"),
        "c.JPG": ("c_x2.JPG", "JPEG"),
    }
    assert others == ["._a.png", "x.txt"]


@pytest.mark.parametrize("kind", ["path", "file://", "memory://"])
def test_places_and_journals(tmp_path, kind):
    address = {"path": str(tmp_path / "o"), "file://": f"file://{tmp_path}/o"}.get(
        kind, f"memory://{tmp_path.name}"
    )
    place = Place(address)
    assert list(place.files()) == []
    place.write("deep/a.png", b"one")
    place.write("deep/a.png", b"other")
    assert [found.name for found in place.files()] == ["deep/a.png"]
    assert place.read("deep/a.png") == b"other"
    with pytest.raises(FileError, match="none"):
        place.read("none.png")

    work = {"scale": "2"}
    journal = ClusterJournal(place)
    journal.begin(work, ("deep/a.png",), overwrite=False)
    for number in range(LINES + 7):
        journal.add(PictureResult(f"{number}.png", "1", f"{number}_x2.png", bytes=number))
    journal.flush()
    journal.add_plan("kind", "litert:cpu:float32")
    again = ClusterJournal(Place(address))
    again.begin(work, (), overwrite=False)
    assert (again.resumed, again.before) == (True, {"deep/a.png"})
    assert (again.done, again.plans) == (journal.done, journal.plans)
    with pytest.raises(UsageError, match="was begun with scale '2', now it is '3'"):
        ClusterJournal(place).begin({"scale": "3"}, (), overwrite=False)
    anew = ClusterJournal(place)
    anew.begin({"scale": "3"}, (), overwrite=True)
    assert (anew.resumed, anew.done) == (False, {})


def test_addresses_that_nobody_knows():
    with pytest.raises(UsageError, match="knows no such address"):
        Place("gopher://somewhere/pictures")
