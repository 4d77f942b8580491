"""Planes as they are decoded, against the network itself, closed forms and pictures' own path."""

import numpy as np
import pytest

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.images.bicubic import imresize
from vernier.processors.discovery import find_processor
from vernier.runtime.loading import load_graph, load_plane, placed
from vernier.runtime.pictures import Upscaler
from vernier.runtime.plane_graph import chroma_graph
from vernier.runtime.planes import PlaneUpscaler
from vernier.video.pixel_format import SITINGS, chroma_shift, nearest_planar, planar_format
from vernier.video.plane_codes import chroma_codes, luma_codes

FLOAT, INT8 = "litert:cpu:float32", "litert:cpu:int8"
HEIGHT, WIDTH = 36, 52


def photo(bits=8, full=False):
    """A soft picture in the codes of a plane."""
    rng = np.random.default_rng(3)
    soft = imresize(rng.random((9, 13, 1)).astype(np.float32), HEIGHT, WIDTH)[:, :, 0]
    low, high = (0, 255) if full else (16, 235)
    codes = (low + np.clip(soft, 0, 1) * (high - low)) / 255
    most = 255 * 2 ** (bits - 8) if not full else 2**bits - 1
    return np.rint(codes * most).astype(np.uint8 if bits == 8 else np.uint16)


def load(name):
    processor = find_processor(name)
    return placed(lambda _: processor, 1, False)


def bundle(name):
    precision = find_processor(name).id.model_precision
    return open_bundle(shipped_bundles("sesr-m5", 2)[precision])


def through(name, plane, bits, full):
    codes = luma_codes(bits, full)
    chain = load_plane(bundle(name), *plane.shape, codes.integers, full, load(name))
    given = chain.input_buffer()[0, :, :, 0]
    codes.into(given)(plane, given)
    result = chain.run()[0, :, :, 0]
    target = np.empty(result.shape, plane.dtype)
    codes.out_of(result)(result, target)
    chain.close()
    return target


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_studio_range_is_what_the_network_was_trained_on(bits) -> None:
    """The plane's codes, divided so that white is 235/255, through the bare network."""
    plane = photo(bits)
    network = PlaneUpscaler(bundle(FLOAT), load(FLOAT))
    scale = 255 * 2 ** (bits - 8)
    wanted = network(plane[:, :, None].astype(np.float32) / scale)[:, :, 0] * scale
    found = through(FLOAT, plane, bits, False)
    assert np.abs(found - wanted).max() <= 0.5 + 1e-2


def test_int8_takes_the_plane_as_it_lies() -> None:
    plane = photo()
    network = PlaneUpscaler(bundle(INT8), load(INT8))
    wanted = network(plane[:, :, None].astype(np.float32) / 255)[:, :, 0] * 255
    found = through(INT8, plane, 8, False)
    np.testing.assert_array_equal(found, np.clip(np.rint(wanted), 0, 255))


def test_full_range_is_a_grey_picture() -> None:
    plane = photo(full=True)
    upscaler = Upscaler("sesr-m5", 2, processor=FLOAT)
    apart = through(FLOAT, plane, 8, True).astype(int) - upscaler.enlarge_samples(plane)
    assert np.abs(apart).max() <= 1


def test_ten_bits_are_not_eight() -> None:
    """A ramp of single 10-bit steps keeps steps of less than one 8-bit code."""
    ramp = np.tile(np.arange(400, 400 + WIDTH, dtype=np.uint16), (HEIGHT, 1))
    for name in (FLOAT, INT8):
        row = through(name, ramp, 10, False)[HEIGHT, 20:-20].astype(int)
        wanted = 400 + (np.arange(2 * WIDTH)[20:-20] + 0.5) / 2 - 0.5
        # INT8's result is in steps of 4; only what is put back from its input keeps the ramp.
        assert np.abs(np.diff(row)).max() <= (2 if name == FLOAT else 8)
        assert np.abs(row - wanted).mean() < (1.5 if name == FLOAT else 4.0)


def test_ten_bits_through_int8_are_nearer_with_their_remainder() -> None:
    """Against float on the same plane: closer than rounding the plane to 8 bits first."""
    plane = photo(10)
    exact = through(FLOAT, plane, 10, False).astype(float)
    deep = through(INT8, plane, 10, False)
    shallow = through(INT8, np.rint(plane / 4).astype(np.uint8), 8, False).astype(float) * 4
    assert np.abs(deep - exact).mean() < np.abs(shallow - exact).mean()


@pytest.mark.parametrize("siting", SITINGS)
@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("pattern", ["420", "422", "444"])
def test_chroma_stays_where_it_lies(siting, scale, pattern) -> None:
    """A ramp over the picture's own coordinates: bicubic keeps it, at the large film's places."""
    layout = planar_format(f"yuv{pattern}p10le")
    height, width = layout.plane_size(1, 64, 64)
    shift = chroma_shift(siting, layout.subsampling, scale)
    codes = chroma_codes(10)
    graph = chroma_graph(height, width, scale, shift, codes.integers)
    chain = load_graph(graph, FLOAT, load(FLOAT))

    def places(count, factor, place, of):
        """Luma coordinates of chroma samples in a picture `of` times enlarged."""
        luma = np.arange(count) * factor + (factor - 1) * place
        return (luma + 0.5) / of - 0.5

    def ramp(of):
        down, across = layout.subsampling
        rows = places(height * of, down, SITINGS[siting][0], of)
        columns = places(width * of, across, SITINGS[siting][1], of)
        return 0.2 + 0.004 * rows[:, None] + 0.003 * columns[None]

    chain.input_buffer()[0, :, :, 0] = ramp(1)
    found = chain.run()[0, :, :, 0]
    inner = (slice(3 * scale, -3 * scale),) * 2
    np.testing.assert_allclose(found[inner], ramp(scale)[inner], atol=2e-6)
    chain.close()


@pytest.mark.parametrize(
    ("name", "planar"),
    [
        ("yuv420p", "yuv420p"), ("nv12", "yuv420p"), ("p010le", "yuv420p10le"),
        ("yuva420p", "yuv420p"), ("rgb24", "yuv444p"), ("pal8", "yuv444p"), ("bgr0", "yuv444p"),
        ("gbrp10le", "yuv444p10le"), ("gray10le", "gray10le"), ("uyvy422", "yuv422p"),
        ("yuv422p10be", "yuv422p10le"), ("yuvj420p", "yuv420p"), ("ya8", "gray"),
    ],
)  # fmt: skip
def test_every_format_has_a_planar_one(name, planar) -> None:
    assert nearest_planar(name).name == planar
