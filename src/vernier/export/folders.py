"""Folders of results: bundles, and the files that say what they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vernier.bundles.bundle import write_bundle
from vernier.errors import UsageError
from vernier.export.whole import Exported
from vernier.files import write_whole


def check_new(folder: Path, file: str) -> None:
    """Refuse a folder that holds a finished result, or something else; one half made is gone on
    with.

    Args:
        folder: to write into.
        file: that is written last.

    Raises:
        UsageError: as said.
    """
    if (folder / file).exists():
        raise UsageError(f"{folder}: holds {file} already; choose another folder")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: expected a folder")


def write_folder(folder: Path, bundles: Mapping[str, Exported], files: Mapping[str, bytes]) -> None:
    """Put bundles and then files into a folder, in order: one that has the last file is whole.

    Args:
        folder: to write into; bundles and files of these names are replaced.
        bundles: by name.
        files: content by name.

    Raises:
        BundleError: a bundle cannot be written.
        FileError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, exported in bundles.items():
        write_bundle(folder / name, exported.manifest, exported.models, overwrite=True)
    for name, content in files.items():
        write_whole(folder / name, content)
