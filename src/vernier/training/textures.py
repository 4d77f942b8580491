"""Textures compared: Gram matrices of features, in pieces of a picture (ENet-PAT, 4.2.3)."""

from __future__ import annotations

from torch import Tensor

PIECE = 16
"""Side in high-resolution pixels of the pieces whose textures are compared."""
_LEAST = 1e-12


def texture_share(made: Tensor, real: Tensor, side: int) -> Tensor:
    """Mean squared difference of Gram matrices in pieces, as a share of the real ones' size.

    Args:
        made: features `(N, C, H, W)`.
        real: the same shape, of the true picture.
        side: of a piece, in samples; what is over at the right and below is left out.
    """
    wanted = _grams(real, side)
    return (_grams(made, side) - wanted).square().mean() / (wanted.square().mean() + _LEAST)


def _grams(features: Tensor, side: int) -> Tensor:
    """Gram matrices `(pieces, C, C)` of pieces of `side` by `side`; what is over is left out."""
    count, channels, height, width = features.shape
    rows, columns = height // side, width // side
    pieces = features[:, :, : rows * side, : columns * side].float()
    pieces = pieces.reshape(count, channels, rows, side, columns, side)
    flat = pieces.permute(0, 2, 4, 1, 3, 5).reshape(count * rows * columns, channels, side * side)
    return flat @ flat.transpose(1, 2) / (side * side)
