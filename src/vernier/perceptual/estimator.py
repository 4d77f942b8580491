"""A small network that imitates a metric and has gradients.

FYE-SR imitates PIQE with convolutions and batch normalisation, global and local features, average
pooling and a fully connected layer; sizes are not published, these are ours. Two things are added.
The picture comes in as metrics of naturalness see it, less its local mean and divided by its local
deviation (MSCN, Mittal 2012), with its slopes and that deviation, beside the samples themselves.
And each cell of 16x16 pixels has a weight and a score of its own, since PIQE is a mean over active
blocks: `(sum of weight * score + 1) / (sum of weights + 1)`, which the rest of the network then
corrects. Where a metric says what its blocks are worth, cells are taught by that as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialized
from torch import Tensor, nn
from torch.nn import functional

from vernier.errors import NetworkError, UsageError
from vernier.files import write_whole
from vernier.metrics.filters import gaussian

CELL = 16
"""Side in pixels of what one local feature sees the middle of; PIQE's block."""
WIDTHS = (24, 32, 48, 64, 64)
TAPS, SIGMA = 7, 7 / 6
STEEPNESS = 25.0
"""Slopes of the normalised picture that are told apart: PIQE calls a deviation below 0.1 flat."""
SURE = 4e-3
"""A local score this near to either end is not told from the end, so that its logit is finite."""
SHIPPED = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class Imitated:
    """What an estimator imitates.

    Attributes:
        metric: its name, as in `metrics.registry`.
        referenced: whether it compares with a reference.
        lowest: the least score that the estimator can give.
        highest: the largest.
    """

    metric: str
    referenced: bool
    lowest: float
    highest: float


IMITATED = {
    one.metric: one
    for one in (
        Imitated("piqe", False, 0.0, 100.0),
        Imitated("niqe", False, 0.0, 40.0),
        Imitated("gmsd", True, 0.0, 0.4),
        Imitated("lpips", True, 0.0, 1.2),
    )
}


class Estimator(nn.Module):
    """A metric's score of grey pictures of any size.

    Args:
        imitated: the metric.
    """

    def __init__(self, imitated: Imitated) -> None:
        super().__init__()
        self.imitated = imitated
        channels = 8 if imitated.referenced else 5
        layers: list[nn.Module] = []
        for level, width in enumerate(WIDTHS):
            layers += _convolution(channels, width, 1 if level == 0 else 2)
            channels = width
            if 0 < level < len(WIDTHS) - 1:
                layers += _convolution(channels, width, 1)
        self.local = nn.Sequential(*layers)
        self.cells = nn.Conv2d(channels, 2, 1)
        self.score = nn.Sequential(
            nn.Linear(2 * channels + 2, 48), nn.ReLU(inplace=True), nn.Linear(48, 1)
        )

    def forward(self, picture: Tensor, reference: Tensor | None = None) -> Tensor:
        """The score; see `examine`.

        Returns:
            Shape `(N,)`, in the metric's own unit.
        """
        return self.examine(picture, reference)[0]

    def examine(self, picture: Tensor, reference: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The score, and what cells add to it.

        Args:
            picture: shape `(N, 1, H, W)`, grey in [0, 1], sides of at least 16.
            reference: the same shape, for a metric that compares.

        Returns:
            Scores, shape `(N,)`, in the metric's own unit; and logits of each cell's weight and
            score, `(N, 2, ceil(H/16), ceil(W/16))`.

        Raises:
            UsageError: another shape, or a reference missing or too many.
        """
        if (reference is not None) != self.imitated.referenced:
            word = "a" if self.imitated.referenced else "no"
            raise UsageError(f"the estimator of {self.imitated.metric} takes {word} reference")
        if picture.ndim != 4 or picture.shape[1] != 1 or min(picture.shape[2:]) < CELL:
            raise UsageError(
                f"expected grey pictures (N, 1, H, W) of at least {CELL}x{CELL}, found "
                f"{tuple(picture.shape)}"
            )
        # Local variances are small differences of large numbers: not for bfloat16.
        with torch.autocast(picture.device.type, enabled=False):
            seen = _seen(picture.float(), None if reference is None else reference.float())
        features = self.local(_whole_cells(seen))
        cells = self.cells(features).float()
        weight, value = torch.sigmoid(cells).unbind(dim=1)
        local = ((weight * value).sum((1, 2)) + 1) / (weight.sum((1, 2)) + 1)
        pooled = [
            features.float().mean((2, 3)),
            features.float().flatten(2).std(dim=2, correction=0),
            weight.mean((1, 2))[:, None],
            local[:, None],
        ]
        correction = self.score(torch.cat(pooled, dim=1))[:, 0].float()
        raw = torch.logit(local, eps=SURE) + correction
        span = self.imitated.highest - self.imitated.lowest
        return self.imitated.lowest + span * torch.sigmoid(raw), cells

    def save(self, path: Path, description: dict[str, str]) -> None:
        """Write the weights as `.safetensors`.

        Args:
            path: the file; replaced if there.
            description: plain words about them, kept in the header.
        """
        weights = {name: value.contiguous() for name, value in self.state_dict().items()}
        header = {**description, "metric": self.imitated.metric}
        write_whole(path, serialized(weights, metadata=header))


def load_estimator(path: Path) -> Estimator:
    """An estimator from its file, ready to use and not to be trained.

    Raises:
        NetworkError: the file is missing, damaged, or holds something else.
    """
    try:
        with safe_open(path, framework="pt") as stored:
            metric = (stored.metadata() or {}).get("metric", "")
            weights = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        estimator = Estimator(IMITATED[metric])
        estimator.load_state_dict(weights)
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        raise NetworkError(f"{path}: expected an estimator of a metric ({error})") from error
    return estimator.eval().requires_grad_(False)


def shipped_estimator(metric: str) -> Estimator:
    """An estimator that comes with Vernier.

    Raises:
        UsageError: none does for this metric.
    """
    path = SHIPPED / metric / "estimator.safetensors"
    if not path.is_file():
        known = ", ".join(sorted(found.parent.name for found in SHIPPED.glob("*/*.safetensors")))
        raise UsageError(
            f"no estimator of {metric} comes with Vernier (there are {known or 'none'}); make one: "
            f"vernier train-estimator --metric {metric}"
        )
    return load_estimator(path)


def _seen(picture: Tensor, reference: Tensor | None) -> Tensor:
    """What the first convolution reads: samples, normalised samples, slopes, local deviations."""
    normal, deviation = normalised(picture)
    down = functional.pad(normal[:, :, 1:] - normal[:, :, :-1], (0, 0, 0, 1))
    right = functional.pad(normal[:, :, :, 1:] - normal[:, :, :, :-1], (0, 1))
    slopes = [torch.tanh(STEEPNESS * slope) for slope in (down, right)]
    seen = [picture - 0.5, normal, *slopes, torch.log(deviation + 0.1) / 2]
    if reference is not None:
        true, spread = normalised(reference)
        seen += [(picture - reference) * 8, normal - true, torch.log(spread + 0.1) / 2]
    return torch.cat(seen, dim=1).contiguous(memory_format=torch.channels_last)


def normalised(picture: Tensor) -> tuple[Tensor, Tensor]:
    """Samples less their local mean, over their local deviation plus one grey level of 255.

    Args:
        picture: shape `(N, 1, H, W)` in [0, 1].

    Returns:
        That, and the local deviation in grey levels; both of the same shape.
    """
    scaled = picture * 255
    taps, reach = gaussian(TAPS, SIGMA), TAPS // 2

    def blurred(x: Tensor) -> Tensor:
        # Sums of shifted planes: a convolution of one channel is five times slower.
        height, width = x.shape[2:]
        padded = functional.pad(x, (reach, reach, reach, reach), mode="replicate")
        rows = sum(tap * padded[:, :, n : n + height] for n, tap in enumerate(taps))
        assert isinstance(rows, Tensor)
        both = sum(tap * rows[:, :, :, n : n + width] for n, tap in enumerate(taps))
        assert isinstance(both, Tensor)
        return both

    mean = blurred(scaled)
    variance = blurred(scaled.square()) - mean.square()
    # A root's slope at 0 is infinite: flat regions would send infinite gradients.
    deviation = (variance.clamp_min(0) + 1e-2).sqrt()
    return (scaled - mean) / (deviation + 1), deviation


def _whole_cells(x: Tensor) -> Tensor:
    height, width = x.shape[2:]
    below, right = -height % CELL, -width % CELL
    return functional.pad(x, (0, right, 0, below), mode="replicate") if below or right else x


def _convolution(before: int, after: int, stride: int) -> list[nn.Module]:
    return [
        nn.Conv2d(before, after, 3, stride, 1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    ]
