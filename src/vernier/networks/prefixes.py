"""What training scripts put around the names of a network's weights, and beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

# Averaged weights first, as they are meant to be used. MMagic, BasicSR and others keep the
# generator beside networks that only its training needs.
GENERATORS = (
    "generator_ema.", "net_g_ema.", "netG_ema.", "model_ema.", "generator.", "net_g.", "netG.",
)  # fmt: skip
OF_TRAINING = (
    *GENERATORS, "discriminator.", "net_d.", "netD.", "perceptual_loss.", "gan_loss.",
    "pixel_loss.", "cri_",
)  # fmt: skip
# Of PyTorch's data parallelism and averaging, of its compiler, and of wrappers.
WRAPPERS = ("module.", "_orig_mod.", "model.", "net.", "network.")
# ESRGAN's oldest weights are called by their places in one chain, `model.0.weight`.
_PLACES = re.compile(r"(model|net|network)\.\d+\.")


def generator_of(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of the network that makes pictures, under its own names.

    Args:
        weights: as a file has them.

    Returns:
        Without counters (such as `n_averaged`), without the networks of its training where a
        generator is named, and without prefixes that all names share.
    """
    found = {name: value for name, value in weights.items() if not _is_counter(value)}
    before = None
    while before != found:
        before = found
        found = _unwrapped(_generator(found))
    return found


def _is_counter(value: Tensor) -> bool:
    return value.dim() == 0 and not value.is_floating_point()


def _generator(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    for prefix in GENERATORS:
        if any(name.startswith(prefix) for name in weights):
            return {
                name.removeprefix(prefix): value
                for name, value in weights.items()
                if name.startswith(prefix) or not name.startswith(OF_TRAINING)
            }
    return dict(weights)


def _unwrapped(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    for prefix in WRAPPERS:
        if weights and all(name.startswith(prefix) and not _PLACES.match(name) for name in weights):
            return {name.removeprefix(prefix): value for name, value in weights.items()}
    return dict(weights)
