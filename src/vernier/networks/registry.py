"""The networks by name, as plain data."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from vernier.errors import NetworkError, UsageError
from vernier.networks.fsrcnn import Fsrcnn
from vernier.networks.sesr import VARIANTS, Sesr


@dataclass(frozen=True)
class NetworkEntry:
    """A network that Vernier can build.

    Attributes:
        name: what the user types.
        paper: authors, venue and year.
        scales: the whole factors it exists for.
        channels: 1 = luma only, 3 = RGB.
        build: `build(scale)` gives the network as it is deployed, with fresh weights.
        build_trainable: the same in the form it is trained in, where that is another.
    """

    name: str
    paper: str
    scales: tuple[int, ...]
    channels: int
    build: Callable[[int], nn.Module]
    build_trainable: Callable[[int], nn.Module]


def _sesr(variant: str, hardware: bool) -> NetworkEntry:
    return NetworkEntry(
        name=f"sesr-{variant}" + ("-hw" if hardware else ""),
        paper="Bhardwaj et al., MLSys 2022",
        scales=(2, 4),
        channels=1,
        build=lambda scale: Sesr(variant, scale, hardware, trainable_form=False),
        build_trainable=lambda scale: Sesr(variant, scale, hardware),
    )


_ENTRIES = [
    *(_sesr(variant, hardware) for variant in VARIANTS for hardware in (False, True)),
    NetworkEntry("fsrcnn", "Dong et al., ECCV 2016", (2, 3, 4), 1, Fsrcnn, Fsrcnn),
]

NETWORKS: dict[str, NetworkEntry] = {entry.name: entry for entry in _ENTRIES}


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
