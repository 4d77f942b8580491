"""SwinIR-light: image restoration by a Swin Transformer (Liang et al., ICCVW 2021).

The lightweight network of its section 4.2: attention inside windows of 8x8 pixels, shifted by half
a window in every second block. The names of all parts are those of the authors' weights.

Every tensor keeps four axes, as `.tflite` and its converters want: linear layers are 1x1
convolutions, and layer norms are written out over channels. The picture's size stands in reshapes
and in the mask of shifted windows, so a graph of this network is of one size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from vernier.networks.architectures.architecture import (
    Architecture,
    Recognised,
    Weights,
    count,
    root,
)
from vernier.networks.architectures.mean_shift import DIV2K_MEAN
from vernier.networks.architectures.windows import check_sides, token_matmul, unwindows, windows

WINDOW = 8
SHIFT = WINDOW // 2
MLP_RATIO = 2
# What the authors add to the logits of pixels that only the shift made neighbours.
APART = -100.0
EPSILON = 1e-5


def without_derived(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The authors' weights without the buffers beside them, which follow from the shape."""
    derived = (".attn_mask", ".attn.relative_position_index")
    return {name: value for name, value in weights.items() if not name.endswith(derived)}


class _Linear(nn.Linear):
    """A linear layer over the channels of `(1, C, H, W)`."""

    def forward(self, x: Tensor) -> Tensor:
        kernel = self.weight.view(self.out_features, self.in_features, 1, 1)
        return functional.conv2d(x, kernel, self.bias)


class _LayerNorm(nn.Module):
    """A layer norm over the channels of `(1, C, H, W)`, at every pixel by itself."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        apart = x - x.mean(1, keepdim=True)
        spread = torch.rsqrt((apart * apart).mean(1, keepdim=True) + EPSILON)
        gain, offset = (p.view(1, -1, 1, 1) for p in (self.weight, self.bias))
        return apart * spread * gain + offset


class _Attention(nn.Module):
    """Attention among the pixels of each window, with a bias for every relative position."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.width, self.heads = width, heads
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * WINDOW - 1) ** 2, heads))
        self.qkv = _Linear(width, 3 * width)
        self.proj = _Linear(width, width)
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)
        self.register_buffer("positions", _relative_positions(), persistent=False)
        # Queries are scaled by one over the root of a head's channels; keys and values are not.
        gain = torch.ones(1, 3 * width, 1, 1)
        gain[:, :width] = (width // heads) ** -0.5
        self.register_buffer("gain", gain, persistent=False)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Windows `(1, C, N, 64)`, and a mask `(1, 64, N, 64)`: keys, windows, queries."""
        qkv = self.qkv(x) * self.get_buffer("gain")
        each = self.width // self.heads
        biases = self.relative_position_bias_table[self.get_buffer("positions")]
        heads = []
        for head in range(self.heads):
            query, key, value = (
                qkv[:, first : first + each]
                for first in range(head * each, 3 * self.width, self.width)
            )
            logits = token_matmul(query, key, True) + biases[:, :, head][None, :, None, :]
            if mask is not None:
                logits = logits + mask
            heads.append(token_matmul(logits.softmax(1), value, False))
        return torch.cat(heads, 1)


def _relative_positions() -> Tensor:
    """The row of the table for each key and query of a window, shape `(64, 64)`, int64."""
    places = torch.arange(WINDOW)
    rows, columns = places.repeat_interleave(WINDOW), places.repeat(WINDOW)

    def apart(places: Tensor) -> Tensor:
        return places[None, :] - places[:, None] + WINDOW - 1

    return apart(rows) * (2 * WINDOW - 1) + apart(columns)


def shift_mask(height: int, width: int) -> Tensor:
    """What keeps the shifted windows at the border from mixing the picture's opposite ends.

    Returns:
        Shape `(1, 64, N, 64)`, float32: keys, windows, queries; 0, or -100 for two pixels that lie
        in one window only because `roll` brought them there.
    """
    rows, columns = (
        (torch.arange(size) >= size - WINDOW).long() + (torch.arange(size) >= size - SHIFT).long()
        for size in (height, width)
    )
    regions = (3 * rows[:, None] + columns[None, :]).float()[None, None]
    queries = windows(regions, WINDOW)
    keys = queries.permute(0, 3, 2, 1)
    mask: Tensor = (keys != queries).float() * APART
    return mask


class _Mlp(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = _Linear(width, MLP_RATIO * width)
        self.act = nn.GELU()
        self.fc2 = _Linear(MLP_RATIO * width, width)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc2(self.act(self.fc1(x)))
        return y


class _Block(nn.Module):
    """A Swin block: attention and a perceptron, each after a norm and beside a skip."""

    def __init__(self, width: int, heads: int, shifted: bool) -> None:
        super().__init__()
        self.shifted = shifted
        self.norm1 = _LayerNorm(width)
        self.attn = _Attention(width, heads)
        self.norm2 = _LayerNorm(width)
        self.mlp = _Mlp(width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        y = self.norm1(x)
        if self.shifted:
            y = torch.roll(y, (-SHIFT, -SHIFT), (2, 3))
        y = self.attn(windows(y, WINDOW), mask if self.shifted else None)
        y = self.attn.proj(unwindows(y, WINDOW, x.shape[2], x.shape[3]))
        if self.shifted:
            y = torch.roll(y, (SHIFT, SHIFT), (2, 3))
        x = x + y
        z: Tensor = x + self.mlp(self.norm2(x))
        return z


class _Group(nn.Module):
    """The blocks of a residual group."""

    def __init__(self, width: int, heads: int, depth: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(_Block(width, heads, n % 2 == 1) for n in range(depth))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x, mask)
        return x


class _ResidualGroup(nn.Module):
    """Swin blocks and a convolution, beside a skip."""

    def __init__(self, width: int, heads: int, depth: int) -> None:
        super().__init__()
        self.residual_group = _Group(width, heads, depth)
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        y: Tensor = x + self.conv(self.residual_group(x, mask))
        return y


class _PatchEmbedding(nn.Module):
    """Of patches of one pixel: only its norm is left."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = _LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(x)
        return y


class SwinIr(Architecture):
    """SwinIR on RGB with one pixel shuffle at its end ("pixelshuffledirect").

    Args:
        scale: 2, 3 or 4.
        width: channels, a multiple of `heads`; 60 in the paper's lightweight network.
        depths: Swin blocks of each residual group.
        heads: of every attention.
    """

    channels = 3
    fixed_size = True
    """A graph of it is of one picture size; see `capture`."""

    def __init__(
        self, scale: int, width: int = 60, depths: Sequence[int] = (6, 6, 6, 6), heads: int = 6
    ) -> None:
        super().__init__()
        self.scale = scale
        self.conv_first = nn.Conv2d(3, width, 3, padding=1)
        self.patch_embed = _PatchEmbedding(width)
        self.layers = nn.ModuleList(_ResidualGroup(width, heads, depth) for depth in depths)
        self.norm = _LayerNorm(width)
        self.conv_after_body = nn.Conv2d(width, width, 3, padding=1)
        self.upsample = nn.Sequential(
            nn.Conv2d(width, 3 * scale**2, 3, padding=1), nn.PixelShuffle(scale)
        )
        mean = torch.tensor(DIV2K_MEAN).reshape(1, 3, 1, 1)
        self.register_buffer("mean", mean, persistent=False)
        for module in self.modules():
            if isinstance(module, _Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        """RGB `(1, 3, H, W)` in [0, 1] to `(1, 3, scale*H, scale*W)`, not clipped.

        Raises:
            ValueError: H or W is no multiple of 8.
        """
        check_sides(x, WINDOW)
        mean = self.get_buffer("mean")
        mask = shift_mask(x.shape[2], x.shape[3]).to(x.device)
        shallow = self.conv_first(x - mean)
        y = self.patch_embed(shallow)
        for layer in self.layers:
            y = layer(y, mask)
        y = self.conv_after_body(self.norm(y)) + shallow
        # The mean goes on before the shuffle, where a capture finds it a place in the convolution.
        convolution, shuffle = self.upsample
        y = convolution(y) + mean.repeat_interleave(self.scale**2, 1)
        out: Tensor = shuffle(y)
        return out

    @staticmethod
    def recognise(weights: Weights) -> Recognised | None:
        """See `Architecture`."""
        table = "layers.0.residual_group.blocks.0.attn.relative_position_bias_table"
        if table not in weights:
            return None
        groups = count(weights, r"layers\.(\d+)\.")
        depths = tuple(
            count(weights, rf"layers\.{group}\.residual_group\.blocks\.(\d+)\.")
            for group in range(groups)
        )
        # The classical and the real-world networks end otherwise, and have another last layer.
        scales = root(weights["upsample.0.weight"].shape[0], 3)
        width, heads = weights["conv_first.weight"].shape[0], weights[table].shape[1]
        return Recognised(scales, {"width": width, "depths": depths, "heads": heads})
