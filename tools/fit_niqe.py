"""Fit the model of good photos that NIQE compares with, and write it into the package.

python tools/fit_niqe.py PHOTOS [-o src/vernier/metrics/niqe_pristine.npz]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vernier.images.pairs import list_photos, load_rgb
from vernier.metrics.niqe import OUR_MODEL, fit
from vernier.metrics.planes import grey


def main() -> None:
    """Fit and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=OUR_MODEL)
    given = parser.parse_args()
    photos = list_photos(given.photos)
    fit(grey(load_rgb(path)) for path in photos).save(given.out)
    print(f"{given.out}: fitted to {len(photos)} photos of {given.photos.name}")


if __name__ == "__main__":
    main()
