"""The bundles that come with Vernier: every shipped network, in float32 and in INT8.

They lie in `bundles/shipped/NETWORK-xSCALE/PRECISION/` and are made from the shipped weights by
`tools/ship.py`; a test makes them again and compares. Those of networks of megabytes keep their
float constants in float16, which is what those weights are in.
"""

from __future__ import annotations

import difflib
from pathlib import Path

from vernier.errors import NetworkError

FOLDER = Path(__file__).parent / "shipped"
PRECISIONS = ("float32", "int8")


def shipped_networks() -> dict[str, tuple[int, ...]]:
    """The networks that can run without PyTorch, with their scales."""
    found: dict[str, list[int]] = {}
    for folder in sorted(FOLDER.glob("*-x*")):
        name, _, scale = folder.name.rpartition("-x")
        found.setdefault(name, []).append(int(scale))
    return {name: tuple(sorted(scales)) for name, scales in found.items()}


def shipped_bundles(network: str, scale: int) -> dict[str, Path]:
    """The bundles of a network by the precision of their files, "float32" and "int8".

    Raises:
        NetworkError: none come for this network and scale; the message says which do.
    """
    folder = FOLDER / f"{network}-x{scale}"
    bundles = {p: folder / p for p in PRECISIONS if (folder / p / "manifest.json").is_file()}
    if bundles:
        return bundles
    networks = shipped_networks()
    if network in networks:
        scales = " and ".join(f"x{s}" for s in networks[network])
        raise NetworkError(f"{network} comes with Vernier at {scales}, not at x{scale}")
    if Path(network).suffix.lower() in (".zip", ".param", ".pth", ".safetensors", ".onnx"):
        raise NetworkError(
            f"{network!r} is no network that comes with Vernier; name a bundle with --bundle (in "
            "Python bundle=), and make one of a network's file with: vernier export"
        )
    near = difflib.get_close_matches(network, networks, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise NetworkError(
        f"no network called {network!r} comes with Vernier; {hint}there are {', '.join(networks)}"
    )
