"""The weights that come with Vernier: trained by us, with their recipes and measured tables.

Each lives in `networks/weights/NAME-xSCALE/`: `weights.safetensors` (the deployed form; float16 of
networks of megabytes, which come without bundles and are built with PyTorch),
`recipe.toml` (everything that decides the run, seed included), `log.jsonl` (its learning curve)
and `measured.json` (what `vernier eval` printed for it).
"""

from __future__ import annotations

from pathlib import Path

from vernier.errors import NetworkError

FOLDER = Path(__file__).parent / "weights"


def shipped_names() -> list[str]:
    """The names, `NETWORK-xSCALE`, of all weights that come with Vernier."""
    return sorted(path.parent.name for path in FOLDER.glob("*/weights.safetensors"))


def scales_with_weights(network: str) -> tuple[int, ...]:
    """The scales at which a network's weights come with Vernier, rising."""
    found = (name.rpartition("-x") for name in shipped_names())
    return tuple(sorted(int(scale) for name, _, scale in found if name == network))


def weights_file(network: str, scale: int) -> Path:
    """The file of a network's shipped weights.

    Raises:
        NetworkError: none are shipped for this network and scale.
    """
    path = FOLDER / f"{network}-x{scale}" / "weights.safetensors"
    if not path.is_file():
        raise NetworkError(
            f"no weights come with Vernier for {network} at x{scale}; there are "
            f"{', '.join(shipped_names()) or 'none'}; give your own with --weights"
        )
    return path
