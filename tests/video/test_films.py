"""Films in, larger films out: what ffprobe and PyAV say of the results."""

from fractions import Fraction

import numpy as np
import pytest
from clips import decoded, ffprobe, make_film, packet_bytes, pictures, streams, video_times

from vernier.errors import UsageError, VideoError
from vernier.video.converting import video

FLOAT = "litert:cpu:float32"


def enlarge(source, target, **options):
    return video(source, target, processor=options.pop("processor", FLOAT), **options)


@pytest.fixture(scope="module")
def rich(tmp_path_factory):
    """A film with everything, and its result."""
    folder = tmp_path_factory.mktemp("rich")
    film = make_film(
        folder / "film.mkv",
        frames=30,
        options={"bf": "2"},
        audio=2,
        audio_start=0.25,
        subtitles=1,
        chapters=[
            {"id": 1, "start": 0, "end": 500, "time_base": Fraction(1, 1000),
             "metadata": {"title": "One"}},
            {"id": 2, "start": 500, "end": 1250, "time_base": Fraction(1, 1000),
             "metadata": {"title": "Two"}},
        ],
        attachment=("font.ttf", "application/x-truetype-font", b"not really a font"),
        aspect=Fraction(4, 3),
        colours=(1, 1, 1, 1),
        metadata={"title": "A film"},
    )  # fmt: skip
    report = enlarge(film, folder / "large.mkv")
    return film, folder / "large.mkv", report


def test_the_frames_are_twice_as_large(rich) -> None:
    _, large, report = rich
    assert (report.size, report.frames) == ((128, 192), 30)
    found = streams(large)[0]
    assert (found["width"], found["height"], found["codec_name"]) == (192, 128, "h264")
    assert found["sample_aspect_ratio"] == "4:3"
    assert len(decoded(large)) == 30
    assert not (large.parent / f".{large.name}.vernier-video").exists()


def test_times_are_the_films(rich) -> None:
    film, large, _ = rich
    assert video_times(large) == video_times(film)


def test_all_else_is_copied(rich) -> None:
    film, large, _ = rich
    for kind in ("audio", "subtitles"):
        assert packet_bytes(large, kind) == packet_bytes(film, kind)
    kinds = [(s["codec_type"], s.get("tags", {}).get("language")) for s in streams(large)]
    assert kinds == [(s["codec_type"], s.get("tags", {}).get("language")) for s in streams(film)]
    before, after = (ffprobe(p, "-show_chapters", "-show_format") for p in (film, large))
    titles = [(c["start_time"], c["end_time"], c["tags"]["title"]) for c in after["chapters"]]
    assert titles == [
        (c["start_time"], c["end_time"], c["tags"]["title"]) for c in before["chapters"]
    ]
    assert after["format"]["tags"]["title"] == "A film"
    attached = streams(large)[-1]
    assert attached["codec_type"] == "attachment"
    assert attached["tags"]["filename"] == "font.ttf"


def test_tags_of_colour_are_the_films(rich) -> None:
    _, large, _ = rich
    found = streams(large)[0]
    assert found["color_range"] == "tv"
    assert [found[f"color_{k}"] for k in ("space", "primaries", "transfer")] == ["bt709"] * 3


def test_luma_is_the_networks(tmp_path) -> None:
    """Losslessly encoded, and compared with the network on the decoded plane."""
    from vernier.bundles.bundle import open_bundle
    from vernier.bundles.shipped import shipped_bundles
    from vernier.processors.discovery import find_processor
    from vernier.runtime.loading import placed
    from vernier.runtime.planes import PlaneUpscaler

    film = make_film(tmp_path / "film.mkv", frames=3)
    enlarge(film, tmp_path / "large.mkv", codec="ffv1")
    processor = find_processor(FLOAT)
    network = PlaneUpscaler(
        open_bundle(shipped_bundles("sesr-m5", 2)["float32"]), placed(lambda _: processor, 1, False)
    )
    for small, large in zip(decoded(film), decoded(tmp_path / "large.mkv"), strict=True):
        wanted = network(small[:64, :, None].astype(np.float32) / 255)[:, :, 0] * 255
        assert np.abs(large[:128] - np.clip(wanted, 0, 255)).max() <= 0.51


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_variable_frame_rate_keeps_its_times(tmp_path, suffix) -> None:
    rng = np.random.default_rng(1)
    times = [int(t) for t in np.cumsum(rng.integers(200, 2000, 20))]
    film = make_film(tmp_path / "film.mp4", frames=20, times=times, options={"bf": "3"})
    enlarge(film, tmp_path / f"large.{suffix}")
    found, wanted = video_times(tmp_path / f"large.{suffix}"), video_times(film)
    if suffix == "mp4":
        assert found == wanted
    else:
        # Matroska counts milliseconds.
        assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= Fraction(1, 2000)


def test_a_stream_that_starts_late_still_does(tmp_path) -> None:
    times = [12288 + 512 * n for n in range(12)]
    film = make_film(tmp_path / "film.mp4", frames=12, times=times, audio=1)
    enlarge(film, tmp_path / "large.mp4")
    for kind in ("video", "audio"):
        starts = [
            next(s["start_time"] for s in streams(p) if s["codec_type"] == kind)
            for p in (film, tmp_path / "large.mp4")
        ]
        assert starts[0] == starts[1]
    assert float(starts[0]) < 0.5


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1", "vp9", "ffv1", "prores"])
def test_every_codec(tmp_path, codec) -> None:
    film = make_film(tmp_path / "film.mkv", frames=5)
    suffix = "mov" if codec == "prores" else "mkv"
    enlarge(film, tmp_path / f"large.{suffix}", codec=codec)
    found = streams(tmp_path / f"large.{suffix}")[0]
    assert (found["codec_name"], found["width"]) == (codec, 192)
    assert len(decoded(tmp_path / f"large.{suffix}")) == 5


@pytest.mark.parametrize("processor", [FLOAT, "litert:cpu:int8"])
def test_ten_bits_and_hdr(tmp_path, processor) -> None:
    """PQ in its own code values, tags kept; the codes stay near bicubic's."""
    film = make_film(
        tmp_path / "film.mkv", frames=4, pix_fmt="yuv420p10le", codec="libx265",
        colours=(1, 9, 9, 16), options={"x265-params": "log-level=error"},
    )  # fmt: skip
    report = enlarge(film, tmp_path / "large.mkv", codec="ffv1", processor=processor)
    found = streams(tmp_path / "large.mkv")[0]
    assert found["pix_fmt"] == "yuv420p10le"
    assert found["color_transfer"] == "smpte2084"
    assert (found["color_space"], found["color_primaries"]) == ("bt2020nc", "bt2020")
    assert any("PQ" in line for line in report.how)
    small, large = decoded(film)[0][:64].astype(float), decoded(tmp_path / "large.mkv")[0][:128]
    assert abs(small.mean() - large.mean()) < 4
    assert large.max() > 255


def test_mastering_metadata_is_kept_in_hevc(tmp_path) -> None:
    display = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
    film = make_film(
        tmp_path / "film.mkv", frames=3, pix_fmt="yuv420p10le", codec="libx265",
        colours=(1, 9, 9, 16),
        options={
            "x265-params": f"log-level=error:hdr10=1:master-display={display}:max-cll=900,200"
        },
    )  # fmt: skip
    enlarge(film, tmp_path / "large.mkv")

    def said(path):
        frame = ffprobe(path, "-show_frames", "-read_intervals", "%+#1")["frames"][0]
        kinds = ("Mastering display metadata", "Content light level metadata")
        return [one for one in frame["side_data_list"] if one["side_data_type"] in kinds]

    assert len(said(film)) == 2
    assert said(tmp_path / "large.mkv") == said(film)


def test_full_range_stays_full(tmp_path) -> None:
    film = make_film(
        tmp_path / "film.mkv", frames=3, pix_fmt="yuvj420p", codec="mjpeg",
        options={"strict": "unofficial"},
    )  # fmt: skip
    enlarge(film, tmp_path / "large.mkv", codec="ffv1")
    found = streams(tmp_path / "large.mkv")[0]
    assert found["color_range"] == "pc"
    small, large = decoded(film)[0], decoded(tmp_path / "large.mkv")[0]
    assert abs(small[:64].mean() - large[:128].mean()) < 1


def test_rgb_is_not_tinted(tmp_path) -> None:
    """A grey screen recording in RGB has no colour afterwards, and its brightness."""
    import av

    grey = [
        av.VideoFrame.from_ndarray(np.full((64, 96, 3), level, np.uint8), format="rgb24")
        for level in (0, 90, 255)
    ]
    film = make_film(tmp_path / "film.mkv", codec="libx264rgb", pix_fmt="rgb24", made=grey,
                     options={"qp": "0"})  # fmt: skip
    enlarge(film, tmp_path / "large.mkv", codec="ffv1")
    with av.open(str(tmp_path / "large.mkv")) as large:
        for frame, level in zip(large.decode(video=0), (0, 90, 255), strict=True):
            found = frame.to_ndarray(format="rgb24").astype(int)
            assert (found.max(axis=2) == found.min(axis=2)).all()
            assert np.abs(found - level).max() <= 3


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_rotation_is_kept(tmp_path, suffix) -> None:
    film = make_film(tmp_path / "film.mp4", frames=3, rotation=90)
    enlarge(film, tmp_path / f"large.{suffix}")
    turned = [
        next(d["rotation"] for d in streams(p)[0]["side_data_list"] if "rotation" in d)
        for p in (film, tmp_path / "large.mp4" if suffix == "mp4" else film)
    ]
    assert turned[0] == turned[1] != 0
    assert streams(tmp_path / f"large.{suffix}")[0]["width"] == 192


def test_chroma_siting_is_told_on(tmp_path) -> None:
    film = make_film(tmp_path / "film.mkv", frames=2, options={"x264-params": "chromaloc=2"})
    enlarge(film, tmp_path / "large.mkv")
    assert streams(film)[0]["chroma_location"] == "topleft"
    assert streams(tmp_path / "large.mkv")[0]["chroma_location"] == "topleft"


def test_interlaced_is_refused_or_deinterlaced(tmp_path) -> None:
    film = make_film(
        tmp_path / "film.mkv", frames=12, options={"x264-params": "tff=1"},
    )  # fmt: skip
    assert ffprobe(film, "-show_frames", "-read_intervals", "%+#1")["frames"][0]["interlaced_frame"]
    with pytest.raises(UsageError, match="interlaced"):
        enlarge(film, tmp_path / "large.mkv")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["film.mkv"]
    report = enlarge(film, tmp_path / "large.mkv", interlaced="deinterlace")
    assert report.frames == 12
    assert video_times(tmp_path / "large.mkv") == video_times(film)
    enlarge(film, tmp_path / "kept.mkv", interlaced="keep")
    assert len(decoded(tmp_path / "kept.mkv")) == 12


def test_damage_in_the_middle_is_told_and_passed(tmp_path) -> None:
    film = make_film(tmp_path / "film.mkv", frames=60, options={"bf": "0"})
    content = bytearray(film.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 1500] = bytes(1500)
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(content)
    report = enlarge(broken, tmp_path / "large.mkv")
    assert "damaged at 0:00:0" in report.damage
    assert 30 < report.frames <= 60
    assert video_times(tmp_path / "large.mkv")[-1] == video_times(film)[-1]


def test_a_film_that_ends_too_early(tmp_path) -> None:
    """Half a Matroska file is half a film; half an MP4 file, without its index, is none."""
    film = make_film(tmp_path / "film.mkv", frames=60, audio=1)
    half = tmp_path / "half.mkv"
    half.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    report = enlarge(half, tmp_path / "large.mkv")
    assert 5 < report.frames < 60
    assert video_times(tmp_path / "large.mkv") == video_times(film)[: report.frames]
    whole = make_film(tmp_path / "film.mp4", frames=10)
    none = tmp_path / "half.mp4"
    none.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(VideoError, match="cannot be read as a film"):
        enlarge(none, tmp_path / "large.mp4")


def test_a_bare_stream_is_counted(tmp_path) -> None:
    film = make_film(
        tmp_path / "film.h264", frames=9, options={"bf": "2"}, time_base=Fraction(1, 24)
    )
    report = enlarge(film, tmp_path / "large.mp4")
    assert any("no timestamps" in line for line in report.how)
    assert video_times(tmp_path / "large.mp4") == [Fraction(n, 24) for n in range(9)]


def test_a_part_begins_at_zero(tmp_path) -> None:
    film = make_film(tmp_path / "film.mkv", frames=48, audio=1)
    report = enlarge(film, tmp_path / "part.mkv", start=0.5, end=1.0)
    assert report.frames == 12
    assert video_times(tmp_path / "part.mkv")[0] == 0
    whole, part = decoded(film), decoded(tmp_path / "part.mkv")
    assert np.abs(part[0][:128:2, ::2].astype(float) - whole[12][:64]).mean() < 6


@pytest.mark.parametrize(
    ("options", "size"), [({"height": 90}, (90, 136)), ({"scale": 3}, (192, 288))]
)
def test_any_size(tmp_path, options, size) -> None:
    film = make_film(tmp_path / "film.mkv", frames=2)
    assert enlarge(film, tmp_path / "large.mkv", **options).size == size
    assert decoded(tmp_path / "large.mkv")[0].shape == (size[0] * 3 // 2, size[1])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"scale": 1}, "enlargement above 1"),
        ({"scale": 2, "height": 200}, "not both"),
        ({"codec": "mp5"}, "has no encoder"),
        ({"crf": 99}, "from 0 to 51"),
        ({"preset": "sideways"}, "has the presets"),
        ({"start": 9.0}, "behind the film's end"),
        ({"start": 0.5, "end": 0.25}, "is not after"),
        ({"network": "sesr-m99"}, "sesr-m99"),
    ],
)
def test_what_cannot_be_meant_leaves_nothing(tmp_path, options, said) -> None:
    film = make_film(tmp_path / "film.mkv", frames=3)
    with pytest.raises(Exception, match=said):
        enlarge(film, tmp_path / "large.mkv", **options)
    assert [p.name for p in tmp_path.iterdir()] == ["film.mkv"]


def test_no_films_and_no_places(tmp_path) -> None:
    film = make_film(tmp_path / "film.mkv", frames=2)
    (tmp_path / "text.mkv").write_text("no film")
    for source, target, said in [
        ("text.mkv", "large.mkv", "cannot be read as a film"),
        ("none.mkv", "large.mkv", "none.mkv"),
        ("film.mkv", "film.mkv", "the film itself"),
        ("film.mkv", "large.nothing", "no container"),
        ("film.mkv", "none/large.mkv", "no folder"),
    ]:
        with pytest.raises((VideoError, UsageError), match=said):
            enlarge(tmp_path / source, tmp_path / target)
    assert film.exists()


def test_subtitles_that_do_not_fit_are_said_before(tmp_path) -> None:
    film = make_film(tmp_path / "film.mkv", frames=2, subtitles=1)
    with pytest.raises(UsageError, match="does not go into this container"):
        enlarge(film, tmp_path / "large.mp4")
    assert [p.name for p in tmp_path.iterdir()] == ["film.mkv"]


def test_frames_of_one_source_differ() -> None:
    """The clips move, or nothing above would notice frames in the wrong order."""
    first, second = (frame.to_ndarray() for frame in pictures(96, 64, 2))
    assert (first != second).any()
