"""The runtime on real engines with the shipped networks."""

import numpy as np
import pytest
from PIL import Image

import vernier
from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles, shipped_networks
from vernier.errors import NetworkError, ProcessorError, UsageError
from vernier.graphs.reference import run
from vernier.graphs.shapes import resized
from vernier.images.bicubic import imresize
from vernier.processors.discovery import present_processors
from vernier.runtime.picture_graph import picture_graph
from vernier.runtime.pictures import Upscaler

HERE = [str(processor.id) for processor in present_processors() if processor.id.device == "cpu"]


def photo(height, width, channels=3, seed=0):
    """Smooth shapes and some grain."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((max(2, height // 6), max(2, width // 6), channels)).astype(np.float32)
    fine = imresize(coarse, height, width) * 200 + rng.normal(size=(height, width, channels)) * 6
    return np.clip(fine + 25, 0, 255).astype(np.uint8)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.mark.parametrize("processor", HERE)
@pytest.mark.parametrize(("height", "width"), [(61, 83), (97, 64)])
def test_tiles_give_exactly_the_whole_picture(processor, height, width):
    picture = photo(height, width)
    whole = Upscaler(processor=processor, threads=1)(picture)
    for tile in ((33, 41), (height, 29), (50, width)):
        tiled = Upscaler(processor=processor, threads=2, tile=tile)(picture)
        assert np.array_equal(whole, tiled), tile


@pytest.mark.parametrize("processor", HERE)
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_tiles_are_exact_in_other_depths(processor, dtype):
    picture = photo(48, 70)
    deep = (
        picture.astype(np.uint16) * 257 if dtype == np.uint16 else picture.astype(np.float32) / 255
    )
    whole = Upscaler(processor=processor, threads=1)(deep)
    tiled = Upscaler(processor=processor, threads=2, tile=(37, 40))(deep)
    assert whole.dtype == dtype
    assert np.array_equal(whole, tiled)


@pytest.mark.parametrize("processor", [p for p in HERE if p.endswith("float32")])
def test_the_picture_is_the_reference_arithmetic_rounded(processor):
    picture = photo(40, 52)
    bundle = open_bundle(shipped_bundles("sesr-m5", 2)["float32"])
    graph = picture_graph(resized(bundle.segments[0].graph, 40, 52), 2, 3, codes=False)
    exact = run(graph, {"picture": picture[None].astype(np.float32) / 255})["result"][0]
    result = Upscaler(processor=processor)(picture)
    wanted = np.clip(exact * 255, 0, 255)
    assert np.abs(result - wanted).max() <= 0.5 + 1e-2


def test_upscaling_beats_bicubic_on_a_photo():
    """A network that was loaded wrongly would not."""
    from pathlib import Path

    folder = Path(__file__).parents[2] / "../shared/data/eval/Set5"
    if not folder.is_dir():
        pytest.skip("the Set5 photos are not here")
    with Image.open(sorted(folder.iterdir())[2]) as opened:
        high = np.asarray(opened.convert("RGB"))[:240, :240]
    low = np.clip(np.rint(imresize(high.astype(np.float32), 120, 120)), 0, 255).astype(np.uint8)
    cubic = np.clip(imresize(low.astype(np.float32), 240, 240), 0, 255)
    ours = vernier.upscale(low, 2, processor="litert:cpu:float32")
    inner = (slice(4, -4), slice(4, -4))

    def error(picture):
        return np.mean((picture[inner].astype(np.float64) - high[inner]) ** 2)

    assert error(ours) < 0.6 * error(cubic)


def test_shapes_and_kinds_come_back_as_they_went_in():
    picture = photo(20, 30)
    upscaler = Upscaler(processor="litert:cpu:float32")
    assert upscaler(picture).shape == (40, 60, 3)
    assert upscaler(picture[:, :, 0]).shape == (40, 60)
    assert upscaler(picture[:, :, :1]).shape == (40, 60, 1)
    with_alpha = np.concatenate([picture, picture[:, :, :1]], axis=2)
    assert upscaler(with_alpha).shape == (40, 60, 4)
    assert upscaler(with_alpha[:, :, :2]).shape == (40, 60, 2)
    image = upscaler(Image.fromarray(picture))
    assert image.size == (60, 40)
    assert np.array_equal(np.asarray(image), upscaler(picture))


def test_transparency_is_bicubic():
    picture = photo(24, 24, 4)
    result = Upscaler(processor="litert:cpu:float32")(picture)
    wanted = np.clip(np.rint(imresize(picture[:, :, 3].astype(np.float32), 48, 48)), 0, 255)
    assert np.array_equal(result[:, :, 3], wanted)


@pytest.mark.parametrize(
    ("scale", "factors"), [(1.5, (2,)), (2, (2,)), (3, (4,)), (4, (4,)), (5, (4, 2)), (16, (4, 4))]
)
def test_any_scale_by_the_nearest_larger(scale, factors):
    upscaler = Upscaler("sesr-m5", scale, processor="litert:cpu:float32")
    result = upscaler(photo(16, 18))
    assert result.shape == (round(16 * scale), round(18 * scale), 3)
    assert upscaler.report.factors == factors


def test_an_exact_size():
    assert Upscaler(processor="litert:cpu:float32")(photo(20, 30), size=(31, 60)).shape == (
        31,
        60,
        3,
    )


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (3, 2)])
def test_the_smallest_pictures(size):
    result = Upscaler(processor="litert:cpu:float32")(photo(*size))
    assert result.shape == (size[0] * 2, size[1] * 2, 3)


def test_sixteen_bits_are_finer_than_eight():
    smooth = np.linspace(20000, 21000, 40 * 40).reshape(40, 40).astype(np.uint16)
    result = Upscaler(processor="litert:cpu:float32")(smooth)
    assert len(np.unique(result)) > 100


def test_auto_measures_once_remembers_and_says_so():
    first = Upscaler()
    assert first.describe().choice is not None
    assert not first.describe().choice.remembered
    second = Upscaler()
    assert second.describe().choice.remembered
    assert second.describe().processor == first.describe().processor
    second(photo(16, 16))
    assert "measured before on this machine" in second.report.explain()[1]


def test_the_report_says_what_ran():
    upscaler = Upscaler(processor="litert:cpu:int8", tile=(40, 40))
    upscaler(photo(60, 60))
    report = upscaler.report
    assert report.processor == "litert:cpu:int8"
    assert report.tiles[0].count == 4
    convolutions = [
        op for op in report.placements[0].operators if op.name.startswith(("first", "middle"))
    ]
    assert convolutions
    assert all(op.precision == "int8" for op in convolutions)


def test_every_shipped_network_runs_in_every_precision():
    for network, scales in shipped_networks().items():
        for scale in scales:
            for precision in shipped_bundles(network, scale):
                upscaler = Upscaler(network, scale, processor=f"litert:cpu:{precision}")
                assert upscaler(photo(20, 24)).shape == (20 * scale, 24 * scale, 3)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"network": "sesr-m55"}, NetworkError, "did you mean 'sesr-m5'"),
        ({"scale": 1}, UsageError, "scale above 1"),
        ({"scale": 17}, UsageError, "up to 16"),
        ({"processor": "litert:cpu"}, UsageError, "ENGINE:DEVICE:PRECISION"),
        ({"processor": "litert:tpu:int8"}, ProcessorError, "no processor"),
        ({"threads": -1}, UsageError, "0 or more threads"),
        ({"tile": (0, 5)}, UsageError, "at least 1x1"),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        Upscaler(**arguments)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((4, 4, 3), np.int32),
        np.zeros((4, 4, 5), np.uint8),
        np.zeros((0, 4), np.uint8),
        np.full((4, 4), np.nan, np.float32),
        [[1, 2]],
    ],
)
def test_bad_samples_are_refused(samples):
    with pytest.raises(UsageError):
        Upscaler(processor="litert:cpu:float32")(samples)


def test_a_tile_smaller_than_its_halo_is_refused():
    with pytest.raises(UsageError, match="nothing between two halos"):
        Upscaler(processor="litert:cpu:float32", tile=(18, 18), halo="exact")(photo(64, 64))


def test_a_small_budget_makes_small_tiles():
    small = Upscaler(processor="litert:cpu:float32", memory_bytes=8 << 20)
    small(photo(150, 160))
    assert small.report.tiles[0].bytes <= 8 << 20
    assert small.report.tiles[0].count > 2
