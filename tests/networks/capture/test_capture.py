import numpy as np
import pytest
import torch
from graph_equality import assert_captured, kinds
from torch import nn
from torch.nn import functional

from vernier.errors import GraphError
from vernier.graphs.graph import Activation
from vernier.graphs.shapes import resized
from vernier.networks.architectures.linear_block import LinearBlock, set_expanded
from vernier.networks.architectures.windows import token_matmul, unwindows, windows
from vernier.networks.capture.module import capture
from vernier.networks.registry import NETWORKS


class Lambda(nn.Module):
    """A forward written in one line, with the layers it needs."""

    def __init__(self, forward, **layers):
        super().__init__()
        self.run = forward
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x):
        return self.run(self, x)


def conv(inputs, outputs, kernel=3, **options):
    if "padding" not in options:
        options["padding"] = kernel // 2
    return nn.Conv2d(inputs, outputs, kernel, **options)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("name", ["sesr-m3", "sesr-m5-hw", "fsrcnn"])
@pytest.mark.parametrize("scale", [2, 4])
def test_sesr_and_fsrcnn(name, scale):
    module = NETWORKS[name].build(scale)
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.1)
    graph = assert_captured(module, 1, 11, 13, traced=(48, 64))
    assert "RELU" not in kinds(graph)
    assert kinds(graph).count("PRELU") == sum(isinstance(m, nn.PReLU) for m in module.modules())
    convolutions = sum(isinstance(m, (nn.Conv2d, nn.ConvTranspose2d)) for m in module.modules())
    assert sum("CONV" in kind for kind in kinds(graph)) == convolutions


@pytest.mark.parametrize("expanded", [False, True])
def test_the_trainable_form_is_captured_as_the_narrow_one(expanded):
    module = nn.Sequential(LinearBlock(1, 4, 5, 32), nn.PReLU(4), LinearBlock(4, 4, 3, 32, False))
    set_expanded(module, expanded)
    graph = assert_captured(module, 1)
    assert kinds(graph) == ["CONV_2D", "PRELU", "CONV_2D"]


@pytest.mark.parametrize(
    ("scale", "kernel", "padding", "output_padding", "groups"),
    [
        (2, 2, 0, 0, 1),
        (2, 4, 1, 0, 1),
        (2, 3, 1, 1, 1),
        (2, 9, 4, 1, 1),
        (3, 9, 4, 2, 1),
        (3, 5, 1, 0, 1),
        (4, 9, 4, 3, 1),
        (4, 8, 2, 0, 1),
        (2, 4, 1, 0, 3),
    ],
)
def test_transposed_convolutions(scale, kernel, padding, output_padding, groups):
    layer = nn.ConvTranspose2d(3, 6, kernel, scale, padding, output_padding, groups)
    assert kinds(assert_captured(layer, 3, 5, 7)) == ["TRANSPOSE_CONV"]


@pytest.mark.parametrize(
    "layer",
    [
        conv(4, 6, 3, groups=2),
        conv(4, 8, 3, groups=4),
        conv(4, 4, 3, dilation=2, padding=2),
        conv(4, 6, 5, padding=0),
        conv(4, 6, 3, stride=2),
        conv(4, 6, 4, stride=2, padding=1),
        conv(4, 6, 2, stride=2, padding=0),
        conv(4, 6, 4, padding="same"),
        conv(4, 6, (1, 5), padding=(0, 2)),
        conv(4, 6, 3, bias=False),
    ],
    ids=str,
)
def test_convolutions(layer):
    graph = assert_captured(nn.Sequential(layer, nn.ReLU()), 4)
    assert len(graph.operators) == 1
    assert graph.operators[0].activation is Activation.RELU


@pytest.mark.parametrize("block", [2, 3])
@pytest.mark.parametrize(
    ("module", "wanted"),
    [
        (lambda n: Lambda(lambda s, x: s.a(x), a=conv(3, n)), ["CONV_2D"]),
        (
            lambda n: Lambda(lambda s, x: s.p(s.a(x) * 2), a=conv(3, n), p=nn.PReLU(n)),
            ["CONV_2D", "PRELU"],
        ),
        (
            lambda n: Lambda(lambda s, x: s.a(x) + x[:, :1], a=conv(3, n)),
            ["SLICE", "CONV_2D", "ADD"],
        ),
        (
            lambda n: Lambda(lambda s, x: torch.tanh(s.a(x) + s.b(x)), a=conv(3, n), b=conv(3, n)),
            ["CONV_2D", "CONV_2D", "ADD", "TANH"],
        ),
        # A skip that others read too, and groups: the exact 1x1 reordering stays.
        (
            lambda n: Lambda(
                lambda s, x: functional.leaky_relu(s.b(y := s.a(x)) + y, 0.1),
                a=conv(3, n),
                b=conv(n, n),
            ),
            ["CONV_2D", "CONV_2D", "ADD", "LEAKY_RELU", "CONV_2D"],
        ),
        (
            lambda n: Lambda(lambda s, x: s.a(x).relu(), a=conv(3, n, groups=3)),
            ["DEPTHWISE_CONV_2D", "CONV_2D"],
        ),
    ],
)
def test_the_channels_of_a_pixel_shuffle(module, wanted, block):
    shuffled = nn.Sequential(module(3 * block**2), nn.PixelShuffle(block))
    assert sorted(kinds(assert_captured(shuffled, 3))) == sorted([*wanted, "DEPTH_TO_SPACE"])


def test_two_shuffles_in_a_row_need_no_reordering():
    module = nn.Sequential(conv(1, 32), nn.PixelShuffle(2), nn.ReLU(), nn.PixelShuffle(2))
    graph = assert_captured(module, 1)
    assert kinds(graph).count("CONV_2D") == 1


@pytest.mark.parametrize("channels", [1, 3])
def test_a_pixel_unshuffle_reorders_the_next_weights(channels):
    module = nn.Sequential(nn.PixelUnshuffle(2), conv(4 * channels, 8))
    assert kinds(assert_captured(module, channels)) == ["SPACE_TO_DEPTH", "CONV_2D"]


def test_batch_norm_and_constants_go_into_the_convolution():
    norm = nn.BatchNorm2d(6)
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    module = Lambda(lambda s, x: 1 - (s.n(s.a(x * 255)) - 3) / 255, a=conv(3, 6), n=norm)
    assert kinds(assert_captured(module, 3)) == ["CONV_2D"]


def test_an_offset_before_a_padded_convolution_stays():
    graph = assert_captured(Lambda(lambda s, x: s.a(x - 0.5), a=conv(1, 4)), 1)
    assert kinds(graph) == ["SUB", "CONV_2D"]


def test_weights_that_two_places_share_are_not_spoilt():
    shared = conv(12, 12)
    module = Lambda(
        lambda s, x: functional.pixel_shuffle(s.a(s.a(s.b(x)) * 3), 2), a=shared, b=conv(3, 12)
    )
    assert_captured(module, 3)


@pytest.mark.parametrize(
    "forward",
    [
        lambda s, x: functional.interpolate(s.a(x), scale_factor=3, mode="nearest"),
        lambda s, x: functional.interpolate(s.a(x), scale_factor=2, mode="bilinear"),
        lambda s, x: functional.interpolate(
            s.a(x), size=[n * 2 for n in x.shape[2:]], mode="nearest"
        ),
        lambda s, x: torch.cat(s.a(x).split([1, 4, 3], 1)[::-1], 1),
        lambda s, x: torch.cat(s.a(x).chunk(3, 1)[1:], 1) * 0.2,
        lambda s, x: s.a(x)[:, 2:5].sigmoid(),
        lambda s, x: s.a(x) * s.a(x).mean((2, 3), keepdim=True),
        lambda s, x: s.a(x) + functional.adaptive_avg_pool2d(x[:, :1], 1),
        lambda s, x: s.a(x).var((2, 3), correction=0, keepdim=True).sqrt() + s.a(x),
        lambda s, x: functional.silu(s.a(x)) - torch.add(x[:, :1], x[:, 1:2], alpha=2),
        lambda s, x: s.a(x).clamp(0, 0.5),
        lambda s, x: x.repeat(1, 2, 1, 1) + torch.repeat_interleave(x, 2, 1),
        lambda s, x: functional.leaky_relu_(s.a(x), 0.05).add_(0.25).mul_(-s.a(x)),
        lambda s, x: s.a(functional.pad(x, (1, 1, 1, 1), mode="replicate")),
        lambda s, x: 2 - x.pow(2) + (x**2).pow(0.5),
    ],
)
def test_other_operators(forward):
    assert_captured(Lambda(forward, a=conv(3, 8)), 3)


def test_a_mean_written_as_sums_fits_any_size():
    """IMDN's contrast: sums over rows and columns, divided by the number of pixels."""

    def contrast(s, x):
        pixels = x.size(2) * x.size(3)
        mean = x.sum(3, keepdim=True).sum(2, keepdim=True) / pixels
        return ((x - mean).pow(2).sum(3, keepdim=True).sum(2, keepdim=True) / pixels).pow(0.5) + x

    graph = assert_captured(Lambda(contrast), 3, 9, 11, traced=(48, 64))
    assert kinds(graph).count("MEAN") == 2


@pytest.mark.parametrize(
    "forward",
    [
        lambda s, x: functional.gelu(s.a(x)).softmax(1),
        lambda s, x: torch.rsqrt((x * x).mean(1, keepdim=True) + 1e-3) * x,
        lambda s, x: s.a(x) * functional.softmax(x, -3)[:, :1],
    ],
)
def test_operators_over_channels_fit_any_size(forward):
    assert_captured(Lambda(forward, a=conv(3, 8)), 3, 9, 11, traced=(48, 64))


@pytest.mark.parametrize(
    "forward",
    [
        lambda s, x: s.a(x).roll((-3, 5), (2, 3)),
        lambda s, x: s.a(x).roll((0, -12, 13), (3, 2, -1)),
        lambda s, x: unwindows(windows(s.a(x), 4) * 2, 4, 12, 16),
        lambda s, x: unwindows(token_matmul(w := windows(x, 4), w, True).softmax(1), 4, 12, 16),
        lambda s, x: x * torch.arange(12.0)[:, None] + torch.arange(16.0),
    ],
)
def test_a_module_of_one_size_may_use_it(forward):
    module = Lambda(forward, a=conv(3, 8))
    module.fixed_size = True
    graph = assert_captured(module, 3)
    with pytest.raises(GraphError, match="of one picture size, 16x12"):
        resized(graph, 16, 12)
    with pytest.raises(GraphError, match="fixed_size"):
        capture(module, "any size", 12, 16, 3, fixed_size=False)


def test_the_module_is_left_as_it_was():
    module = nn.Sequential(conv(3, 4), nn.BatchNorm2d(4))
    before = {name: value.clone() for name, value in module.state_dict().items()}
    capture(module, "test", 8, 8, 3)
    assert module.training
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())


def test_names_follow_the_module():
    graph = capture(NETWORKS["sesr-m3"].build(2), "sesr", 8, 8)
    assert graph.inputs == ("input",)
    assert graph.outputs == ("output",)
    assert {"first", "middle.0", "activations.0", "last"} <= set(graph.activations())
    assert "middle.0/weights" in graph.constants


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (Lambda(lambda s, x: s.g(s.a(x)), a=conv(3, 3), g=nn.GELU("tanh")), ["tanh", "'g'"]),
        (nn.Sequential(conv(3, 3), nn.Sequential(nn.Softmax(2))), ["axis 2", "1.0"]),
        (nn.Sequential(conv(3, 3), nn.Sequential(nn.Mish())), ["mish", "1.0"]),
        (Lambda(lambda s, x: x.roll(1, 2)), ["rolls the picture", "fixed_size"]),
        (Lambda(lambda s, x: windows(x, 4)), ["into windows", "fixed_size"]),
        (conv(3, 3, 3, padding=2), ["padding", "same"]),
        (nn.ConvTranspose2d(3, 3, 3, 2), ["not 2 times"]),
        (Lambda(lambda s, x: x.sum((2, 3), keepdim=True) * x), ["size"]),
        (Lambda(lambda s, x: x + s.a, a=nn.Parameter(torch.zeros(1, 3, 8, 8))), ["size"]),
        (Lambda(lambda s, x: x[:, :, 1:]), ["only channels"]),
        (Lambda(lambda s, x: torch.cat([x, x], 2)), ["only channels"]),
        (Lambda(lambda s, x: x.mean((2, 3), keepdim=True) / x), ["division"]),
        (Lambda(lambda s, x: x if x.mean() > 0 else -x), ["torch.export"]),
        (Lambda(lambda s, x: x), ["not computed"]),
        (Lambda(lambda s, x: functional.interpolate(x, size=(16, 16))), ["size as a number"]),
        (Lambda(lambda s, x: x * (1 / x.shape[2])), ["size as a number"]),
        (Lambda(lambda s, x: x[:, : x.shape[3] // 4] * 2), ["size as a number"]),
        (
            Lambda(lambda s, x: functional.interpolate(x, scale_factor=1.5)),
            ["whole factor"],
        ),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_named(module, words):
    with pytest.raises(GraphError) as caught:
        capture(module, "mine", 8, 8, 3)
    for word in ["mine", *words]:
        assert word in str(caught.value)


def test_the_input_channels_are_asked_for_where_unknown():
    with pytest.raises(GraphError, match="give channels"):
        capture(Lambda(lambda s, x: x * 2), "mine")
    assert capture(conv(1, 2), "mine").types["input"].shape == (1, 48, 64, 1)


def test_several_outputs_keep_their_names():
    graph = capture(Lambda(lambda s, x: (s.a(x), s.a(x) * x), a=conv(1, 1)), "two", 8, 8)
    assert len(graph.outputs) == 2
    assert np.all([graph.types[name].shape == (1, 8, 8, 1) for name in graph.outputs])
