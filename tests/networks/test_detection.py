import pytest
import torch

from vernier.errors import NetworkError
from vernier.networks.architectures.carn import Carn
from vernier.networks.architectures.rrdbnet import RrdbNet
from vernier.networks.checkpoints import load_into
from vernier.networks.detection import detect, own_names
from vernier.networks.registry import ARCHITECTURES, NETWORKS, find_network

# Weights of these serve any scale, or several.
OPEN_SCALE = {"fsrcnn", "srcnn", "srcnn-915", "vdsr", "carn", "carn-m"}
BUILT = [(name, scale) for name, entry in NETWORKS.items() for scale in entry.scales]


@pytest.mark.parametrize(("name", "scale"), BUILT)
def test_every_network_is_recognised_by_its_weights(name, scale):
    entry = find_network(name, scale)
    for build in (entry.build, entry.build_trainable):
        with torch.device("meta"):
            network = build(scale)
            detection = detect(network.state_dict(), scale if name in OPEN_SCALE else None)
            twin = detection.build()
        assert (detection.name, detection.scale) == (name, scale)
        assert type(twin) is type(network)
        assert str(twin) == str(network)
        assert network.channels == entry.channels
        load_into(twin, detection.weights)


@pytest.mark.parametrize(("name", "scale"), BUILT)
def test_no_other_architecture_takes_the_weights_for_its_own(name, scale):
    entry = find_network(name, scale)
    with torch.device("meta"):
        weights = own_names(entry.build_trainable(scale).state_dict())
    takers = [one for one in ARCHITECTURES if recognised(one, weights) is not None]
    assert takers == [entry.architecture]


def recognised(architecture, weights):
    try:
        return architecture.recognise(weights)
    except (KeyError, IndexError, StopIteration):
        return None


def test_every_file_of_a_network_has_its_recogniser():
    files = {one.__module__ for one in ARCHITECTURES}
    assert len(files) == len(ARCHITECTURES)
    assert all("recognise" in vars(one) for one in ARCHITECTURES)
    assert {entry.architecture for entry in NETWORKS.values()} <= set(ARCHITECTURES)


def test_a_recognised_network_computes_the_same():
    torch.manual_seed(0)
    network = Carn(3, groups=4, multi_scale=False).eval()
    detection = detect(network.state_dict())
    assert detection.name is None
    twin = detection.build().eval()
    load_into(twin, detection.weights)
    x = torch.rand(1, 3, 6, 7)
    with torch.no_grad():
        assert torch.equal(twin(x), network(x))


@pytest.mark.parametrize("name", sorted(OPEN_SCALE))
def test_an_open_scale_is_asked_for(name):
    with torch.device("meta"):
        weights = NETWORKS[name].build(2).state_dict()
    with pytest.raises(NetworkError, match="--scale"):
        detect(weights)


def test_another_scale_than_the_weights_is_refused():
    with torch.device("meta"):
        weights = NETWORKS["imdn"].build(4).state_dict()
    with pytest.raises(NetworkError, match="for scale 4, not 2"):
        detect(weights, 2)


def test_unknown_weights_are_named():
    with pytest.raises(NetworkError, match=r"encoder\.weight"):
        detect({"encoder.weight": torch.zeros(3, 3)})
    with pytest.raises(NetworkError, match="no known network"):
        detect(
            {"first.weight": torch.zeros(7, 1, 5, 5), "middle.0.weight": torch.zeros(7, 7, 3, 3)}
        )


@pytest.mark.parametrize("kind", ["first release", "chain"])
def test_esrgans_older_names(kind):
    network = RrdbNet(4, blocks=2, width=8, growth=4)
    last = {"conv_body": "model.1.sub.2", "conv_first": "model.0", "conv_up1": "model.3",
            "conv_up2": "model.6", "conv_hr": "model.8", "conv_last": "model.10"}  # fmt: skip
    first = {"conv_body": "trunk_conv", "conv_up1": "upconv1", "conv_up2": "upconv2",
             "conv_hr": "HRconv"}  # fmt: skip
    old = {}
    for name, value in network.state_dict().items():
        parts = name.split(".")
        if parts[0] == "body" and kind == "chain":
            name = f"model.1.sub.{parts[1]}.RDB{parts[2][-1]}.{parts[3]}.0.{parts[4]}"
        elif parts[0] == "body":
            name = f"RRDB_trunk.{parts[1]}.RDB{parts[2][-1]}.{parts[3]}.{parts[4]}"
        else:
            table = last if kind == "chain" else first
            name = f"{table.get(parts[0], parts[0])}.{parts[1]}"
        old[name] = value
    detection = detect(old)
    assert detection.arguments == {"blocks": 2, "width": 8, "growth": 4, "fold": 1}
    load_into(detection.build(), detection.weights)
