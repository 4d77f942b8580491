"""What metrics are tested on: pairs with official scores, and a picture that is always there."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vernier.images.dead_leaves import dead_leaves

OFFICIAL = Path(__file__).parents[3] / "shared" / "data" / "iqa"


@pytest.fixture(scope="session")
def official():
    """`(name, reference, distorted, scores)` of each pair that official implementations scored."""
    if not (OFFICIAL / "scores.json").is_file():
        pytest.skip("the scored pairs are not in ../shared/data/iqa")
    scores = json.loads((OFFICIAL / "scores.json").read_text())["metrics"]
    return [
        (
            path.name,
            np.asarray(Image.open(path).convert("RGB")),
            np.asarray(Image.open(OFFICIAL / "dist" / path.name).convert("RGB")),
            {metric: by_name[path.name] for metric, by_name in scores.items()},
        )
        for path in sorted((OFFICIAL / "ref").iterdir())
    ]


@pytest.fixture(scope="session")
def scene():
    """A generated photo-like picture, float32 RGB in [0, 1], of no special size."""
    return dead_leaves(150, 203, seed=7)
