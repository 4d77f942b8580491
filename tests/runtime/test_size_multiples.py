"""Networks that fold the picture, at sizes that are no multiple; 1x networks; smaller halos."""

import numpy as np
import pytest
import torch
from torch import nn

from vernier.bundles.bundle import open_bundle, write_bundle
from vernier.errors import UsageError
from vernier.export.whole import export_float32, network_facts
from vernier.networks.architectures.rrdbnet import RrdbNet
from vernier.networks.architectures.srvgg import SrVggCompact
from vernier.networks.capture.module import capture
from vernier.runtime.halo import busiest
from vernier.runtime.pictures import Upscaler
from vernier.runtime.size_multiples import widened, widened_bands


def bundle_of(folder, module, scale):
    graph = capture(module.eval(), "net")
    exported = export_float32(graph, network_facts(graph, "net", scale))
    write_bundle(folder / "net", exported.manifest, exported.models)
    return folder / "net"


def photo(height, width, seed=0):
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / 5 + y / 7), np.sin(x / 3), np.cos(y / 4 - x / 9)]
    noise = np.random.default_rng(seed).integers(0, 30, (height, width, 3))
    return (np.stack(waves, -1) * 90 + 110 + noise).clip(0, 255).astype(np.uint8)


def by_torch(module, picture):
    x = torch.from_numpy(picture.astype(np.float32) / 255).permute(2, 0, 1)[None]
    with torch.no_grad():
        y = module(x)[0].permute(1, 2, 0).numpy()
    return np.rint(np.clip(y, 0, 1) * 255).astype(np.uint8)


@pytest.fixture(scope="module", params=[1, 2])
def folded(request, tmp_path_factory):
    torch.manual_seed(0)
    module = RrdbNet(request.param, blocks=1, width=8, growth=4).eval()
    return module, bundle_of(tmp_path_factory.mktemp("folded"), module, request.param)


def near(found, wanted):
    return np.abs(found.astype(int) - wanted.astype(int)).max() <= 1


def test_any_size_through_a_network_that_folds(folded):
    """By PyTorch's own reflection: padded, enlarged, and the same corner of the result."""
    module, path = folded
    picture = photo(47, 63)
    upscaler = Upscaler(bundle=path, processor="litert:cpu:float32")
    fold = module.fold
    x = torch.from_numpy(picture).permute(2, 0, 1)[None].float()
    padded = nn.functional.pad(x, (0, -63 % fold, 0, -47 % fold), "reflect")
    whole = by_torch(module, padded[0].permute(1, 2, 0).numpy().astype(np.uint8))
    wanted = whole[: 47 * module.scale, : 63 * module.scale]
    assert near(upscaler.enlarge(picture), wanted)
    bands = upscaler.enlarge_bands(iter(np.split(picture, [10, 11, 40])), picture.shape, np.uint8)
    assert near(np.concatenate(list(bands)), wanted)


def test_tiles_of_it_give_the_whole_picture(folded):
    _, path = folded
    picture = photo(151, 203)
    whole = Upscaler(bundle=path, processor="litert:cpu:float32").enlarge(picture)
    halo = open_bundle(path).manifest.network.halo
    tiled = Upscaler(bundle=path, processor="litert:cpu:float32", tile=(2 * halo + 9,) * 2)
    assert near(tiled.enlarge(picture), whole)
    assert tiled.report.tiles[0].count > 1
    assert tiled.report.tiles[0].halo is None


def test_a_network_that_keeps_the_size(tmp_path):
    torch.manual_seed(0)
    module = SrVggCompact(1, layers=1, width=6).eval()
    upscaler = Upscaler(bundle=bundle_of(tmp_path, module, 1), processor="litert:cpu:float32")
    picture = photo(40, 50)
    assert upscaler.scale == 1
    assert near(upscaler.enlarge(picture), by_torch(module, picture))


@pytest.fixture(scope="module")
def deep(tmp_path_factory):
    """A receptive field of 60 pixels, of which those beyond the nearest few do next to nothing."""
    torch.manual_seed(0)
    layers = []
    for number in range(60):
        layers.append(nn.Conv2d(3, 3 if number < 59 else 12, 3, padding=1))
        with torch.no_grad():
            layers[-1].weight.mul_(0.03)
            layers[-1].bias.zero_()
            for colour in range(layers[-1].out_channels):
                layers[-1].weight[colour, colour % 3 if number < 59 else colour // 4, 1, 1] = 1.0
    module = nn.Sequential(*layers, nn.PixelShuffle(2)).eval()
    module.channels = 3
    return module, bundle_of(tmp_path_factory.mktemp("deep"), module, 2)


def test_a_halo_that_does_not_fit_is_made_smaller_and_said(deep):
    module, path = deep
    picture = photo(300, 320)
    upscaler = Upscaler(bundle=path, processor="litert:cpu:float32", tile=(100, 100))
    found = upscaler.enlarge(picture)
    choice = upscaler.report.tiles[0].halo
    assert choice.exact == 60
    assert choice.halo < 50
    assert choice.deviation_codes <= 1
    assert "halo" in " ".join(upscaler.report.explain())
    wanted = by_torch(module, picture)
    assert np.abs(found.astype(int) - wanted.astype(int)).max() <= 2
    bands = list(upscaler.enlarge_bands(iter([picture]), picture.shape, np.uint8))
    np.testing.assert_array_equal(np.concatenate(bands), found)


def test_the_exact_halo_stays_where_it_fits_and_where_it_is_asked_for(deep):
    _, path = deep
    picture = photo(300, 320)
    free = Upscaler(bundle=path, processor="litert:cpu:float32")
    free.enlarge(picture)
    assert free.report.tiles[0].halo is None
    exact = Upscaler(bundle=path, processor="litert:cpu:float32", tile=(100, 100), halo="exact")
    with pytest.raises(UsageError, match=r"two halos of 60.*--tile.*--halo"):
        exact.enlarge(picture)
    named = Upscaler(bundle=path, processor="litert:cpu:float32", tile=(100, 100), halo=10)
    named.enlarge(picture)
    assert named.report.tiles[0].halo.halo == 10


BUDGET = 4 << 20


def test_dear_halos_are_worth_memory_that_is_free(deep, monkeypatch):
    _, path = deep
    picture = photo(300, 320)
    monkeypatch.setattr("vernier.runtime.tiling.DEFAULT_MEMORY_BYTES", BUDGET)
    monkeypatch.setattr("vernier.runtime.tiling.free_bytes", lambda: 4 << 30)
    free = Upscaler(bundle=path, processor="litert:cpu:float32")
    whole = free.enlarge(picture)
    (tiles,) = free.report.tiles
    assert (tiles.halo, tiles.overhead <= 1.25) == (None, True)
    # Named, it is kept to, and the halo is made smaller: exact ones would be most of the work.
    named = Upscaler(bundle=path, processor="litert:cpu:float32", memory_bytes=BUDGET)
    found = named.enlarge(picture)
    (tiles,) = named.report.tiles
    assert tiles.bytes <= BUDGET
    assert (tiles.halo.exact, tiles.overhead < 3) == (60, True)
    assert np.abs(found.astype(int) - whole.astype(int)).max() <= 2
    monkeypatch.setattr("vernier.runtime.tiling.free_bytes", lambda: 0)
    unknown = Upscaler(bundle=path, processor="litert:cpu:float32")
    unknown.enlarge(picture)
    assert unknown.report.tiles[0].bytes <= BUDGET


def test_no_memory_names_what_to_change(deep):
    _, path = deep
    upscaler = Upscaler(bundle=path, processor="litert:cpu:float32", memory_bytes=1000)
    with pytest.raises(UsageError, match=r"memory budget.*--memory.*--tile.*--halo"):
        upscaler.enlarge(photo(300, 320))


@pytest.mark.parametrize("halo", [-1, 1.5, "wide", True])
def test_halos_that_cannot_be_meant(halo):
    with pytest.raises(UsageError, match="expected halo to be"):
        Upscaler(halo=halo)


@pytest.mark.parametrize(("height", "below", "right"), [(1, 3, 2), (2, 3, 0), (9, 0, 3), (9, 7, 1)])
def test_widened_is_numpys_reflection_band_by_band(height, below, right):
    picture = photo(height, 5)
    mode = "reflect" if height > 1 else "edge"
    rows = np.pad(picture, ((0, below), (0, 0), (0, 0)), mode)
    wanted = np.pad(rows, ((0, 0), (0, right), (0, 0)), "reflect")
    np.testing.assert_array_equal(widened(picture, below, right), wanted)
    bands = widened_bands(iter(np.split(picture, height)), below, right)
    np.testing.assert_array_equal(np.concatenate(list(bands)), wanted)


def test_the_busiest_spot():
    picture = np.full((120, 140, 3), 90, np.uint8)
    picture[60:70, 80:95] = photo(10, 15)
    row, column = busiest(picture, 32, 16, 4)
    assert 70 - 32 <= row <= 60
    assert 95 - 32 <= column <= 80
