"""Weights to files and back. Loading never runs code.

`.safetensors` is the format that Vernier writes. `.pth` of PyTorch is read with its restricted
unpickler.
"""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as serialized
from torch import Tensor, nn

from vernier.errors import FileError, NetworkError
from vernier.files import write_whole
from vernier.networks.prefixes import generator_of

# Where training scripts put the weights inside a checkpoint; averaged ones first, as they are meant
# to be used.
NESTS = (
    "params_ema",
    "params-ema",
    "params",
    "state_dict",
    "model_state_dict",
    "model",
    "net",
    "netG",
)
SHOWN_KEYS = 3
MOST_TENSORS = 10_000
"""The largest published networks have some 4000."""
# Tied weights are stored once and claimed several times.
MOST_CLAIMED = 4
LEAST_DOUBT_BYTES = 1 << 20


def save(module: nn.Module, path: Path, metadata: Mapping[str, str]) -> None:
    """Write a module's weights as `.safetensors`, under a temporary name first.

    Args:
        module: its whole state dict is written, in its own dtypes.
        path: the file; replaced if there.
        metadata: plain words about the weights; kept in the file's header.

    Raises:
        NetworkError: the file cannot be written.
    """
    weights = {name: value.detach().contiguous() for name, value in module.state_dict().items()}
    try:
        write_whole(path, serialized(weights, metadata=dict(metadata)))
    except (FileError, SafetensorError) as error:
        raise NetworkError(f"cannot write the weights: {error}") from error


def load(path: Path) -> dict[str, Tensor]:
    """The weights of a file: `.safetensors`, or `.pth`, `.pt` or `.ckpt`.

    Returns:
        Tensors by name on the CPU, by the network's own names; see `networks.prefixes`.

    Raises:
        NetworkError: the file is missing, damaged, of another kind, holds no weights, or is a
            pickle that would have to run code to be read.
    """
    if not path.is_file():
        raise NetworkError(f"{path}: expected a file of weights, found none")
    match path.suffix.lower():
        case ".safetensors":
            weights = _load_safetensors(path)
        case ".pth" | ".pt" | ".ckpt":
            weights = _find_weights(path, _load_pickle(path))
        case ".param" | ".bin" | ".onnx":
            raise NetworkError(
                f"{path}: holds a whole network, not weights of one; give it in the network's place"
            )
        case other:
            raise NetworkError(f"{path}: expected .safetensors or .pth, found {other!r}")
    if not weights:
        raise NetworkError(f"{path}: the file holds no weights")
    weights = generator_of(weights)
    _check_size(path, weights)
    _check_finite(path, weights)
    return weights


def _load_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (OSError, SafetensorError, ValueError) as error:
        raise NetworkError(f"{path}: damaged .safetensors file: {error}") from error


def _load_pickle(path: Path) -> Any:
    try:
        with warnings.catch_warnings():
            # Of a pickle protocol that it may not know: if so, it raises as well.
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        text = str(error)
        if "Unsupported" in text or "weights_only" in text.lower():
            raise NetworkError(
                f"{path}: this pickle wants to run code when it is loaded, so it is refused; ask "
                f"its author for .safetensors, or for a .pth of tensors only ({_culprit(text)})"
            ) from error
        raise NetworkError(f"{path}: damaged .pth file: {text.splitlines()[0]}") from error
    except Exception as error:
        # PyTorch's reader raises whatever its zip, pickle and storage layers happen to meet.
        first = next(iter(str(error).splitlines()), "")
        raise NetworkError(
            f"{path}: not a .pth file of PyTorch, or cut short ({type(error).__name__}: {first})"
        ) from error


def _culprit(text: str) -> str:
    """The part of PyTorch's long message that names what the pickle asked for."""
    lines = [line.strip() for line in text.splitlines()]
    return next((line for line in lines if "GLOBAL" in line or "Unsupported" in line), lines[0])


def _find_weights(path: Path, loaded: Any) -> dict[str, Tensor]:
    for _ in range(4):
        if not isinstance(loaded, Mapping):
            break
        nest = next((key for key in NESTS if isinstance(loaded.get(key), Mapping)), None)
        if nest is not None:
            loaded = loaded[nest]
            continue
        tensors = {str(name): v for name, v in loaded.items() if isinstance(v, Tensor)}
        others = [v for v in loaded.values() if not isinstance(v, Tensor)]
        # Versions, dates and counters that a script put beside the weights.
        if tensors and all(v is None or isinstance(v, int | float | str) for v in others):
            return tensors
        break
    raise NetworkError(
        f"{path}: expected tensors by name, or those under one of {', '.join(NESTS)}; "
        f"found {_described(loaded)}"
    )


def _described(loaded: Any) -> str:
    if isinstance(loaded, Mapping):
        return f"the keys {', '.join(map(repr, list(loaded)[:SHOWN_KEYS])) or 'none'}"
    return f"a {type(loaded).__name__}"


def load_into(module: nn.Module, weights: Mapping[str, Tensor], source: str = "weights") -> None:
    """Give a module these weights; every name and shape must fit.

    Args:
        module: changed in place, unless something does not fit.
        weights: by the module's own names.
        source: what to call them in messages.

    Raises:
        NetworkError: names are missing or unexpected, or shapes differ; the message lists them.
    """
    own = module.state_dict()
    faults = [
        _listed("missing", [name for name in own if name not in weights]),
        _listed("unexpected", [name for name in weights if name not in own]),
        _listed(
            "of another shape",
            [
                f"{name} (expected {tuple(own[name].shape)}, found {tuple(weights[name].shape)})"
                for name in own
                if name in weights and own[name].shape != weights[name].shape
            ],
        ),
    ]
    fitting = {name: weights[name] for name in own if name in weights}
    _check_kinds(fitting, own, source)
    if any(faults):
        raise NetworkError(
            f"{source}: the weights do not fit {type(module).__name__}: "
            f"{'; '.join(filter(None, faults))}; is it another network or scale?"
        )
    module.load_state_dict(dict(weights))


def _check_size(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Raise NetworkError for weights that a few bytes claim, and for more layers than any network.

    A pickle may say that one number is a tensor of a million; what is built by such shapes needs
    memory without end. Capturing a network takes time by its layers.
    """
    if len(weights) > MOST_TENSORS:
        raise NetworkError(
            f"{path}: expected at most {MOST_TENSORS:,} tensors of weights, found {len(weights):,}"
        )
    claimed = sum(value.numel() * value.element_size() for value in weights.values())
    if claimed > max(LEAST_DOUBT_BYTES, MOST_CLAIMED * path.stat().st_size):
        largest = max(weights, key=lambda name: weights[name].numel())
        raise NetworkError(
            f"{path}: its tensors claim {claimed / 2**20:,.0f} MiB, and the file is far smaller; "
            f"the largest is {largest} {tuple(weights[largest].shape)}"
        )


def _check_finite(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Raise NetworkError for NaN and infinity, by the tensor's name."""
    for name, value in weights.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            found = "NaN" if bool(torch.isnan(value).any()) else "infinity"
            raise NetworkError(
                f"{path}: the tensor {name!r} holds {found}: the training diverged, or the file "
                "was damaged"
            )


def _check_kinds(weights: Mapping[str, Tensor], own: Mapping[str, Tensor], source: str) -> None:
    """Raise NetworkError for codes where weights belong, by the tensor's name."""
    for name, value in weights.items():
        if own[name].is_floating_point() and not value.is_floating_point():
            kind = str(value.dtype).removeprefix("torch.")
            raise NetworkError(
                f"{source}: the tensor {name!r} is {kind}, expected floating point: the weights "
                "are quantised, or were damaged"
            )


def _listed(what: str, names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - SHOWN_KEYS} more" if len(names) > SHOWN_KEYS else ""
    return f"{what}: {', '.join(names[:SHOWN_KEYS])}{more}"
