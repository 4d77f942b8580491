"""What a learner needs to go on after a stop, in a file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch

from vernier.errors import TrainingError
from vernier.files import write_whole

SAVED_EVERY = 20
"""Steps."""


def save_state(path: Path, identity: str, state: dict[str, Any]) -> None:
    """Write tensors and numbers, whole or not at all.

    Args:
        path: of the file.
        identity: which run it is of.
        state: tensors, numbers, lists and dictionaries of these.
    """
    # In memory first: a signal while a file is written breaks PyTorch's archive.
    archive = io.BytesIO()
    torch.save({"identity": identity, **state}, archive)
    write_whole(path, archive.getvalue())


def read_state(path: Path | None, identity: str) -> dict[str, Any] | None:
    """What `save_state` wrote; None where there is no file.

    Raises:
        TrainingError: the file is damaged or of another run.
    """
    if path is None or not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True)
        same = state["identity"] == identity
    except Exception as error:
        raise TrainingError(f"{path}: damaged ({error}); delete it") from error
    if not same:
        raise TrainingError(f"{path}: of another run ({state['identity']}); delete it")
    return state
