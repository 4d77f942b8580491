"""`site.json`: what a site holds and how its page runs it.

`page/app/types.js` says the same to the page.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Tensor(msgspec.Struct, frozen=True, kw_only=True):
    """A tensor that crosses between steps, or the picture or result.

    Attributes:
        name: unique in its form.
        dtype: "float32", "int8" or "uint8".
        channels: of a pixel.
        scale: of its codes; 0 where it has none.
        zero_point: of its codes.
    """

    name: str
    dtype: str
    channels: int
    scale: float
    zero_point: int


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """A `.tflite` file with the same inputs and outputs as a segment's, faster where it fits.

    Attributes:
        file: its path in the site.
        sizes: see `resizable.Resizable.rules`.
        step: likewise.
    """

    file: str
    sizes: tuple[tuple[int, int, int, int], ...]
    step: int


class Segment(msgspec.Struct, frozen=True, kw_only=True, tag="segment", tag_field="kind"):
    """A `.tflite` file that runs as one.

    Attributes:
        file: its path in the site.
        asked: the processor that the bundle's manifest names.
        precision: what the file holds, "float32" or "int8".
        inputs: in the file's order.
        outputs: in the file's order.
        sizes: see `resizable.Resizable.rules`.
        step: likewise.
        even: for pictures of even height and width, where that is another file.
    """

    file: str
    asked: str
    precision: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    sizes: tuple[tuple[int, int, int, int], ...]
    step: int
    even: Fitted | None


class Conversion(msgspec.Struct, frozen=True, kw_only=True, tag="conversion", tag_field="kind"):
    """A tensor that is converted between two segments."""

    source: Tensor
    target: Tensor


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A tensor of the self-test: where its samples are in the form's file of tests."""

    name: str
    dtype: str
    offset: int
    count: int


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A network from picture to picture, in steps.

    Attributes:
        input: "picture": codes of 8 bits, or float32 in [0, 1].
        padded: the same picture with `padding` more pixels on each side, mirrored with the border
            repeated; null where no step reads it.
        padding: in pixels.
        output: "result", likewise; float32 is neither clipped nor rounded.
        steps: in their order.
        tests: tensors at `test_size`, computed where the site was made.
        tests_file: path of their samples in the site.
        test_size: height and width of their picture.
    """

    input: Tensor
    padded: Tensor | None
    padding: int
    output: Tensor
    steps: tuple[Segment | Conversion, ...]
    tests: tuple[Stored, ...]
    tests_file: str
    test_size: tuple[int, int]


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """One bundle of a site.

    Attributes:
        id: the name of its folder.
        name: for people.
        scale: whole factor.
        halo: in low-resolution pixels; null where the picture cannot be tiled.
        multiple: sides of pictures and tiles are multiples of it.
        only_size: height and width, where it takes no others.
        bytes_per_pixel: of a tile, as reckoned for WASM.
        codes: from 8 bits to 8 bits, for WASM.
        floats: with float32 at both ends, for WebGPU; null where nothing in it is float.
        note: of the bundle.
        psnr_to_float_db: what the bundle's manifest says.
    """

    id: str
    name: str
    scale: int
    halo: int | None
    multiple: int
    only_size: tuple[int, int] | None
    bytes_per_pixel: float
    codes: Form
    floats: Form | None
    note: str
    psnr_to_float_db: float | None


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """The whole.

    Attributes:
        format: of this file.
        made_by: Vernier's version.
        litert_js: version of LiteRT.js.
        machine: where the self-test's numbers were computed.
        networks: the first is what the page begins with.
    """

    format: Literal[1]
    made_by: str
    litert_js: str
    machine: str
    networks: tuple[Network, ...]
