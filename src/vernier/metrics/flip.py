"""FLIP: what an eye sees change where two pictures are shown in turns.

The pictures are filtered as an eye at a distance filters them, colours more than brightness; what
differs is measured in a uniform colour space and grows where edges or points come or go. Noise of
single pixels is blurred away where a patch of another hue, a band or a coarse grid stays. Needs
PyTorch; differentiable.

Source: P. Andersson, J. Nilsson, T. Akenine-Moller, M. Oskarsson, K. Astrom, M. D. Fairchild,
"FLIP: a difference evaluator for alternating images", HPG 2020; numbers of sections are its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from vernier.errors import UsageError

PIXELS_PER_DEGREE = 0.7 * 3840 / 0.7 * math.pi / 180
"""A screen of 3840 pixels over 0.7 m, 0.7 m away: about 67, the paper's."""

# Section 4.1: contrast sensitivity as Gaussians, amplitude and exponent, of each opponent channel.
_SENSITIVITY = (
    ((1.0, 0.0047),),
    ((1.0, 0.0053),),
    ((34.1, 0.04), (13.5, 0.025)),
)
_WIDEST = 0.04
_COLOUR_POWER = 0.7
_KNEE, _AT_KNEE = 0.4, 0.95
_FEATURE_WIDTH_DEGREES = 0.082
_FEATURE_POWER = 0.5
# sRGB's primaries under D65 as XYZ; each row of a white picture sums to the white point.
_TO_XYZ = (
    (10135552 / 24577794, 8788810 / 24577794, 4435075 / 24577794),
    (2613072 / 12288897, 8788810 / 12288897, 887015 / 12288897),
    (1425312 / 73733382, 8788810 / 73733382, 70074185 / 73733382),
)
_WHITE = (0.950428545, 1.0, 1.088900371)
# Roots and powers have no slope at 0; this is far below a step of 8 bits.
_LEAST = 1e-8


def flip(
    picture: Tensor, reference: Tensor, pixels_per_degree: float = PIXELS_PER_DEGREE
) -> Tensor:
    """The mean of the map; see `flip_map`. Shape `(N,)`, 0 to 1, lower is more alike."""
    return flip_map(picture, reference, pixels_per_degree).mean(dim=(1, 2))


def flip_map(
    picture: Tensor,
    reference: Tensor,
    pixels_per_degree: float = PIXELS_PER_DEGREE,
    *,
    features: bool = True,
) -> Tensor:
    """How visible the difference is in each pixel.

    Args:
        picture: shape `(N, 3, H, W)`, sRGB in [0, 1], nominally; what is outside is clipped.
        reference: the same shape.
        pixels_per_degree: of visual angle: fewer for a nearer eye, or a zoom.
        features: whether edges and points that come or go add to what colours say.

    Returns:
        Shape `(N, H, W)`, 0 to 1; 0 for equal pictures.

    Raises:
        UsageError: other shapes, or a number of pixels that is not positive.
    """
    if picture.shape != reference.shape or picture.ndim != 4 or picture.shape[1] != 3:
        raise UsageError(
            "FLIP compares two batches of RGB pictures (N, 3, H, W) of one shape, found "
            f"{tuple(picture.shape)} and {tuple(reference.shape)}"
        )
    one, other = (appearance(x, pixels_per_degree) for x in (picture, reference))
    return difference_map(one, other, features=features)


@dataclass(frozen=True)
class Appearance:
    """A batch of pictures as FLIP compares them; worth keeping of what is compared with often.

    Attributes:
        colours: shape `(N, 3, H, W)`, filtered by the eye, in L*a*b*.
        features: shape `(N, 2, H, W)`, strength of edges and of points.
    """

    colours: Tensor
    features: Tensor


def appearance(picture: Tensor, pixels_per_degree: float = PIXELS_PER_DEGREE) -> Appearance:
    """How a batch of pictures looks from a distance; arguments and errors as of `flip_map`."""
    if picture.ndim != 4 or picture.shape[1] != 3:
        raise UsageError(
            f"FLIP sees batches of RGB pictures (N, 3, H, W), found {tuple(picture.shape)}"
        )
    if not pixels_per_degree > 0:
        raise UsageError(f"expected pixels per degree above 0, found {pixels_per_degree}")
    opponent = _opponent(_linear(picture.clamp(0, 1)))
    return Appearance(
        _seen(opponent, pixels_per_degree),
        _features((opponent[:, :1] + 16) / 116, pixels_per_degree),
    )


def difference_map(one: Appearance, other: Appearance, *, features: bool = True) -> Tensor:
    """`flip_map` of two pictures whose appearance is known."""
    colour = _colour_difference(one.colours, other.colours)
    if not features:
        return colour
    largest = (one.features - other.features).abs().amax(dim=1)
    feature = _root(largest / math.sqrt(2), _FEATURE_POWER)
    # Equation 10.
    power = 1 - feature
    found: Tensor = (colour + _LEAST) ** power - _LEAST**power
    return found


def _root(x: Tensor, power: float) -> Tensor:
    """A power below 1 with a finite slope at 0, and 0 there."""
    return torch.pow(x + _LEAST, power) - math.pow(_LEAST, power)


def _norm(x: Tensor, y: Tensor) -> Tensor:
    return (x.square() + y.square() + _LEAST**2).sqrt() - _LEAST


def _linear(rgb: Tensor) -> Tensor:
    low = rgb / 12.92
    high = ((rgb.clamp_min(0.04) + 0.055) / 1.055) ** 2.4
    return torch.where(rgb <= 0.04045, low, high)


def _mixed(planes: Tensor, matrix: tuple[tuple[float, ...], ...]) -> Tensor:
    weights = torch.tensor(matrix, dtype=planes.dtype)
    return torch.einsum("oc,nchw->nohw", weights, planes)


def _relative(linear: Tensor) -> Tensor:
    """XYZ over the white point's."""
    white = torch.tensor(_WHITE, dtype=linear.dtype).view(1, 3, 1, 1)
    return _mixed(linear, _TO_XYZ) / white


def _opponent(linear: Tensor) -> Tensor:
    """Y, Cx and Cz: brightness, red to green, blue to yellow (4.1)."""
    x, y, z = _relative(linear).unbind(dim=1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)


def _seen(opponent: Tensor, pixels_per_degree: float) -> Tensor:
    """Filtered by the eye, in L*a*b* with colours that fade in the dark (Hunt), 4.1 and 4.2."""
    filtered = []
    for plane, gaussians in zip(torch.split(opponent, 1, dim=1), _SENSITIVITY, strict=True):
        parts = [_gaussian(b, pixels_per_degree) for _, b in gaussians]
        shares = _shares(gaussians, pixels_per_degree)
        filtered.append(
            sum(w * _separable(plane, t, t) for w, t in zip(shares, parts, strict=True))
        )
    y, cx, cz = (part[:, 0] for part in filtered if isinstance(part, Tensor))
    luminance = (y + 16) / 116
    relative = torch.stack([luminance + cx / 500, luminance, luminance - cz / 200], dim=1)
    white = torch.tensor(_WHITE, dtype=relative.dtype).view(1, 3, 1, 1)
    inverse = torch.linalg.inv(torch.tensor(_TO_XYZ, dtype=torch.float64)).tolist()
    linear = _mixed(relative * white, tuple(map(tuple, inverse))).clamp(0, 1)
    return _hunt(_relative(linear))


def _hunt(relative: Tensor) -> Tensor:
    x, y, z = _lab_curve(relative).unbind(dim=1)
    lightness = 116 * y - 16
    return torch.stack(
        [lightness, 0.01 * lightness * 500 * (x - y), 0.01 * lightness * 200 * (y - z)], dim=1
    )


def _lab_curve(x: Tensor) -> Tensor:
    limit = 6 / 29
    return torch.where(x > limit**3, x.clamp_min(limit**3) ** (1 / 3), x / (3 * limit**2) + 4 / 29)


@lru_cache(maxsize=1)
def _largest_difference() -> float:
    """Between green and blue, which are the farthest apart (4.2)."""
    ends = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], dtype=torch.float64)
    green, blue = _hunt(_relative(ends.view(2, 3, 1, 1))).flatten(1)
    apart = float((green[0] - blue[0]).abs() + torch.linalg.norm(green[1:] - blue[1:]))
    return math.pow(apart, _COLOUR_POWER)


def _colour_difference(one: Tensor, other: Tensor) -> Tensor:
    """HyAB, compressed so that large differences share the last twentieth, 4.2: equation 7."""
    light, a, b = (one - other).unbind(dim=1)
    difference = _root(light.abs() + _norm(a, b), _COLOUR_POWER)
    largest = _largest_difference()
    knee = _KNEE * largest
    above = _AT_KNEE + (difference - knee) / (largest - knee) * (1 - _AT_KNEE)
    return torch.where(difference < knee, difference * _AT_KNEE / knee, above)


def _features(brightness: Tensor, pixels_per_degree: float) -> Tensor:
    """Strength of edges and of points, `(N, 2, H, W)`, 4.3."""
    smooth, edge, point = _feature_taps(pixels_per_degree)
    strengths = [
        _norm(_separable(brightness, across, smooth), _separable(brightness, smooth, across))
        for across in (edge, point)
    ]
    return torch.cat(strengths, dim=1)


Taps = tuple[float, ...]


@lru_cache(maxsize=16)
def _gaussian(exponent: float, pixels_per_degree: float) -> Taps:
    """One side of a Gaussian of the eye's sensitivity, sum 1."""
    reach = math.ceil(3 * math.sqrt(_WIDEST / (2 * math.pi**2)) * pixels_per_degree)
    raw = [
        math.exp(-((math.pi * n / pixels_per_degree) ** 2) / exponent)
        for n in range(-reach, reach + 1)
    ]
    return tuple(tap / sum(raw) for tap in raw)


def _shares(gaussians: tuple[tuple[float, float], ...], pixels_per_degree: float) -> list[float]:
    """What each Gaussian of a sum weighs, as the sum of its samples over the plane says."""
    reach = math.ceil(3 * math.sqrt(_WIDEST / (2 * math.pi**2)) * pixels_per_degree)
    volumes = []
    for amplitude, exponent in gaussians:
        line = sum(
            math.exp(-((math.pi * n / pixels_per_degree) ** 2) / exponent)
            for n in range(-reach, reach + 1)
        )
        volumes.append(amplitude * math.sqrt(math.pi / exponent) * line**2)
    return [volume / sum(volumes) for volume in volumes]


@lru_cache(maxsize=4)
def _feature_taps(pixels_per_degree: float) -> tuple[Taps, Taps, Taps]:
    """A Gaussian, and its first and second derivative; each half of them sums to 1 (4.3)."""
    deviation = 0.5 * _FEATURE_WIDTH_DEGREES * pixels_per_degree
    reach = math.ceil(3 * deviation)
    at = range(-reach, reach + 1)
    smooth = [math.exp(-(n**2) / (2 * deviation**2)) for n in at]
    edge = [-n * tap for n, tap in zip(at, smooth, strict=True)]
    point = [(n**2 / deviation**2 - 1) * tap for n, tap in zip(at, smooth, strict=True)]
    total = sum(smooth)
    return tuple(tap / total for tap in smooth), _balanced(edge), _balanced(point)


def _balanced(taps: list[float]) -> Taps:
    up = sum(tap for tap in taps if tap > 0)
    down = -sum(tap for tap in taps if tap < 0)
    return tuple(tap / (up if tap > 0 else down) for tap in taps)


def _separable(plane: Tensor, across: Taps, down: Taps) -> Tensor:
    """A plane `(N, 1, H, W)` filtered in both directions, borders repeated."""
    for taps, axis in ((across, 3), (down, 2)):
        reach = len(taps) // 2
        padding = (reach, reach, 0, 0) if axis == 3 else (0, 0, reach, reach)
        padded = functional.pad(plane, padding, mode="replicate")
        kernel = torch.tensor(taps, dtype=plane.dtype)
        shape = (1, 1, 1, -1) if axis == 3 else (1, 1, -1, 1)
        plane = functional.conv2d(padded, kernel.view(shape))
    return plane
