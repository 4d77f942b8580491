"""The bundle's `manifest.json`: what is in a bundle, versioned and checked by schema.

A manifest names segments in the order in which they run. Tensors pass between them by name, and
where the format changes through a conversion. Picture and result are NHWC luma or RGB planes in
[0, 1], or the INT8 codes that stand for them; a segment's file says which.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from vernier.errors import BundleError
from vernier.files import from_json

FORMAT = 2
"""1 had neither units nor conversions; a manifest of that format is still read."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]

# One plain name, no folder: a manifest can never point outside its own bundle.
_FILE_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]*\.tflite$")


class NetworkFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The network a bundle runs.

    Attributes:
        name: as in the registry, or the user's own.
        scale: whole upscaling factor.
        channels: 1 = luma only, 3 = RGB.
        halo: receptive-field radius in low-resolution pixels; null where the network looks at the
            whole picture and cannot be tiled exactly.
    """

    name: Name
    scale: Annotated[int, msgspec.Meta(ge=1, le=16)]
    channels: Annotated[int, msgspec.Meta(ge=1, le=3)]
    halo: Annotated[int, msgspec.Meta(ge=0)] | None


class SegmentEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One `.tflite` file of a bundle.

    Attributes:
        file: its name inside the bundle.
        sha256: of its bytes, in lower-case hexadecimal digits.
        processor: what it shall run on, `ENGINE:DEVICE:PRECISION`; `*` stands for any engine or
            device of that precision, chosen where the bundle runs.
        inputs: names of the tensors it reads, in the file's order.
        outputs: names of the tensors it computes, in the file's order.
    """

    file: Name
    sha256: Sha256
    processor: Name
    inputs: tuple[Name, ...]
    outputs: tuple[Name, ...]


class UnitEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One unit of the split that a bundle was made from.

    Attributes:
        name: of the layer or block.
        processor: what the split asks for. The segment's own differs where several processors of
            one engine were fused into one file of mixed precision.
        segment: the file that it is in.
        operators: outputs of its operators, by which it is found in the segment.
        predicted_ms: what a profile predicted for it, negative within its noise; null without one.
    """

    name: Name
    processor: Name
    segment: Name
    operators: tuple[Name, ...]
    predicted_ms: float | None = None


class ConversionEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A tensor that crosses between float and INT8, outside of any segment.

    Its formats, with scale and zero point, are those of the segments that write and read it.

    Attributes:
        source: the tensor as it is computed.
        target: the tensor as it is read.
    """

    source: Name
    target: Name


class PredictedTime(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a profile predicted for a whole split.

    Attributes:
        total_ms: of one picture.
        height: of the picture, in low-resolution pixels.
        width: likewise.
        machine: that was profiled, as `Machine.label` says it; or what modelled it.
        modelled: whether nothing was measured.
    """

    total_ms: float
    height: Annotated[int, msgspec.Meta(ge=1)]
    width: Annotated[int, msgspec.Meta(ge=1)]
    machine: str
    modelled: bool = False


class Damage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How far the bundle's pictures are from the float network's, measured when it was made.

    Attributes:
        photos: what they were measured on, in words.
        psnr_to_float_db: mean PSNR between the two outputs, in dB; null for a float network.
        reduced_precision_db: the same for a float network computed in another precision, such as
            "bfloat16".
    """

    photos: str
    psnr_to_float_db: float | None = None
    reduced_precision_db: dict[str, float] = {}


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A bundle's table of contents.

    Attributes:
        format: of this file; a reader refuses what is newer than itself.
        name: for people.
        made_by: the version of Vernier that wrote it.
        network: what it computes.
        segments: in the order in which they run.
        input: the tensor that the picture goes into; the first segment's first input where absent.
        output: the tensor that holds the result; the last segment's first output where absent.
        units: of the split; empty for a network that runs whole on one processor.
        conversions: between segments.
        form: how a split became files: "segments", "engine" (whose segments convert by themselves)
            or "fused" (one file of mixed precision); null for a network that runs whole.
        prediction: of the split's time; null where nothing was profiled.
        damage: measured against the float network; null where it was not measured.
        note: anything a reader should know, for instance the licence of the weights.
    """

    format: int
    name: Name
    made_by: Name
    network: NetworkFacts
    segments: Annotated[tuple[SegmentEntry, ...], msgspec.Meta(min_length=1)]
    input: Name | None = None
    output: Name | None = None
    units: tuple[UnitEntry, ...] = ()
    conversions: tuple[ConversionEntry, ...] = ()
    form: Literal["segments", "engine", "fused"] | None = None
    prediction: PredictedTime | None = msgspec.field(default=None, name="forecast")
    damage: Damage | None = None
    note: str = ""


def parse_manifest(data: bytes, origin: str) -> Manifest:
    """A manifest from its JSON.

    Raises:
        BundleError: not JSON, of a newer format, or against the schema.
    """
    manifest = from_json(data, Manifest, origin, "bundle's manifest", FORMAT, BundleError)
    for segment in manifest.segments:
        if not _FILE_NAME.match(segment.file):
            raise BundleError(
                f"{origin}: expected the plain name of a .tflite file, found {segment.file!r}"
            )
    files = [segment.file for segment in manifest.segments]
    if len(set(files)) != len(files):
        raise BundleError(f"{origin}: two segments share one file")
    for unit in manifest.units:
        if unit.segment not in files:
            raise BundleError(
                f"{origin}: the unit {unit.name!r} is in {unit.segment!r}, which is no segment"
            )
    return manifest


def format_manifest(manifest: Manifest) -> bytes:
    """The manifest as JSON that a person can read; the inverse of `parse_manifest`."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
