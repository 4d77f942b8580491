"""What the tests of a cluster enlarge, and a machine that is not as others."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import vernier
from vernier.images.dead_leaves import dead_leaves

FLOAT32 = "litert:cpu:float32"
COUNT, HEIGHT, WIDTH = 36, 240, 320
PACKAGE = Path(vernier.__file__).parent


def picture(number: int) -> NDArray[np.uint8]:
    return np.round(dead_leaves(HEIGHT, WIDTH, seed=number) * 255).astype(np.uint8)


class OtherWeights:
    """Vernier as a machine has it where another network's weights may lie under this one's name."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "src"
        shutil.copytree(
            PACKAGE, self.source / "vernier", ignore=shutil.ignore_patterns("__pycache__")
        )
        shipped = self.source / "vernier" / "bundles" / "shipped"
        self._place = shipped / "sesr-m5-x2"
        self._away = {name: shipped / f"{name}-away" for name in ("sesr-m5", "sesr-m3")}
        self._place.rename(self._away["sesr-m5"])
        shutil.copytree(shipped / "sesr-m3-x2", self._place)
        self._has = "sesr-m3"

    def become(self, network: str) -> None:
        """Have the weights of one of two networks from here on."""
        self._place.rename(self._away[self._has])
        self._away[network].rename(self._place)
        self._has = network
