"""The weights that come with Vernier: trained by us, with their recipes and measured tables.

Each lives in `networks/weights/NAME-xSCALE/`: `weights.safetensors` (the deployed form; in float16
of networks of megabytes), `recipe.toml` (everything that decides the run, seed included),
`log.jsonl` (its learning curve) and `measured.json` (what `vernier eval` printed for it).
"""

from __future__ import annotations

from pathlib import Path

from vernier.errors import NetworkError

FOLDER = Path(__file__).parent / "weights"


def shipped_names() -> list[str]:
    """The names, `NETWORK-xSCALE`, of all weights that come with Vernier."""
    return sorted(path.parent.name for path in FOLDER.glob("*/weights.safetensors"))


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
