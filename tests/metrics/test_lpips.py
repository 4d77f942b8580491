"""LPIPS against a plain stack of PyTorch's own modules, with random weights."""

import pytest
import torch
from torch import nn

from vernier.errors import UsageError
from vernier.metrics.lpips import Backbone, Lpips, convolutions


def alex():
    """torchvision's `alexnet().features`."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, 1, 1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, 1, 1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(3, 2),
    )  # fmt: skip


def vgg():
    """torchvision's `vgg16().features`."""
    layers, channels = [], 3
    for width in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0):
        if width:
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        else:
            layers.append(nn.MaxPool2d(2, 2))
    return nn.Sequential(*layers)


# After which modules the authors take features, and how wide they are.
TAPS = {
    Backbone.ALEX: (alex, {1: 64, 4: 192, 7: 384, 9: 256, 11: 256}),
    Backbone.VGG: (vgg, {3: 64, 8: 128, 15: 256, 22: 512, 29: 512}),
}


def made(backbone):
    torch.manual_seed(0)
    build, taps = TAPS[backbone]
    network = build()
    linear = {
        f"lin{n}.model.1.weight": torch.rand(1, width, 1, 1)
        for n, width in enumerate(taps.values())
    }
    weights = {f"features.{name}": value for name, value in network.state_dict().items()}
    return network, weights, linear


def plain(network, taps, linear, first, second):
    shift = torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1)
    scale = torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1)
    one, other = ((2 * x - 1 - shift) / scale for x in (first, second))
    total, tap = 0, 0
    for number, module in enumerate(network):
        one, other = module(one), module(other)
        if number in taps:
            a, b = (x / (x.pow(2).sum(1, keepdim=True).sqrt() + 1e-10) for x in (one, other))
            row = linear[f"lin{tap}.model.1.weight"][0, :, 0, 0]
            total = total + ((a - b).pow(2) * row.view(1, -1, 1, 1)).sum(1).mean((1, 2))
            tap += 1
    return total


@pytest.mark.parametrize("backbone", Backbone)
def test_equals_a_plain_stack_of_modules(backbone):
    network, weights, linear = made(backbone)
    first, second = torch.rand(2, 3, 67, 80), torch.rand(2, 3, 67, 80)
    with torch.no_grad():
        wanted = plain(network, TAPS[backbone][1], linear, first, second)
        found = Lpips(backbone, weights, linear)(first, second)
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-7)
    assert (found > 0).all()
    assert torch.equal(Lpips(backbone, weights, linear)(first, first), torch.zeros(2))


def test_it_can_be_descended():
    _, weights, linear = made(Backbone.ALEX)
    metric = Lpips(Backbone.ALEX, weights, linear)
    first, second = torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64, requires_grad=True)
    metric(first, second).sum().backward()
    with torch.no_grad():
        nearer = second - 0.1 * second.grad / second.grad.abs().max()
        assert metric(first, nearer) < metric(first, second)


@pytest.mark.parametrize("backbone", Backbone)
def test_convolutions_are_those_of_the_stack(backbone):
    network = TAPS[backbone][0]()
    convolved = [n for n, module in enumerate(network) if isinstance(module, nn.Conv2d)]
    assert convolutions(backbone) == [f"features.{n}" for n in convolved]


def test_bad_input():
    _, weights, linear = made(Backbone.ALEX)
    metric = Lpips(Backbone.ALEX, weights, linear)
    with pytest.raises(UsageError, match="at least 32x32 pixels, found 40x20"):
        metric(torch.zeros(1, 3, 20, 40), torch.zeros(1, 3, 20, 40))
    with pytest.raises(UsageError, match="RGB pictures"):
        metric(torch.zeros(1, 1, 40, 40), torch.zeros(1, 1, 40, 40))
    with pytest.raises(UsageError, match=r"expected a tensor 'features.0.weight'"):
        Lpips(Backbone.ALEX, {}, linear)
    with pytest.raises(UsageError, match=r"features.0.weight: expected shape \(64, 3, 3, 3\)"):
        Lpips(Backbone.VGG, weights, linear)
    negative = {**linear, "lin0.model.1.weight": -linear["lin0.model.1.weight"]}
    with pytest.raises(UsageError, match="at least 0"):
        Lpips(Backbone.ALEX, weights, negative)
