"""What INT8 ranges are taken on: the user's photos, and made pictures of what they do not show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from vernier.export.networks import CALIBRATION_PHOTOS, Photos, load_photos
from vernier.graphs.shapes import fits_one_size, own_size
from vernier.images.coverage import SIDE, TILE, Coverage, coverage, made_for
from vernier.images.pairs import (
    Float32,
    evenly_spread,
    list_photos,
    load_rgb,
    network_input,
    shrink,
)
from vernier.networks.source import Source


def calibration_photos(folder: Path, source: Source) -> Photos:
    """A folder's photos, and a made picture for each kind that they lack.

    Photos that all show one thing give ranges that clip another: of bright photos, for example,
    after a calibration on dark ones.

    Raises:
        ImageError: the folder is missing or holds no photo, or one cannot be read or is too small.
    """
    photos = load_photos(folder, source)
    covered = covered_by(folder, source.scale)
    made = tuple(_made(kind, source) for kind in covered.missing)
    description = f"{photos.description} ({covered})"
    if made:
        description += f" and made pictures of what they lack: {', '.join(covered.missing)}"
    return replace(photos, inputs=(*photos.inputs, *made), description=description)


def covered_by(folder: Path, scale: int) -> Coverage:
    """What the photos of a folder show, shrunk by a network's scale."""
    chosen = evenly_spread(list_photos(folder), CALIBRATION_PHOTOS)
    small = [shrink(load_rgb(path), scale)[0] for path in chosen]
    shown = [photo for photo in small if min(photo.shape[:2]) >= TILE]
    return coverage(shown or [np.full((TILE, TILE, 3), 128, np.uint8)])


def _made(kind: str, source: Source) -> Float32:
    graph = source.graph
    height, width = own_size(graph) if fits_one_size(graph) else (SIDE, SIDE)
    picture = made_for(kind, max(height, width))[:height, :width]
    return network_input(picture, graph.types[graph.inputs[0]].shape[3])
