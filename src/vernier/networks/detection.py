"""Which network a file of weights belongs to, from the names and shapes of its tensors.

Each architecture knows its own (`Architecture.recognise`); here they are asked in turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from vernier.errors import NetworkError
from vernier.networks.architectures.architecture import Architecture, Arguments, Weights
from vernier.networks.architectures.edsr import basicsr_edsr_names
from vernier.networks.architectures.rrdbnet import modern_names
from vernier.networks.architectures.swinir import without_derived
from vernier.networks.registry import ARCHITECTURES, NETWORKS

MOST_SCALE = 16
"""What a bundle may have; a picture of more is no use to anyone."""


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

    architecture: type[Architecture]
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
    for architecture in ARCHITECTURES:
        try:
            found = architecture.recognise(weights)
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
