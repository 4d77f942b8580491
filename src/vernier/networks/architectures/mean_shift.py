"""The colour shift of CARN and EDSR: DIV2K's mean colour taken off, and put back at the end."""

from __future__ import annotations

import torch
from torch import Tensor, nn

DIV2K_MEAN = (0.4488, 0.4371, 0.4040)


def mean_shift(sign: int, value_range: float = 1.0) -> nn.Conv2d:
    """A frozen 1x1 convolution that adds `sign` times the mean colour of DIV2K.

    Args:
        sign: -1 or 1.
        value_range: the largest value of a sample: 1, or 255 in EDSR.
    """
    conv = nn.Conv2d(3, 3, 1)
    with torch.no_grad():
        conv.weight.copy_(torch.eye(3).reshape(3, 3, 1, 1))
        shift: Tensor = torch.tensor(DIV2K_MEAN) * value_range * sign
        conv.bias.copy_(shift)  # type: ignore[union-attr]
    return conv.requires_grad_(False)
