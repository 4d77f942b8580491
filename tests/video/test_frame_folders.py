"""Folders of PNG frames in and out."""

import numpy as np
import pytest
from clips import decoded, make_film, streams, video_times
from PIL import Image

from vernier.errors import UsageError, VideoError
from vernier.video import status
from vernier.video.converting import video

FLOAT = "litert:cpu:float32"


def rgb(path):
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return make_film(tmp_path_factory.mktemp("folder") / "film.mkv", frames=10)


def test_frames_come_out_as_the_film_shows_them(film, tmp_path) -> None:
    """Against FFmpeg's own RGB of the same result, losslessly encoded."""
    import av

    report = video(film, tmp_path / "frames", processor=FLOAT)
    assert (report.frames, report.size, report.codec) == (10, (128, 192), "png")
    files = sorted((tmp_path / "frames").iterdir())
    assert [f.name for f in files] == [f"{n:06}.png" for n in range(1, 11)]
    assert not list(tmp_path.glob(".*"))
    video(film, tmp_path / "large.mkv", processor=FLOAT, codec="ffv1")
    with av.open(str(tmp_path / "large.mkv")) as large:
        for file, frame in zip(files, large.decode(video=0), strict=True):
            assert np.abs(rgb(file) - frame.to_ndarray(format="rgb24").astype(int)).max() <= 1


def test_frames_go_in(tmp_path) -> None:
    folder = tmp_path / "fra[m]es"
    folder.mkdir()
    for number, level in enumerate((40, 120, 200)):
        Image.new("RGB", (64, 48), (level, level, level)).save(folder / f"f{number}.png")
    report = video(folder, tmp_path / "large.mp4", processor=FLOAT, fps=10, crf=4)
    assert (report.frames, report.size) == (3, (96, 128))
    assert [float(t) for t in video_times(tmp_path / "large.mp4")] == pytest.approx([0, 0.1, 0.2])
    assert streams(tmp_path / "large.mp4")[0]["pix_fmt"] == "yuv444p"
    for frame, level in zip(decoded(tmp_path / "large.mp4"), (40, 120, 200), strict=True):
        luma = frame[0] if frame.ndim == 3 else frame[:96]
        assert abs(luma.mean() - (16 + level * 219 / 255)) < 1.5


def test_frames_go_on_where_they_stopped(film, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(status, "BETWEEN_SECONDS", 0.0)

    class Stop(Exception):
        pass

    def stop(now):
        if now.frames >= 4:
            raise Stop

    with pytest.raises(Stop):
        video(film, tmp_path / "frames", processor=FLOAT, status=stop)
    before = {f.name: f.stat().st_mtime_ns for f in (tmp_path / "frames").iterdir()}
    assert len(before) == 4
    report = video(film, tmp_path / "frames", processor=FLOAT)
    assert (report.frames, report.resumed) == (10, 4)
    for name, mtime in before.items():
        assert (tmp_path / "frames" / name).stat().st_mtime_ns == mtime
    video(film, tmp_path / "again", processor=FLOAT)
    for file in (tmp_path / "again").iterdir():
        assert file.read_bytes() == (tmp_path / "frames" / file.name).read_bytes()


def test_what_cannot_be_meant(film, tmp_path) -> None:
    full, empty = tmp_path / "full", tmp_path / "empty"
    full.mkdir()
    empty.mkdir()
    (full / "mine.txt").write_text("mine")
    for source, target, options, error, said in [
        (film, full, {}, UsageError, "holds files already"),
        (film, tmp_path / "new", {"crf": 20}, UsageError, "PNG files"),
        (film, tmp_path / "large.mkv", {"fps": 20}, UsageError, "folders of frames"),
        (empty, tmp_path / "large.mkv", {}, VideoError, "holds no .png files"),
        (full, empty, {}, UsageError, "vernier upscale"),
    ]:
        with pytest.raises(error, match=said):
            video(source, target, processor=FLOAT, **options)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty", "full"]
    hdr = make_film(
        tmp_path / "hdr.mkv", frames=2, pix_fmt="yuv420p10le", codec="ffv1", colours=(1, 9, 9, 16)
    )
    with pytest.raises(UsageError, match="PQ"):
        video(hdr, tmp_path / "new", processor=FLOAT)
    assert not list(tmp_path.glob("*new*"))
