"""Reading and writing bundles: a folder or a zip of `manifest.json` and `.tflite` segments.

A bundle is checked whole before any of it is used: schema, SHA-256 of every segment, and that each
segment is a graph whose tensors fit its neighbours. A zip is read in memory and never unpacked, so
it cannot write anywhere.
"""

from __future__ import annotations

import hashlib
import lzma
import stat
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vernier.bundles.checking import check_manifest
from vernier.bundles.joining import join
from vernier.bundles.manifest import (
    Manifest,
    SegmentEntry,
    format_manifest,
    parse_manifest,
)
from vernier.errors import BundleError, FileError, GraphError
from vernier.files import whole_file, whole_folder
from vernier.formats.tflite.reader import read as read_tflite
from vernier.graphs.graph import Graph

MANIFEST = "manifest.json"
# A network of a gigabyte is no SR network for a phone; a zip that claims more is a bomb.
LARGEST_FILE_BYTES = 1 << 30
# One unit takes some 300 bytes of a manifest.
LARGEST_MANIFEST_BYTES = 1 << 24


@dataclass(frozen=True)
class Segment:
    """A checked segment: its entry, its file's bytes, and the graph in it."""

    entry: SegmentEntry
    model: bytes
    graph: Graph


@dataclass(frozen=True)
class Bundle:
    """A bundle that was read and found sound.

    Attributes:
        manifest: its table of contents.
        segments: in the order in which they run.
        graph: all segments and the conversions between them as one graph, of one input and one
            output.
        processors: what the manifest asks for, by the operator's output; conversions have none.
    """

    manifest: Manifest
    segments: tuple[Segment, ...]
    graph: Graph
    processors: Mapping[str, str]

    @property
    def pinned(self) -> bool:
        """Whether the bundle itself says where it runs, as a split does."""
        return any("*" not in segment.entry.processor for segment in self.segments)


def open_bundle(path: Path) -> Bundle:
    """Read and check a bundle.

    Raises:
        BundleError: missing, truncated, tampered with, too new, or segments that do not fit.
    """
    if path.is_dir():
        return _assemble(str(path), lambda name: _read_file(path, name))
    if not path.is_file():
        raise BundleError(f"{path}: expected a bundle (a folder or a zip), found nothing")
    try:
        with zipfile.ZipFile(path) as archive:
            return _assemble(str(path), lambda name: _read_member(archive, path, name))
    except BundleError:
        raise
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError) as error:
        raise BundleError(f"{path}: not a readable bundle: {_one_line(error)}") from error
    except RuntimeError as error:
        # Of encryption, and, as NotImplementedError, of compressions that Python lacks.
        raise BundleError(f"{path}: not a readable bundle: {_one_line(error)}") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def in_memory(manifest: Manifest, models: Mapping[str, bytes]) -> Bundle:
    """A bundle that was not written, checked as one that was.

    Args:
        manifest: its table of contents.
        models: the segments' bytes by file name.

    Raises:
        BundleError: the segments do not fit the manifest.
    """
    files = {MANIFEST: format_manifest(manifest), **models}
    return _assemble(manifest.name, files.__getitem__)


def write_bundle(
    path: Path, manifest: Manifest, models: Mapping[str, bytes], *, overwrite: bool = False
) -> None:
    """Write a bundle: a zip where `path` ends in `.zip`, a folder otherwise. All or nothing.

    Args:
        path: what to make.
        manifest: its table of contents; `seal` gives the entries.
        models: the segments' bytes by file name.
        overwrite: replace a bundle that is there.

    Raises:
        BundleError: something is there already, or it cannot be written.
    """
    files = {MANIFEST: format_manifest(manifest), **models}
    _assemble(str(path), files.__getitem__)
    if path.exists() and not overwrite:
        raise BundleError(f"{path}: exists already; choose another name or allow overwriting")
    if path.is_dir() and not (path / MANIFEST).is_file() and any(path.iterdir()):
        raise BundleError(f"{path}: is a folder and not a bundle; it will not be replaced")
    try:
        if path.suffix == ".zip":
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
                for name, data in files.items():
                    # A fixed date: the same plan gives the same zip.
                    made.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
        else:
            with whole_folder(path) as folder:
                for name, data in files.items():
                    (folder / name).write_bytes(data)
    except (OSError, FileError) as error:
        raise BundleError(f"cannot write the bundle: {error}") from error


def seal(file: str, model: bytes, processor: str, graph: Graph) -> SegmentEntry:
    """The manifest's entry of a segment."""
    return SegmentEntry(
        file=file,
        sha256=hashlib.sha256(model).hexdigest(),
        processor=processor,
        inputs=graph.inputs,
        outputs=graph.outputs,
    )


def _read_file(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        # A pipe would be waited for, and a device never ends.
        if not stat.S_ISREG(path.stat().st_mode):
            raise BundleError(f"{folder}: {name} is no regular file")
        _check_size(folder, name, path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"{folder}: the bundle lacks {name} ({error.strerror})") from error


def _check_size(path: Path, name: str, size: int) -> None:
    most = LARGEST_MANIFEST_BYTES if name == MANIFEST else LARGEST_FILE_BYTES
    if size > most:
        raise BundleError(f"{path}: {name} claims {size} bytes; at most {most} are read")


def _read_member(archive: zipfile.ZipFile, path: Path, name: str) -> bytes:
    try:
        info = archive.getinfo(name)
    except KeyError as error:
        raise BundleError(f"{path}: the bundle lacks {name}") from error
    if info.flag_bits & 1:
        raise BundleError(f"{path}: {name} is encrypted; bundles are not")
    _check_size(path, name, info.file_size)
    return archive.read(info)


def _assemble(origin: str, read: Callable[[str], bytes]) -> Bundle:
    manifest = parse_manifest(read(MANIFEST), origin)
    segments = []
    for entry in manifest.segments:
        model = read(entry.file)
        found = hashlib.sha256(model).hexdigest()
        if found != entry.sha256:
            raise BundleError(
                f"{origin}: {entry.file} is not what was exported (SHA-256 {found[:12]}..., "
                f"the manifest says {entry.sha256[:12]}...); export the bundle again"
            )
        try:
            graph = read_tflite(model)
        except GraphError as error:
            raise BundleError(f"{origin}: {entry.file}: {error}") from error
        if graph.inputs != entry.inputs or graph.outputs != entry.outputs:
            raise BundleError(
                f"{origin}: {entry.file} has inputs {list(graph.inputs)} and outputs "
                f"{list(graph.outputs)}; the manifest says {list(entry.inputs)} and "
                f"{list(entry.outputs)}"
            )
        segments.append(Segment(entry, model, graph))
    try:
        whole = join(manifest, [segment.graph for segment in segments])
    except GraphError as error:
        raise BundleError(f"{origin}: {error}") from error
    processors = {
        op.output: segment.entry.processor for segment in segments for op in segment.graph.operators
    }
    _check_units(manifest, processors, origin)
    check_manifest(manifest, whole, [segment.graph for segment in segments], origin)
    return Bundle(manifest, tuple(segments), whole, processors)


def _check_units(manifest: Manifest, placed: Mapping[str, str], origin: str) -> None:
    """The units that a manifest lists are what its segments hold."""
    for unit in manifest.units:
        for output in unit.operators:
            if output not in placed:
                raise BundleError(
                    f"{origin}: the unit {unit.name!r} names {output!r}, which no segment computes"
                )
