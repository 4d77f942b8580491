"""The networks by name, as plain data."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from vernier.errors import NetworkError, UsageError
from vernier.networks.architectures.architecture import Architecture
from vernier.networks.architectures.carn import Carn
from vernier.networks.architectures.edsr import Edsr
from vernier.networks.architectures.enet import ENet
from vernier.networks.architectures.espcn import Espcn
from vernier.networks.architectures.fsrcnn import Fsrcnn
from vernier.networks.architectures.imdn import Imdn
from vernier.networks.architectures.lapsrn import LapSrn
from vernier.networks.architectures.msr_resnet import MsrResNet
from vernier.networks.architectures.rrdbnet import RrdbNet
from vernier.networks.architectures.sesr import VARIANTS, Sesr
from vernier.networks.architectures.srcnn import Srcnn
from vernier.networks.architectures.srvgg import SrVggCompact
from vernier.networks.architectures.swinir import SwinIr
from vernier.networks.architectures.vdsr import Vdsr


@dataclass(frozen=True)
class NetworkEntry:
    """A network that Vernier can build.

    Attributes:
        name: what the user types.
        paper: authors, venue and year.
        scales: the whole factors it exists for.
        channels: 1 = luma only, 3 = RGB.
        architecture: the class of what is built.
        build: `build(scale)` gives the network as it is deployed, with fresh weights.
        build_trainable: the same in the form it is trained in, where that is another.
    """

    name: str
    paper: str
    scales: tuple[int, ...]
    channels: int
    architecture: type[Architecture]
    build: Callable[[int], nn.Module]
    build_trainable: Callable[[int], nn.Module]


def _sesr(variant: str, hardware: bool) -> NetworkEntry:
    return NetworkEntry(
        name=f"sesr-{variant}" + ("-hw" if hardware else ""),
        paper="Bhardwaj et al., MLSys 2022",
        scales=(2, 4),
        channels=1,
        architecture=Sesr,
        build=lambda scale: Sesr(variant, scale, hardware, trainable_form=False),
        build_trainable=lambda scale: Sesr(variant, scale, hardware),
    )


def _plain(
    name: str,
    paper: str,
    scales: tuple[int, ...],
    channels: int,
    architecture: type[Architecture],
    **arguments: int | float,
) -> NetworkEntry:
    """A network that is trained in the form in which it is deployed."""

    def build(scale: int) -> nn.Module:
        return architecture(scale, **arguments)

    return NetworkEntry(name, paper, scales, channels, architecture, build, build)


_ENTRIES = [
    *(_sesr(variant, hardware) for variant in VARIANTS for hardware in (False, True)),
    _plain("fsrcnn", "Dong et al., ECCV 2016", (2, 3, 4), 1, Fsrcnn),
    _plain("srcnn", "Dong et al., TPAMI 2016", (2, 3, 4), 1, Srcnn),
    _plain("srcnn-915", "Dong et al., ECCV 2014", (2, 3, 4), 1, Srcnn, middle=1),
    _plain("espcn", "Shi et al., CVPR 2016", (2, 3, 4), 1, Espcn),
    _plain("vdsr", "Kim et al., CVPR 2016", (2, 3, 4), 1, Vdsr),
    _plain("lapsrn", "Lai et al., CVPR 2017", (2, 4, 8), 1, LapSrn),
    _plain("carn", "Ahn et al., ECCV 2018", (2, 3, 4), 3, Carn),
    _plain("carn-m", "Ahn et al., ECCV 2018", (2, 3, 4), 3, Carn, groups=4),
    _plain("edsr-baseline", "Lim et al., CVPRW 2017", (2, 3, 4), 3, Edsr),
    _plain(
        "edsr",
        "Lim et al., CVPRW 2017",
        (2, 3, 4),
        3,
        Edsr,
        blocks=32,
        width=256,
        residual_scale=0.1,
    ),
    _plain("rrdbnet", "Wang et al., ECCVW 2018", (1, 2, 4), 3, RrdbNet),
    _plain(
        "rrdbnet-light",
        "Wang et al., ECCVW 2018; a smaller one of ours",
        (4,),
        3,
        RrdbNet,
        blocks=3,
        width=32,
        growth=16,
    ),
    _plain("enet", "Sajjadi et al., ICCV 2017", (2, 4), 3, ENet),
    _plain("srvgg-16", "Wang et al., ICCVW 2021", (1, 2, 3, 4), 3, SrVggCompact),
    _plain(
        "srvgg-32",
        "Wang et al., ICCVW 2021",
        (1, 2, 3, 4),
        3,
        SrVggCompact,
        layers=32,
    ),
    _plain("imdn", "Hui et al., ACM MM 2019", (2, 3, 4), 3, Imdn),
    _plain("swinir-light", "Liang et al., ICCVW 2021", (2, 3, 4), 3, SwinIr),
]

NETWORKS: dict[str, NetworkEntry] = {entry.name: entry for entry in _ENTRIES}
ARCHITECTURES: tuple[type[Architecture], ...] = (
    *dict.fromkeys(entry.architecture for entry in _ENTRIES),
    # Found in files that people bring; nobody trains it by name.
    MsrResNet,
)
"""All whose weights are recognised."""


def find_network(name: str, scale: int | None = None) -> NetworkEntry:
    """The entry of that name.

    Raises:
        NetworkError: no network has the name; the message names the nearest.
        UsageError: the network does not exist at `scale`.
    """
    entry = NETWORKS.get(name)
    if entry is None:
        near = difflib.get_close_matches(name, NETWORKS, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else "see: vernier networks"
        raise NetworkError(f"no network is called {name!r}; {hint}")
    if scale is not None and scale not in entry.scales:
        raise UsageError(
            f"{name} exists at scale {' and '.join(map(str, entry.scales))}, not at {scale}"
        )
    return entry
