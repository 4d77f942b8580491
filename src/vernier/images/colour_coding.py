"""What a PNG says about its colours without a profile: gAMA and cHRM become one, cICP is kept.

Sources: PNG (Third Edition), 4.3 (which one counts), 11.3.2; ITU-T H.273 (the numbers of cICP);
ICC.1:2001-04 (profiles); Bradford's adaptation as in ICC.1:2010, E.3.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

# White, red, green, blue, x and y, in 100000ths; and gamma: what sRGB says of itself.
SRGB_CHROMATICITIES = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
SRGB_GAMMA = 45455
CLOSE, CLOSE_GAMMA = 300, 500
D50 = np.array([0.9642, 1.0, 0.8249])
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
SRGB_CICP = (1, 13, 0, 1)
TRANSFERS = {16: "PQ", 18: "HLG", 8: "linear", 13: "sRGB", 1: "BT.709", 14: "BT.2020"}


def from_chunks(
    chunks: dict[bytes, bytes], channels: int, notes: list[str]
) -> tuple[bytes, bytes | None]:
    """A profile and a cICP from a PNG's chunks, where it has no profile of its own.

    Args:
        chunks: by kind.
        channels: 1 or 3.
        notes: gets sentences on what was done.

    Returns:
        An ICC profile, empty for sRGB; and the cICP chunk, None where it says sRGB or is missing.
    """
    cicp = chunks.get(b"cICP")
    if cicp is not None and len(cicp) == 4:
        if tuple(cicp) == SRGB_CICP:
            return b"", None
        coding = TRANSFERS.get(cicp[1], f"number {cicp[1]}")
        notes.append(
            f"its colours are coded by cICP (transfer {coding}, primaries {cicp[0]}); the samples "
            "are enlarged as they are"
        )
        return b"", cicp
    if b"sRGB" in chunks:
        return b"", None
    gamma = _whole(chunks.get(b"gAMA"), 1)
    places = _whole(chunks.get(b"cHRM"), 8)
    if gamma is None and places is None:
        return b"", None
    encoding = gamma[0] if gamma else SRGB_GAMMA
    points = places or SRGB_CHROMATICITIES
    is_srgb = abs(encoding - SRGB_GAMMA) <= CLOSE_GAMMA and (
        channels == 1
        or all(abs(a - b) <= CLOSE for a, b in zip(points, SRGB_CHROMATICITIES, strict=True))
    )
    if is_srgb:
        return b"", None
    profile = _profile(encoding, points, channels)
    if not profile:
        notes.append("its gAMA or cHRM chunk makes no sense and was left out")
        return b"", None
    notes.append(f"its gamma of {encoding / 100000:g} is kept as a colour profile")
    return profile, None


def _whole(chunk: bytes | None, count: int) -> tuple[int, ...] | None:
    if chunk is None or len(chunk) != 4 * count:
        return None
    return struct.unpack(f">{count}I", chunk)


def _profile(encoding: int, points: tuple[int, ...], channels: int) -> bytes:
    """A display profile of primaries and a gamma; empty where they make no sense."""
    if not 4000 <= encoding <= 1_000_000:
        return b""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(100000 / encoding * 256)) + bytes(2)
    if channels == 1:
        return _icc(b"GRAY", {b"wtpt": _xyz(D50), b"kTRC": curve})
    columns = _colorants(np.array(points, np.float64).reshape(4, 2) / 100000)
    if columns is None:
        return b""
    tags = {b"wtpt": _xyz(D50)}
    for name, column in zip((b"r", b"g", b"b"), columns.T, strict=True):
        tags[name + b"XYZ"], tags[name + b"TRC"] = _xyz(column), curve
    return _icc(b"RGB ", tags)


def _colorants(points: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """XYZ of the primaries under D50, one a column."""
    if (points[:, 1] <= 0).any() or (points > 1.2).any():
        return None
    xyz = np.stack([points[:, 0], points[:, 1], 1 - points.sum(axis=1)]) / points[:, 1]
    white, primaries = xyz[:, 0], xyz[:, 1:]
    if abs(np.linalg.det(primaries)) < 1e-6 or (BRADFORD @ white <= 0).any():
        return None
    scaled = primaries * np.linalg.solve(primaries, white)
    cones = np.diag((BRADFORD @ D50) / (BRADFORD @ white))
    adapted = np.linalg.inv(BRADFORD) @ cones @ BRADFORD @ scaled
    return adapted if np.abs(adapted).max() < 4 else None


def _xyz(values: NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">iii", *(round(float(v) * 65536) for v in values))


def _icc(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    text = b"gAMA and cHRM of a PNG"
    name = b"desc" + bytes(4) + struct.pack(">I", len(text) + 1) + text + b"\0" + bytes(12 + 67)
    bodies = {b"desc": name, b"cprt": b"text" + bytes(4) + b"no copyright\0", **tags}
    offset = 128 + 4 + 12 * len(bodies)
    table, data = b"", b""
    for tag, body in bodies.items():
        table += tag + struct.pack(">II", offset + len(data), len(body))
        data += body + bytes(-len(body) % 4)
    head = struct.pack(
        ">I4sI4s4s4s", offset + len(data), b"\0" * 4, 0x02400000, b"mntr", space, b"XYZ "
    )
    head += bytes(12) + b"acsp" + bytes(28) + _xyz(D50)[8:]
    return head.ljust(128, b"\0") + struct.pack(">I", len(bodies)) + table + data
