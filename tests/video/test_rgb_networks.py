"""Networks of RGB on films: planes as RGB and back, against closed forms and FFmpeg."""

from itertools import product

import av
import numpy as np
import pytest
from clips import decoded, frame_hashes, make_film, pictures, still_pictures

from vernier.errors import UsageError, VideoError
from vernier.export.folders import write_folder
from vernier.export.whole import export_float32, export_int8, network_facts
from vernier.graphs.builder import GraphBuilder
from vernier.graphs.graph import Kind
from vernier.quantization.ranges import calibrate_picture_network
from vernier.video.colour import MATRICES, colour_of
from vernier.video.converting import video
from vernier.video.pixel_format import SITINGS, planar_format
from vernier.video.planes import planes_of
from vernier.video.streaming import stream

BT709 = (1, 1, 1, 1)


def frames_of(path):
    with av.open(str(path)) as film:
        return list(film.decode(film.streams.video[0]))


def doubled():
    """Every pixel four times: what is right is known without a network."""
    build = GraphBuilder("doubled")
    x = build.input("picture", (1, 24, 32, 3))
    packed = build.linear(x, np.tile(np.eye(3), (4, 1)), name="packed")
    build.outputs.append(build.add(Kind.DEPTH_TO_SPACE, (packed,), "result", {"block": 2}))
    return build.graph()


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rgb")
    graph = doubled()
    facts = network_facts(graph, "doubled", 2)
    noise = np.random.default_rng(0).random((1, 24, 32, 3), np.float32)
    ranges = calibrate_picture_network(graph, [noise])
    made = {"float32": export_float32(graph, facts), "int8": export_int8(graph, facts, ranges)}
    for name, exported in made.items():
        write_folder(folder / name, {"bundle": exported}, {})
    return {name: folder / name / "bundle" for name in made}


@pytest.mark.parametrize(("bits", "full"), [*product((8, 10, 12), (False, True))])
def test_every_code_comes_back(bits, full) -> None:
    """Where nothing is subsampled, also codes that are no colour of light."""
    layout = planar_format(f"yuv444p{'' if bits == 8 else f'{bits}le'}")
    for matrix in MATRICES:
        colour = colour_of(layout, full, "left", matrix)
        rng = np.random.default_rng(matrix)
        planes = [
            rng.integers(0, 2**bits, (40, 50)).astype(np.uint8 if bits == 8 else np.uint16)
            for _ in range(3)
        ]
        back = [np.empty_like(plane) for plane in planes]
        colour.fill(back, colour.rgb(planes))
        np.testing.assert_array_equal(back, planes)


@pytest.mark.parametrize(("siting", "pattern"), [*product(SITINGS, ("420", "422", "440", "411"))])
def test_a_slope_of_chroma_keeps_its_place(siting, pattern) -> None:
    """Bicubic gives slopes exactly: at luma's places, and back."""
    layout = planar_format(f"yuv{pattern}p16le")
    down, across = layout.subsampling
    height, width = 16 * down, 16 * across
    rows = np.arange(16)[:, None] * down + SITINGS[siting][0] * (down - 1)
    columns = np.arange(16)[None, :] * across + SITINGS[siting][1] * (across - 1)

    def slope(y, x):
        return 32768 + 100.0 * (y - height / 2) + 50.0 * (x - width / 2)

    chroma = np.rint(slope(rows, columns)).astype(np.uint16)
    planes = [np.full((height, width), 30000, np.uint16), chroma, chroma]
    colour = colour_of(layout, True, siting, 1)
    rgb = colour.rgb(planes)
    found = (rgb[:, :, 2] - 30000 / 65535) / (2 * (1 - 0.0722)) * 65535 + 32768
    wanted = slope(np.arange(height)[:, None], np.arange(width)[None, :])
    inside = (slice(4 * down, -4 * down), slice(4 * across, -4 * across))
    assert np.abs(found - wanted)[inside].max() < 1.0
    back = [np.empty_like(plane) for plane in planes]
    colour.fill(back, rgb)
    middle = (slice(5, -5), slice(5, -5))
    assert np.abs(back[1].astype(int) - chroma)[middle].max() <= 1


@pytest.mark.parametrize(("matrix", "full"), [(1, False), (6, False), (9, False), (1, True)])
def test_colours_are_ffmpegs(matrix, full) -> None:
    """Its own conversion to RGB rounds to 8 bits."""
    frame = pictures(96, 64, 1, "yuv444p")[0]
    planes = [np.asarray(frame.to_ndarray()[number]) for number in range(3)]
    colour = colour_of(planar_format("yuv444p"), full, "left", matrix)
    theirs = frame.reformat(
        format="gbrp", src_colorspace=matrix, src_color_range=2 if full else 1, dst_color_range=2
    ).to_ndarray()
    ours = np.clip(colour.rgb(planes), 0, 1) * 255
    assert np.abs(ours - theirs.astype(float)).max() < 2.5
    assert np.abs(ours - theirs.astype(float)).mean() < 0.6


@pytest.mark.parametrize(
    ("pix_fmt", "size", "precision"),
    [("yuv420p", (96, 64), "float32"), ("yuv422p10le", (98, 66), "float32"),
     ("yuv444p", (96, 64), "float32"), ("gray", (96, 64), "float32"),
     ("yuv420p", (96, 64), "int8")],
)  # fmt: skip
def test_luma_is_the_network_s_and_colours_stay(
    tmp_path, bundles, pix_fmt, size, precision
) -> None:
    width, height = size
    film = make_film(
        tmp_path / "in.mkv", width=width, height=height, frames=4, pix_fmt=pix_fmt, codec="ffv1",
        colours=BT709,
    )  # fmt: skip
    report = video(
        film, tmp_path / "out.mkv", bundle=bundles[precision], codec="ffv1",
        processor=f"litert:cpu:{precision}",
    )  # fmt: skip
    assert any("RGB" in line for line in report.how)
    for before, after in zip(frames_of(film), frames_of(tmp_path / "out.mkv"), strict=True):
        assert (after.width, after.height) == (2 * width, 2 * height)
        assert after.format.name == pix_fmt
        assert after.colorspace == 1
        layout = planar_format(pix_fmt)
        small, large = (planes_of(frame, layout)[0].astype(int) for frame in (before, after))
        away = np.abs(np.kron(small, np.ones((2, 2), int)) - large)
        if precision == "float32":
            assert away.max() == 0
        else:
            # RGB beyond black and white, which subsampled chroma makes, is no code of the network.
            assert np.median(away) == 0
            assert away.mean() < 2.0
        for old, new in zip(planes_of(before, layout), planes_of(after, layout), strict=True):
            assert abs(old.mean() - new.mean()) < 2 * 2 ** (layout.bits - 8)


def test_what_does_not_change_is_copied(tmp_path, bundles) -> None:
    width, height = 480, 288
    film = make_film(
        tmp_path / "in.mkv", width=width, height=height, codec="ffv1",
        made=still_pictures(width, height, 6),
    )  # fmt: skip
    options = {"bundle": bundles["float32"], "processor": "litert:cpu:float32", "codec": "ffv1"}
    on = video(film, tmp_path / "on.mkv", **options)
    off = video(film, tmp_path / "off.mkv", reuse=False, **options)
    assert on.reused > 0.5
    assert off.reused == 0.0
    assert frame_hashes(tmp_path / "on.mkv") == frame_hashes(tmp_path / "off.mkv")


def test_a_stream_of_a_network_of_rgb(tmp_path, bundles) -> None:
    film = make_film(tmp_path / "in.mkv", frames=6, codec="ffv1", colours=BT709)
    frames = []
    stream(
        film, networks=(), bundles=(bundles["float32"],), paced=False,
        on_frame=lambda frame, _: frames.append(frame),
    )  # fmt: skip
    assert len(frames) == 6
    small = decoded(film)[0][:64]
    large = frames[0].to_ndarray()[:128]
    assert np.abs(np.kron(small.astype(int), np.ones((2, 2), int)) - large).max() <= 1


def test_one_line_says_why_not(tmp_path, bundles) -> None:
    with pytest.raises(VideoError, match="expected colours by a matrix"):
        colour_of(planar_format("yuv420p"), False, "left", 8)
    film = make_film(
        tmp_path / "deep.mkv", frames=2, pix_fmt="yuv420p10le", codec="ffv1", colours=BT709
    )
    with pytest.raises(UsageError, match="reads RGB of 8 bits"):
        video(film, tmp_path / "o.mkv", bundle=bundles["int8"], processor="litert:cpu:int8")
    assert not (tmp_path / "o.mkv").exists()
