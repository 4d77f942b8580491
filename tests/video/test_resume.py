"""Killed at any moment, run again: the film of one run, and nothing made twice."""

import itertools
import json
import multiprocessing
import os
import random
import signal
import threading
import time
from fractions import Fraction
from pathlib import Path

import pytest
from clips import decoded, frame_hashes, make_film, packet_bytes

from vernier.errors import UsageError, VideoError
from vernier.video import status
from vernier.video.converting import video
from vernier.video.encoder import decode_times
from vernier.video.journal import journal_folder

FLOAT = "litert:cpu:float32"
KILLS = 20
FRAMES = 260


def run(film, target, options):
    """In a process of its own, which is killed."""
    video(film, target, processor=FLOAT, **options)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """With B-frames, key frames at odd places, an irregular clock and sound."""
    rng = random.Random(5)
    times, now = [], 700
    for _ in range(FRAMES):
        times.append(now)
        now += rng.choice([512, 512, 513, 1024])
    return make_film(
        tmp_path_factory.mktemp("resume") / "film.mp4",
        width=64,
        height=48,
        frames=FRAMES,
        times=times,
        audio=1,
        options={"g": "53", "bf": "2"},
    )


@pytest.fixture(scope="module")
def uninterrupted(film):
    target = film.parent / "whole.mp4"
    started = time.perf_counter()
    report = video(film, target, processor=FLOAT)
    assert (report.frames, report.resumed) == (FRAMES, 0)
    return target, time.perf_counter() - started


def test_killed_at_twenty_moments(film, uninterrupted, tmp_path) -> None:
    whole, seconds = uninterrupted
    target = tmp_path / "large.mp4"
    folder = journal_folder(target)
    start = multiprocessing.get_context("forkserver")
    start.set_forkserver_preload(["vernier.video.converting"])
    rng = random.Random(11)
    kept: dict[str, tuple[int, float]] = {}
    killed = 0
    while killed < KILLS:
        worker = start.Process(target=run, args=(film, target, {}))
        worker.start()
        worker.join(rng.uniform(0.02, 0.6 * seconds))
        if worker.exitcode is None:
            os.kill(worker.pid, signal.SIGKILL)
            worker.join()
            killed += 1
            assert not target.exists() or frame_hashes(target) == frame_hashes(whole)
            for name, before in kept.items():
                # What was finished is left alone.
                if (folder / name).exists():
                    about = (folder / name).stat()
                    assert (about.st_ino, about.st_mtime) == before
            for file in folder.glob("*.packets") if folder.exists() else []:
                about = file.stat()
                kept.setdefault(file.name, (about.st_ino, about.st_mtime))
        else:
            assert worker.exitcode == 0
            _same(target, whole)
            target.unlink()
            kept.clear()
    report = video(film, target, processor=FLOAT)
    assert report.frames == FRAMES
    _same(target, whole)


def _same(target, whole) -> None:
    assert frame_hashes(target) == frame_hashes(whole)
    for kind in ("video", "audio"):
        assert packet_bytes(target, kind) == packet_bytes(whole, kind)
    assert target.read_bytes() == whole.read_bytes()
    assert not journal_folder(target).exists()


class Stop(Exception):
    """In place of a kill where the rest is looked at from inside."""


def stopped_after(film, target, frames, **options) -> None:
    def stop(now):
        if now.frames >= frames:
            raise Stop

    with pytest.raises(Stop):
        video(film, target, processor=FLOAT, status=stop, **options)


def patched_clock(monkeypatch):
    monkeypatch.setattr(status, "BETWEEN_SECONDS", 0.0)


def test_what_is_done_is_not_done_again(film, uninterrupted, tmp_path, monkeypatch) -> None:
    patched_clock(monkeypatch)
    target = tmp_path / "large.mp4"
    stopped_after(film, target, 150)
    lines = (journal_folder(target) / "journal.jsonl").read_text().splitlines()
    done = sum(json.loads(line)["frames"] for line in lines[1:])
    assert 90 < done < 150
    first = []
    report = video(film, target, processor=FLOAT, status=lambda s: first.append(s.frames))
    assert (report.resumed, first[0]) == (done, done + 1)
    _same(target, uninterrupted[0])


def test_a_torn_line_and_a_lost_segment_count_for_nothing(
    film, uninterrupted, tmp_path, monkeypatch
) -> None:
    patched_clock(monkeypatch)
    target = tmp_path / "large.mp4"
    stopped_after(film, target, 250)
    journal = journal_folder(target) / "journal.jsonl"
    journal.write_bytes(journal.read_bytes() + b'{"file": "0000')
    sorted(journal_folder(target).glob("*.packets"))[2].unlink()
    report = video(film, target, processor=FLOAT)
    assert 0 < report.resumed < 200
    _same(target, uninterrupted[0])


def test_other_settings_are_refused_and_restart_begins_anew(film, tmp_path, monkeypatch) -> None:
    patched_clock(monkeypatch)
    target = tmp_path / "large.mkv"
    stopped_after(film, target, 80)
    with pytest.raises(UsageError, match="was begun with encoder"):
        video(film, target, processor=FLOAT, crf=30)
    report = video(film, target, processor=FLOAT, crf=30, restart=True)
    assert (report.frames, report.resumed) == (FRAMES, 0)


def test_a_changed_segment_is_noticed(film, tmp_path, monkeypatch) -> None:
    patched_clock(monkeypatch)
    target = tmp_path / "large.mkv"
    stopped_after(film, target, 80)
    segment = next(journal_folder(target).glob("*.packets"))
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    with pytest.raises(VideoError, match="was changed"):
        video(film, target, processor=FLOAT)
    assert not target.exists()


def test_two_at_once_are_refused(film, tmp_path) -> None:
    target = tmp_path / "large.mkv"
    asked = threading.Event()
    refused = []

    def once(_):
        if not asked.is_set():
            asked.set()
            with pytest.raises(UsageError, match="another process"):
                video(film, target, processor=FLOAT)
            refused.append(True)

    video(film, target, processor=FLOAT, status=once)
    assert refused
    assert len(decoded(target)) == FRAMES


def test_a_full_disk_keeps_what_is_done(film, uninterrupted, tmp_path) -> None:
    """A small file system, where one may be mounted: first a segment has no room, then the film."""
    disk = tmp_path / "disk"
    disk.mkdir()
    size = uninterrupted[0].stat().st_size
    if os.system(f"mount -t tmpfs -o size={int(0.6 * size)} tmpfs {disk} 2>/dev/null"):
        pytest.skip("may not mount a small disk here")
    try:
        for share in (0.6, 1.6):
            os.system(f"mount -o remount,size={int(share * size)} {disk}")
            with pytest.raises(VideoError, match="No space left"):
                video(film, disk / "large.mp4", processor=FLOAT)
        names = sorted(p.name for p in disk.iterdir())
        assert names == [journal_folder(Path("large.mp4")).name]
        os.system(f"mount -o remount,size=20m {disk}")
        report = video(film, disk / "large.mp4", processor=FLOAT)
        assert report.resumed > 0
        assert frame_hashes(disk / "large.mp4") == frame_hashes(uninterrupted[0])
    finally:
        os.system(f"umount {disk}")


def test_decoding_times_are_in_order_and_before_showing() -> None:
    order = [0, 30, 10, 20, 70, 40, 60, 100, 90, 80]
    times = decode_times(order, 5)
    assert all(a < b for a, b in itertools.pairwise(times))
    assert all(dts <= pts for dts, pts in zip(times, order, strict=True))
    assert decode_times([0, 10, 20], 5) == [0, 10, 20]
    assert decode_times([], 5) == []


def test_times_are_exact(film, uninterrupted) -> None:
    assert [t for t, _ in frame_hashes(film)] == [t for t, _ in frame_hashes(uninterrupted[0])]
    assert all(isinstance(t, Fraction) for t, _ in frame_hashes(film))
