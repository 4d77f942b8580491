"""A stream: its frames, its plans, its log; when they come is a matter of benchmarks/stream.py."""

import json
import subprocess
import sys

import av
import numpy as np
import pytest
from clips import decoded, make_film, video_times

from vernier.errors import UsageError, VideoError
from vernier.video import streaming
from vernier.video.converting import video
from vernier.video.governor import State
from vernier.video.signals import SignalReader, Signals
from vernier.video.streaming import stream

ONE = ("sesr-m3",)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    times = [0, 512, 1024, 1900, 2048, 3000, 3072, 4000, 4096, 5000, 5632, 6144]
    return make_film(tmp_path_factory.mktemp("stream") / "film.mp4", frames=12, times=times)


@pytest.fixture(scope="module")
def streamed(film):
    said = []
    out = film.parent / "out.nut"
    report = stream(
        film, out, networks=ONE, policy="fixed", log=film.parent / "log.jsonl", say=said.append
    )
    return out, report, said


def test_frames_are_those_of_video(film, streamed, tmp_path) -> None:
    """The same plan, all at once and frame by frame."""
    out, report, _ = streamed
    assert report.frames == 12
    plan = max(report.share, key=report.share.get)
    processor = plan.rpartition(" ")[2]
    video(film, tmp_path / "large.mkv", network="sesr-m3", processor=processor, codec="ffv1")
    for one, other in zip(decoded(out), decoded(tmp_path / "large.mkv"), strict=True):
        np.testing.assert_array_equal(one, other)
    assert decoded(out)[0].shape == (192, 192)


def test_times_are_the_films(film, streamed) -> None:
    assert video_times(streamed[0]) == video_times(film)


def test_plans_and_log_are_told(film, streamed) -> None:
    _, report, said = streamed
    assert all(any(line.startswith(rung.name) for line in said) for rung in report.rungs)
    lines = [json.loads(line) for line in (film.parent / "log.jsonl").read_text().splitlines()]
    assert [line["number"] for line in lines] == list(range(12))
    names = {rung.name for rung in report.rungs}
    assert {line["rung"] for line in lines} <= names
    assert all(line["took_ms"] > 0 for line in lines)
    assert set(lines[0]["signals"]) == set(Signals.__dataclass_fields__)


def test_from_a_pipe_to_a_pipe(film) -> None:
    """y4m in and out by the command line, read by another process."""
    frames = decoded(film)
    height, width = 64, 96
    head = b"YUV4MPEG2 W96 H64 F24:1 Ip A1:1 C420jpeg\n"
    given = head + b"".join(b"FRAME\n" + frame.tobytes() for frame in frames)
    command = [
        sys.executable, "-m", "vernier.cli.main", "stream", "-", "--format", "y4m",
        "--networks", "sesr-m3", "--no-pace", "--frames", "5",
    ]  # fmt: skip
    done = subprocess.run(command, input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.startswith(b"YUV4MPEG2 W192 H128 F24:1")
    assert done.stdout.count(b"FRAME\n") >= 5
    size = height * 2 * width * 2 * 3 // 2
    body = done.stdout[done.stdout.index(b"\n") + 1 :]
    assert len(body) == 5 * (size + len(b"FRAME\n"))
    assert b"5 frames" in done.stderr


def test_plans_are_changed_in_mid_stream(film, monkeypatch) -> None:
    """By a policy that takes turns: each frame is wholly of the plan that its record names."""

    def next_rung(state, rungs, pace, took_ms, *, hot=False):
        return State((state.rung + 1) % len(rungs))

    monkeypatch.setattr(streaming, "observe", next_rung)
    seen = []
    report = stream(
        film,
        networks=("sesr-m3", "sesr-m11"),
        paced=False,
        on_frame=lambda frame, record: seen.append((record.rung, frame.to_ndarray())),
    )
    assert len(report.rungs) > 1
    assert len({name for name, _ in seen}) == len(report.rungs)
    alone = {}
    for name in {name for name, _ in seen}:
        network, _, processor = name.partition(" on ")
        large = film.parent / f"{network}.mkv"
        video(film, large, network=network, processor=processor, codec="ffv1", overwrite=True)
        alone[name] = decoded(large)
    for number, (name, frame) in enumerate(seen):
        np.testing.assert_array_equal(frame, alone[name][number])


def test_a_frame_that_repeats_is_copied(tmp_path) -> None:
    picture = av.VideoFrame.from_ndarray(np.full((96, 96), 90, np.uint8), format="yuv420p")
    film = make_film(tmp_path / "film.mkv", made=[picture] * 4, codec="ffv1")
    records = []
    stream(film, networks=ONE, paced=False, on_frame=lambda _, record: records.append(record))
    assert [record.copied for record in records] == [False, True, True, True]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"fps": 0}, "frames a second"),
        ({"policy": "luck"}, "policy"),
        ({"container": "avi"}, "container"),
        ({"networks": ()}, "no network"),
        ({"scale": 7}, "7"),
    ],
)
def test_what_cannot_be_meant(film, options, said) -> None:
    with pytest.raises(Exception, match=said) as caught:
        stream(film, **{"networks": ONE, **options})
    assert isinstance(caught.value, UsageError) or "scale" in str(caught.value)


def test_no_film() -> None:
    with pytest.raises(VideoError, match=r"nothing\.mkv"):
        stream("nothing.mkv", networks=ONE)


def test_signals_are_read_or_not(monkeypatch) -> None:
    reader = SignalReader()
    first = reader.read()
    assert first is reader.read(), "once a second"
    assert first.load is None or first.load >= 0
    assert Signals(headroom_c=1.0).hot
    assert Signals(clock_share=0.4).hot
    assert not Signals(clock_share=0.9, headroom_c=30.0).hot
    assert not Signals().hot
