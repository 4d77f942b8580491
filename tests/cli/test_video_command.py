"""`vernier video` as it is typed."""

import json

import pytest
from clips import decoded, make_film

from vernier.cli.video import parse_clock
from vernier.errors import UsageError


@pytest.fixture
def film(tmp_path):
    return make_film(tmp_path / "film.mkv", frames=10)


def test_a_film_and_what_is_said(vernier, film, tmp_path) -> None:
    code, _, err = vernier(
        "video", film, "-o", tmp_path / "large.mkv", "--processor", "litert:cpu:float32"
    )
    assert code == 0
    lines = err.splitlines()
    assert "96x64 to 192x128 by sesr-m5 x2 on luma, bicubic on chroma" in lines[0]
    assert "litert:cpu:float32 (as asked)" in lines[1]
    assert "large.mkv: 192x128, 10 frames" in lines[-1]
    assert len(decoded(tmp_path / "large.mkv")) == 10


def test_lines_of_json_and_a_preview(vernier, film, tmp_path) -> None:
    from PIL import Image

    code, out, _ = vernier(
        "video", film, "-o", tmp_path / "large.mkv", "--json", "--preview", "0.01",
        "--processor", "litert:cpu:float32", "--from", "0:00.1",
    )  # fmt: skip
    assert code == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["event"] for line in lines] == ["status"] * (len(lines) - 1) + ["report"]
    assert lines[-2]["stage"] == "done"
    assert lines[-1]["frames"] == lines[-2]["frames"] == 7
    assert lines[-1]["bytes"] == (tmp_path / "large.mkv").stat().st_size
    with Image.open(tmp_path / "large.mkv.preview.png") as preview:
        assert preview.size == (192, 128)


def test_bad_input_is_one_line(vernier, film, tmp_path) -> None:
    for arguments, said in [
        (("--scale", "40"), "enlargement"),
        (("--codec", "nothing"), "has no encoder"),
        (("--from", "soon"), "expected a time"),
    ]:
        code, _, err = vernier("video", film, "-o", tmp_path / "large.mkv", *arguments)
        assert code == 2
        assert said in err
        assert len(err.strip().splitlines()) == 1
        assert not (tmp_path / "large.mkv").exists()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90.0), ("1:30", 90.0), ("1:02:03.5", 3723.5), (" 0.25 ", 0.25)],
)
def test_times(text, seconds) -> None:
    assert parse_clock(text) == seconds


@pytest.mark.parametrize("text", ["", "1:2:3:4", "-1", "1:", "one"])
def test_no_times(text) -> None:
    with pytest.raises(UsageError, match="expected a time"):
        parse_clock(text)
