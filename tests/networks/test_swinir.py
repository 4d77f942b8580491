"""SwinIR-light against its paper and against a plain implementation; its custom operators."""

import numpy as np
import pytest
import torch
from graph_equality import assert_captured, kinds
from PIL import Image
from plain_swinir import PlainSwinIr
from torch import nn

from vernier.bundles.bundle import write_bundle
from vernier.errors import GraphError, ImageError, NetworkError, UsageError
from vernier.export.networks import export_network_split, load_photos, ranges_on
from vernier.graphs.counts import count_macs, operator_macs
from vernier.graphs.receptive_field import halo
from vernier.graphs.shapes import fits_one_size, own_size, resized
from vernier.networks.architectures.swinir import SwinIr
from vernier.networks.architectures.windows import token_matmul, unwindows, windows
from vernier.networks.capture.module import capture
from vernier.networks.checkpoints import load, load_into
from vernier.networks.detection import detect
from vernier.networks.registry import find_network
from vernier.networks.source import find_source
from vernier.runtime.pictures import Upscaler
from vernier.units.cutting import Granularity, cut
from vernier.units.unit import has_integer_form

SMALL = {"width": 12, "depths": (2, 1), "heads": 3}


def plain(scale=2, **sizes):
    """With weights that are nowhere zero or one."""
    torch.manual_seed(0)
    network = PlainSwinIr(scale, **(sizes or SMALL)).eval()
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.3)
    return network


def ours(network):
    """Recognised from its weights, and with them."""
    detection = detect(network.state_dict())
    twin = detection.build().eval()
    load_into(twin, detection.weights)
    return twin


@pytest.mark.parametrize(("height", "width"), [(8, 8), (16, 24), (24, 16)])
@pytest.mark.parametrize("scale", [2, 3])
def test_it_computes_what_a_plain_implementation_does(scale, height, width):
    network = plain(scale)
    x = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        wanted, found = network(x), ours(network)(x)
    assert wanted.std() > 0.3
    assert (found - wanted).abs().max() <= 1e-5 * wanted.abs().max()


def test_the_published_network_with_random_weights():
    network = plain(4, width=60, depths=(6, 6, 6, 6), heads=6)
    twin = ours(network)
    assert (twin.scale, len(twin.layers)) == (4, 4)
    x = torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        wanted, found = network(x), twin(x)
    assert (found - wanted).abs().max() <= 1e-5 * wanted.abs().max()


def test_an_authors_file_is_recognised_with_its_masks_and_indices(tmp_path):
    network = plain(2, width=60, depths=(6, 6, 6, 6), heads=6)
    stored = network.state_dict()
    assert sum(name.endswith("attn_mask") for name in stored) == 12
    torch.save({"params": stored}, tmp_path / "002_lightweightSR.pth")
    detection = detect(load(tmp_path / "002_lightweightSR.pth"))
    assert (detection.name, detection.scale) == ("swinir-light", 2)
    load_into(detection.build(), detection.weights)
    small = detect(plain(3).state_dict())
    assert (small.name, small.scale, small.arguments) == (None, 3, SMALL)


def test_other_swinirs_are_not_taken_for_this_one():
    """The classical network has a convolution before, and its own kind of upsampler."""
    stored = dict(plain().state_dict())
    stored["conv_before_upsample.0.weight"] = torch.zeros(64, 12, 3, 3)
    stored["upsample.0.weight"] = torch.zeros(256, 64, 3, 3)
    with pytest.raises(NetworkError, match="no known network"):
        detect(stored)


@pytest.mark.parametrize(
    ("scale", "thousands", "tables"), [(2, 878, 910), (3, 886, 918), (4, 897, 930)]
)
def test_parameters_as_published(scale, thousands, tables):
    """Table 5 of the paper leaves out the biases of relative positions; later papers count them."""
    with torch.device("meta"):
        network = find_network("swinir-light", scale).build(scale)
    sizes = {name: p.numel() for name, p in network.named_parameters()}
    assert round(sum(sizes.values()) / 1000) == tables
    counted = sum(n for name, n in sizes.items() if not name.endswith("bias_table"))
    assert round(counted / 1000) == thousands


# The authors' own program asks for the least multiples of 8 above a picture of 1024x720 pixels,
# and not for 1280x720 as the table around it does.
@pytest.mark.parametrize(("scale", "gigamacs"), [(2, 195.6), (3, 87.2), (4, 49.6)])
def test_work_as_published(scale, gigamacs):
    width, groups, blocks = 60, 4, 24
    rows, columns = (side // scale // 8 * 8 + 8 for side in (1024, 720))
    least, block, group = (_macs_per_pixel(scale, depths) for depths in [(1,), (2,), (1, 1)])
    per_pixel = least + (groups - 1) * (group - least) + (blocks - groups) * (block - least)
    # The authors count one product per norm and channel, a third of the convolution after the
    # body, and of the last convolution the work of one output channel in three.
    per_pixel += (2 * blocks + 2) * width
    per_pixel -= 9 * width**2 - 3 * width**2
    per_pixel -= 9 * width * 3 * scale**2 - 9 * width * 3
    assert per_pixel * rows * columns / 1e9 == pytest.approx(gigamacs, abs=0.06)


def _macs_per_pixel(scale, depths):
    return count_macs(capture(SwinIr(scale, depths=depths).eval(), "swinir", 8, 8)) / 64


def test_a_graph_of_it_is_exact_and_of_one_size():
    network = ours(plain())
    graph = assert_captured(network, 3, 16, 24, tolerance=1e-5)
    assert fits_one_size(graph)
    assert {"BATCH_MATMUL", "SOFTMAX", "GELU", "RSQRT", "RESHAPE"} <= set(kinds(graph))
    assert kinds(graph).count("BATCH_MATMUL") == 2 * 3 * 3
    # One mask serves the heads of all shifted blocks.
    masks = [name for name, value in graph.constants.items() if value.shape == (1, 6, 64, 64)]
    assert len(masks) == 1
    product = next(op for op in graph.operators if op.kind == "BATCH_MATMUL")
    assert operator_macs(graph, product) == 6 * 64 * 64 * 4
    assert "layers.0.residual_group.blocks.0.mlp.fc1/weights" in graph.constants
    with pytest.raises(GraphError, match="of one picture size, 24x16"):
        resized(graph, 24, 16)
    with pytest.raises(GraphError, match="lays the picture out anew"):
        halo(graph)


def test_sides_that_windows_do_not_fill_are_refused():
    with pytest.raises(GraphError, match="multiples of 8 pixels, found 20x24"):
        capture(SwinIr(2, **SMALL), "swinir", 20, 24)
    with pytest.raises(ValueError, match="multiples of 8"):
        windows(torch.zeros(1, 1, 8, 9), 8)


def test_the_custom_operators_are_sound():
    """Their traced shapes, their aliasing, and their gradients by difference quotients."""
    rng = np.random.default_rng(0)

    def tensor(*shape):
        return torch.from_numpy(rng.normal(size=shape)).requires_grad_()

    a = tensor(2, 3, 2, 4)
    for operator, arguments in [
        (windows, (tensor(2, 3, 4, 6), 2)),
        (windows, (tensor(1, 3, 4, 2), 2)),
        (unwindows, (tensor(2, 3, 6, 4), 2, 4, 6)),
        (token_matmul, (a, tensor(2, 3, 2, 5), True)),
        (token_matmul, (a, tensor(2, 5, 2, 3), False)),
    ]:
        torch.library.opcheck(operator, arguments)
        assert torch.autograd.gradcheck(operator, arguments)
    x = tensor(2, 3, 4, 6)
    torch.testing.assert_close(unwindows(windows(x, 2), 2, 4, 6), x)


def test_a_file_of_weights_at_a_chosen_size_splits_and_runs(tmp_path):
    """From a file to a split bundle of one size, calibrated on the middles of larger photos."""
    torch.save({"params": plain().state_dict()}, tmp_path / "small.pth")
    source = find_source(str(tmp_path / "small.pth"), size=(16, 24))
    assert own_size(source.graph) == (16, 24)
    rng = np.random.default_rng(0)
    for number, side in enumerate((40, 64)):
        pixels = rng.integers(0, 256, (side, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    photos = load_photos(tmp_path, source)
    assert {picture.shape for picture in photos.inputs} == {(16, 24, 3)}
    units = cut(source.graph)
    precisions = ["int8" if has_integer_form(source.graph, unit) else "float32" for unit in units]
    assert set(precisions) == {"int8", "float32"}
    split = [f"litert:cpu:{precision}" for precision in precisions]
    exported = export_network_split(
        source, split, Granularity.LAYER, ranges_on(source, photos), photos=photos
    )
    write_bundle(tmp_path / "bundle", exported.manifest, exported.models)
    enlarge = Upscaler(bundle=tmp_path / "bundle")
    assert enlarge(np.zeros((16, 24, 3), np.uint8)).shape == (32, 48, 3)
    with pytest.raises(UsageError, match=r"24x16 pixels only, found 16x24"):
        enlarge(np.zeros((24, 16, 3), np.uint8))
    Image.new("RGB", (30, 30)).save(tmp_path / "0.png")
    with pytest.raises(ImageError, match="takes 24x16 pixels"):
        load_photos(tmp_path, source)
