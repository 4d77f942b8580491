"""SwinIR with five and six axes, layer norms and linear layers of PyTorch: to hold ours to.

Written from the paper, with the names of the authors' weights, and with the buffers that their
files hold beside them. It shares no code with `vernier.networks.architectures.swinir`.
"""

import torch
from torch import nn
from torch.nn import functional

WINDOW = 8


def partition(x):
    """`(B, H, W, C)` to `(B * windows, 64, C)`."""
    count, height, width, channels = x.shape
    x = x.view(count, height // WINDOW, WINDOW, width // WINDOW, WINDOW, channels)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, WINDOW * WINDOW, channels)


def merge(x, height, width):
    channels = x.shape[-1]
    x = x.view(-1, height // WINDOW, width // WINDOW, WINDOW, WINDOW, channels)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, height, width, channels)


def mask_of(height, width):
    """0 or -100 for query i and key j of each window: `(windows, 64, 64)`."""
    regions = torch.zeros(1, height, width, 1)
    pieces = (slice(0, -WINDOW), slice(-WINDOW, -WINDOW // 2), slice(-WINDOW // 2, None))
    for number, (rows, columns) in enumerate((r, c) for r in pieces for c in pieces):
        regions[:, rows, columns, :] = number
    found = partition(regions).squeeze(-1)
    apart = found[:, None, :] - found[:, :, None]
    return torch.zeros_like(apart).masked_fill(apart != 0, -100.0)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.relative_position_bias_table = nn.Parameter(torch.randn(15 * 15, heads))
        grid = torch.stack(torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij"))
        places = grid.flatten(1)
        apart = (places[:, :, None] - places[:, None, :]).permute(1, 2, 0) + 7
        self.register_buffer("relative_position_index", apart[..., 0] * 15 + apart[..., 1])
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x, mask):
        windows, tokens, channels = x.shape
        qkv = self.qkv(x).reshape(windows, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        bias = self.relative_position_bias_table[self.relative_position_index].permute(2, 0, 1)
        added = bias[None] if mask is None else bias[None] + mask[:, None]
        y = functional.scaled_dot_product_attention(*qkv, attn_mask=added)
        return self.proj(y.transpose(1, 2).reshape(windows, tokens, channels))


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1 = nn.Linear(width, 2 * width)
        self.fc2 = nn.Linear(2 * width, width)

    def forward(self, x):
        return self.fc2(functional.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, width, heads, shift):
        super().__init__()
        self.shift = shift
        self.norm1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = Mlp(width)
        if shift:
            # Of the size that it was trained at.
            self.register_buffer("attn_mask", mask_of(64, 64))

    def forward(self, x):
        _, height, width, _ = x.shape
        y = self.norm1(x).roll((-self.shift, -self.shift), (1, 2))
        y = self.attn(partition(y), mask_of(height, width) if self.shift else None)
        x = x + merge(y, height, width).roll((self.shift, self.shift), (1, 2))
        return x + self.mlp(self.norm2(x))


class PlainSwinIr(nn.Module):
    def __init__(self, scale, width, depths, heads):
        super().__init__()
        self.scale = scale
        self.conv_first = nn.Conv2d(3, width, 3, padding=1)
        self.patch_embed = nn.ModuleDict({"norm": nn.LayerNorm(width)})
        self.layers = nn.ModuleList()
        for depth in depths:
            blocks = nn.ModuleList(Block(width, heads, 4 * (n % 2)) for n in range(depth))
            group = nn.ModuleDict({"blocks": blocks})
            conv = nn.Conv2d(width, width, 3, padding=1)
            self.layers.append(nn.ModuleDict({"residual_group": group, "conv": conv}))
        self.norm = nn.LayerNorm(width)
        self.conv_after_body = nn.Conv2d(width, width, 3, padding=1)
        last = nn.Conv2d(width, 3 * scale * scale, 3, padding=1)
        self.upsample = nn.Sequential(last, nn.PixelShuffle(scale))

    def forward(self, x):
        mean = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1)
        first = self.conv_first(x - mean)
        y = self.patch_embed["norm"](first.permute(0, 2, 3, 1))
        for layer in self.layers:
            z = y
            for block in layer["residual_group"]["blocks"]:
                z = block(z)
            y = y + layer["conv"](z.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        y = self.conv_after_body(self.norm(y).permute(0, 3, 1, 2)) + first
        return self.upsample(y) + mean
