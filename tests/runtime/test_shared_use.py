"""An `Upscaler` among threads and processes, wrong arguments, odd PIL images, bands, alpha."""

import copy
import pickle
import threading

import numpy as np
import pytest
from PIL import Image

from vernier import Upscaler, VernierError
from vernier.errors import UsageError
from vernier.images.picture import Picture
from vernier.images.rows import rows_of
from vernier.processors.machine import at_most_cores, usable_cores
from vernier.runtime import upscaler as upscaler_module

FLOAT = "litert:cpu:float32"


def photo(height, width, channels=3, seed=0):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 6 + 2, width // 6 + 2, channels)).astype(np.uint8)
    planes = [Image.fromarray(coarse[:, :, c]).resize((width, height)) for c in range(channels)]
    return np.stack([np.asarray(plane) for plane in planes], axis=2)


def test_threads_that_share_an_upscaler_wait_their_turn():
    upscaler = Upscaler(processor=FLOAT)
    pictures = [photo(40 + 8 * n, 50, seed=n) for n in range(6)]
    wanted = [Upscaler(processor=FLOAT)(picture) for picture in pictures]
    found = [None] * len(pictures)

    def work(number):
        for _ in range(3):
            found[number] = upscaler(pictures[number])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(pictures))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(found, wanted, strict=True):
        assert np.array_equal(one, other)


def test_an_upscaler_says_why_it_cannot_be_pickled():
    upscaler = Upscaler(processor=FLOAT)
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(UsageError, match="make one in each process"):
            attempt(upscaler)


@pytest.mark.parametrize(
    "arguments",
    [
        {"scale": "2"},
        {"scale": float("nan")},
        {"scale": None, "network": 5},
        {"scale": 2j},
        {"scale": True},
        {"tile": 5},
        {"tile": "480x270"},
        {"tile": (5, 5, 5)},
        {"tile": (5.5, 5)},
        {"tile": (-1, 5)},
        {"threads": "4"},
        {"threads": 1.5},
        {"memory_bytes": "1G"},
        {"memory_bytes": -1},
        {"processor": None},
        {"bundle": 5},
        {"bundle": ["a"]},
        {"network": b"sesr-m5"},
    ],
)
def test_arguments_of_wrong_types(arguments):
    with pytest.raises(UsageError) as caught:
        Upscaler(**{"processor": FLOAT, **arguments})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "options", [{"size": 5}, {"size": "8x8"}, {"size": (0, 8)}, {"progress": 1}]
)
def test_options_of_a_picture_of_wrong_types(options):
    with pytest.raises(UsageError):
        Upscaler(processor=FLOAT).enlarge(photo(8, 8), **options)


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "HSV", "YCbCr", "CMYK"]
)
def test_pil_images_of_exotic_modes(mode):
    upscaler = Upscaler(processor=FLOAT)
    source = Image.fromarray(photo(9, 12))
    if mode in ("La", "PA"):
        image = source.convert("L").convert("LA").convert(mode)
    elif mode == "RGBa":
        image = source.convert("RGBA").convert("RGBa")
    elif mode == "RGBX":
        image = Image.frombytes("RGBX", source.size, source.convert("RGBA").tobytes())
    else:
        image = source.convert(mode)
    result = upscaler(image)
    assert result.size == (24, 18)
    if mode in ("RGBa", "RGBX"):
        wanted = np.asarray(upscaler(source)).astype(int)
        assert np.abs(np.asarray(result.convert("RGB")) - wanted).max() <= 1
    if mode in ("HSV", "YCbCr"):
        wanted = np.asarray(upscaler(image.convert("RGB")))
        assert np.array_equal(np.asarray(result), wanted)


def test_closed_and_empty_images():
    upscaler = Upscaler(processor=FLOAT)
    closed = Image.new("RGB", (5, 5))
    closed.close()
    for image in (closed, Image.new("RGB", (0, 5))):
        with pytest.raises(VernierError):
            upscaler(image)


def test_threads_are_capped_at_the_machine_s_cores():
    assert at_most_cores(100_000) == usable_cores()
    assert at_most_cores(0) == usable_cores()
    assert at_most_cores(1) == 1
    upscaler = Upscaler(processor=FLOAT, threads=100_000)
    upscaler(photo(300, 300))
    assert upscaler.report.workers * upscaler.report.threads <= usable_cores()
    assert threading.active_count() < 20


@pytest.mark.parametrize("processor", [FLOAT, "litert:cpu:int8"])
@pytest.mark.parametrize("scale", [2, 3, 4, 8])
@pytest.mark.parametrize("kind", ["rgb", "rgba", "grey", "wide"])
def test_rows_in_bands_become_what_the_whole_becomes(monkeypatch, processor, scale, kind):
    monkeypatch.setattr(upscaler_module, "BAND_BYTES", 1 << 16)
    pixels = photo(150, 131, 4)
    picture = {
        "rgb": Picture(pixels[:, :, :3]),
        "rgba": Picture(pixels[:, :, :3], np.where(pixels[:, :, 3] < 90, 0, pixels[:, :, 3])),
        "grey": Picture(pixels[:, :, :1]),
        "wide": Picture(pixels[:, :, :3].astype(np.uint16) * 257),
    }[kind]
    upscaler = Upscaler("sesr-m5", scale, processor=processor)
    whole = upscaler.enlarge(picture)
    banded = upscaler.enlarge_rows(rows_of(picture)).picture()
    assert upscaler.report.tiles[-1].count > 1
    assert np.array_equal(banded.samples, whole.samples)
    assert (banded.alpha is None) == (whole.alpha is None)
    assert whole.alpha is None or np.array_equal(banded.alpha, whole.alpha)


@pytest.mark.parametrize("size", [(1, 1), (2, 40), (40, 1)])
def test_small_pictures_in_bands(size):
    upscaler = Upscaler(processor=FLOAT)
    picture = Picture(photo(*size))
    banded = upscaler.enlarge_rows(rows_of(picture)).picture()
    assert np.array_equal(banded.samples, upscaler.enlarge(picture).samples)


@pytest.mark.parametrize("processor", [FLOAT, "litert:cpu:int8"])
@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("under", [(0, 0, 0), (255, 255, 255), (0, 255, 0)])
def test_colours_under_transparency_do_not_bleed_into_the_edge(processor, scale, under):
    # An orange disc with a soft edge, laid on its own orange, must be one orange.
    side, orange = 48, np.array((250, 150, 30))
    rows, columns = np.mgrid[0:side, 0:side]
    radius = np.hypot(columns - side / 2 + 0.5, rows - side / 2 + 0.5)
    alpha = (np.clip(18.5 - radius, 0, 1) * 255).astype(np.uint8)
    disc = np.empty((side, side, 4), np.uint8)
    disc[:, :, :3], disc[:, :, 3] = orange, alpha
    disc[alpha == 0, :3] = under
    large = Upscaler("sesr-m5", scale, processor=processor)(disc).astype(float)
    cover = large[:, :, 3:] / 255
    laid = large[:, :, :3] * cover + orange * (1 - cover)
    assert np.abs(laid - orange).max() <= 12
