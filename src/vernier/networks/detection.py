"""Which network a file of weights belongs to, told from the names and shapes of its tensors.

The idea is spandrel's: every architecture leaves a pattern in its state dict, and widths, depths
and mostly the scale can be read off the shapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import isqrt

import torch
from torch import Tensor, nn

from vernier.errors import NetworkError
from vernier.networks.architectures.carn import Carn
from vernier.networks.architectures.edsr import Edsr, basicsr_edsr_names
from vernier.networks.architectures.enet import ENet
from vernier.networks.architectures.espcn import Espcn
from vernier.networks.architectures.fsrcnn import Fsrcnn
from vernier.networks.architectures.imdn import Imdn
from vernier.networks.architectures.lapsrn import LapSrn
from vernier.networks.architectures.msr_resnet import MsrResNet
from vernier.networks.architectures.rrdbnet import RrdbNet, modern_names
from vernier.networks.architectures.sesr import VARIANTS, Sesr
from vernier.networks.architectures.srcnn import Srcnn
from vernier.networks.architectures.srvgg import SrVggCompact
from vernier.networks.architectures.swinir import SwinIr, without_derived
from vernier.networks.architectures.vdsr import Vdsr
from vernier.networks.registry import NETWORKS

MOST_SCALE = 16
"""What a bundle may have; a picture of more is no use to anyone."""

Weights = Mapping[str, Tensor]
Arguments = dict[str, int | float | bool | str | tuple[int, ...]]


@dataclass(frozen=True)
class Detection:
    """What a file of weights turned out to be.

    Attributes:
        architecture: the class that fits.
        scale: its factor.
        arguments: its other hyper-parameters.
        weights: under the names of the class.
        name: of the registry's entry with these hyper-parameters; None where there is none.
        others: further arguments, each instead of its namesake, that names and shapes allow as
            well; only what the network computes can tell (`networks.likeness`).
    """

    architecture: Callable[..., nn.Module]
    scale: int
    arguments: Arguments
    weights: dict[str, Tensor] = field(repr=False)
    name: str | None = None
    others: tuple[Arguments, ...] = ()

    def alternatives(self) -> tuple[Detection, ...]:
        """The same with each of the other arguments."""
        return tuple(
            replace(self, arguments={**self.arguments, **other}, others=()) for other in self.others
        )

    def build(self) -> nn.Module:
        """The network with fresh weights; `checkpoints.load_into` gives it the file's."""
        return self.architecture(scale=self.scale, **self.arguments)


@dataclass(frozen=True)
class _Found:
    """A recogniser's answer: the scales that the weights allow, the arguments, and other ones."""

    scales: tuple[int, ...]
    arguments: Arguments = field(default_factory=dict)
    others: tuple[Arguments, ...] = ()


def detect(weights: Weights, scale: int | None = None) -> Detection:
    """Recognise architecture, scale and hyper-parameters.

    Args:
        weights: a state dict; only names and shapes are looked at.
        scale: needed where weights serve several scales (SRCNN, VDSR, FSRCNN, CARN); elsewhere
            checked against what the weights say.

    Raises:
        NetworkError: no known network has such weights, or they leave the scale open, or are of
            another scale.
    """
    weights = own_names(weights)
    for architecture, recognise in _RECOGNISERS.items():
        try:
            found = recognise(weights)
        except (KeyError, IndexError, StopIteration):
            # A shape that this architecture cannot have.
            continue
        if found is None:
            continue
        if max(found.scales) > MOST_SCALE:
            raise NetworkError(
                f"these weights of {architecture.__name__} would enlarge by {max(found.scales)}, "
                f"expected at most {MOST_SCALE}"
            )
        chosen = _scale(architecture.__name__, found.scales, scale)
        detection = Detection(architecture, chosen, found.arguments, weights, others=found.others)
        return replace(detection, name=_registered(detection))
    shown = ", ".join(list(weights)[:3])
    raise NetworkError(
        f"no known network has weights with such names ({shown}, ...); see: vernier networks"
    )


def own_names(weights: Weights) -> dict[str, Tensor]:
    """Weights of a published file under the names of the classes here, and nothing else.

    ESRGAN's older names become its newer ones, and BasicSR's of EDSR its authors'; masks and
    indices that SwinIR's authors store, and that follow from the network's shape, are left out.
    """
    return without_derived(basicsr_edsr_names(modern_names(weights)))


def _scale(network: str, possible: tuple[int, ...], asked: int | None) -> int:
    listed = ", ".join(map(str, possible))
    if asked is None:
        if len(possible) > 1:
            raise NetworkError(
                f"these weights of {network} serve the scales {listed}; say which with --scale"
            )
        return possible[0]
    if asked not in possible:
        raise NetworkError(f"these weights of {network} are for scale {listed}, not {asked}")
    return asked


def _registered(detection: Detection) -> str | None:
    """The entry whose network has the same tensors."""
    wanted = {name: value.shape for name, value in detection.weights.items()}
    for name, entry in NETWORKS.items():
        if detection.scale not in entry.scales or entry.architecture is not detection.architecture:
            continue
        for build in (entry.build, entry.build_trainable):
            with torch.device("meta"):
                module = build(detection.scale)
            if wanted == {key: value.shape for key, value in module.state_dict().items()}:
                return name
    return None


def _count(weights: Weights, pattern: str) -> int:
    """How many numbers stand where `pattern` has its group, over all names."""
    matches = (re.match(pattern, name) for name in weights)
    return len({match.group(1) for match in matches if match})


def _root(channels: int, colours: int) -> tuple[int, ...]:
    side = isqrt(channels // colours)
    if colours * side**2 != channels:
        raise KeyError(channels)
    return (side,)


def _shuffles(weights: Weights, width: int, first: str, second: str) -> tuple[int, ...]:
    factor = _root(weights[first].shape[0], width)[0]
    return (factor * 2,) if second in weights else (factor,)


def _sesr(weights: Weights) -> _Found | None:
    trainable = "first.wide" in weights
    kernel = "narrow" if trainable else "weight"
    if f"first.{kernel}" not in weights or "middle.0." + kernel not in weights:
        return None
    sizes = (_count(weights, r"middle\.(\d+)\."), weights[f"first.{kernel}"].shape[0])
    variant = next(name for name, v in VARIANTS.items() if (v.m, v.f) == sizes)
    hardware = "activations.0.weight" not in weights
    return _Found(
        _root(weights[f"last.{kernel}"].shape[0], 1),
        {"variant": variant, "hardware": hardware, "trainable_form": trainable},
    )


def _fsrcnn(weights: Weights) -> _Found | None:
    if "features.0.weight" not in weights or "upscale.weight" not in weights:
        return None
    d, s = weights["features.0.weight"].shape[0], weights["features.2.weight"].shape[0]
    layers = sum(value.dim() == 4 for value in weights.values())
    # All but the first, the shrinking, the expanding and the deconvolution.
    return _Found((2, 3, 4), {"d": d, "s": s, "m": layers - 4})


def _srcnn(weights: Weights) -> _Found | None:
    if "conv1.weight" not in weights or weights["conv1.weight"].shape != (64, 1, 9, 9):
        return None
    return _Found((2, 3, 4), {"middle": weights["conv2.weight"].shape[2]})


def _espcn(weights: Weights) -> _Found | None:
    if "first_part.0.weight" not in weights:
        return None
    return _Found(_root(weights["last_part.0.weight"].shape[0], 1))


def _vdsr(weights: Weights) -> _Found | None:
    layers = _count(weights, r"residual_layer\.(\d+)\.conv\.weight")
    return _Found((2, 3, 4), {"layers": layers + 2}) if layers else None


def _lapsrn(weights: Weights) -> _Found | None:
    levels = _count(weights, r"convt_I(\d+)\.weight")
    return _Found((2**levels,)) if levels else None


def _carn(weights: Weights) -> _Found | None:
    if "b1.c1.body.0.weight" not in weights:
        return None
    groups = 64 // weights["b1.b1.body.0.weight"].shape[1]
    if "upsample.up2.body.0.weight" in weights:
        return _Found((2, 3, 4), {"groups": groups, "multi_scale": True})
    scales = _shuffles(weights, 64, "upsample.up.body.0.weight", "upsample.up.body.3.weight")
    return _Found(scales, {"groups": groups, "multi_scale": False})


def _edsr(weights: Weights) -> _Found | None:
    if "head.0.weight" not in weights or "body.0.body.0.weight" not in weights:
        return None
    width = weights["head.0.weight"].shape[0]
    # Not in the weights: the paper scales residuals by 0.1 in its 256-channel network only.
    return _Found(
        _shuffles(weights, width, "tail.0.0.weight", "tail.0.2.weight"),
        {
            "blocks": _count(weights, r"body\.(\d+)\.body\.0\.weight"),
            "width": width,
            "residual_scale": 0.1 if width == 256 else 1.0,
        },
    )


def _rrdbnet(weights: Weights) -> _Found | None:
    if "body.0.rdb1.conv1.weight" not in weights:
        return None
    growth, width = weights["body.0.rdb1.conv1.weight"].shape[:2]
    fold = _root(weights["conv_first.weight"].shape[1], 3)[0]
    blocks = _count(weights, r"body\.(\d+)\.rdb1\.conv1\.weight")
    scale = 2 ** _count(weights, r"conv_up(\d+)\.weight") // fold
    if scale < 1:
        return None
    return _Found((scale,), {"blocks": blocks, "width": width, "growth": growth, "fold": fold})


def _enet(weights: Weights) -> _Found | None:
    if "before_last.weight" not in weights or "body.0.conv1.weight" not in weights:
        return None
    return _Found((2 ** _count(weights, r"up\.(\d+)\.weight"),))


def _srvgg(weights: Weights) -> _Found | None:
    last = max(
        (int(n.split(".")[1]) for n in weights if re.match(r"body\.\d+\.bias$", n)), default=0
    )
    if not last or weights["body.0.weight"].dim() != 4 or weights["body.0.weight"].shape[1] != 3:
        return None
    # Without slopes it is a ReLU or a LeakyReLU, which nothing in the file says.
    activations = ("prelu",) if "body.1.weight" in weights else ("relu", "leaky-relu")
    return _Found(
        _root(weights[f"body.{last}.weight"].shape[0], 3),
        {
            "layers": last // 2 - 1,
            "width": weights["body.0.weight"].shape[0],
            "activation": activations[0],
        },
        tuple({"activation": other} for other in activations[1:]),
    )


def _msr_resnet(weights: Weights) -> _Found | None:
    if "upconv1.weight" not in weights or "body.0.conv1.weight" not in weights:
        return None
    width = weights["conv_first.weight"].shape[0]
    scales = _root(weights["upconv1.weight"].shape[0], width)
    if "upconv2.weight" in weights:
        scales = (4,)
    return _Found(scales, {"blocks": _count(weights, r"body\.(\d+)\.conv1\."), "width": width})


def _imdn(weights: Weights) -> _Found | None:
    if "IMDB1.cca.conv_du.0.weight" not in weights:
        return None
    return _Found(_root(weights["upsampler.0.weight"].shape[0], 3))


def _swinir(weights: Weights) -> _Found | None:
    table = "layers.0.residual_group.blocks.0.attn.relative_position_bias_table"
    if table not in weights:
        return None
    groups = _count(weights, r"layers\.(\d+)\.")
    depths = tuple(
        _count(weights, rf"layers\.{group}\.residual_group\.blocks\.(\d+)\.")
        for group in range(groups)
    )
    # The classical and the real-world networks end otherwise, and have another last layer.
    scales = _root(weights["upsample.0.weight"].shape[0], 3)
    width, heads = weights["conv_first.weight"].shape[0], weights[table].shape[1]
    return _Found(scales, {"width": width, "depths": depths, "heads": heads})


_RECOGNISERS: dict[type[nn.Module], Callable[[Weights], _Found | None]] = {
    Sesr: _sesr,
    Fsrcnn: _fsrcnn,
    Srcnn: _srcnn,
    Espcn: _espcn,
    Vdsr: _vdsr,
    LapSrn: _lapsrn,
    Carn: _carn,
    Edsr: _edsr,
    RrdbNet: _rrdbnet,
    ENet: _enet,
    MsrResNet: _msr_resnet,
    SrVggCompact: _srvgg,
    Imdn: _imdn,
    SwinIr: _swinir,
}
