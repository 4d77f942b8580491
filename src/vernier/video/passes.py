"""A network at one native factor, ready to enlarge frames: plane by plane, or as RGB."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from vernier.errors import UsageError
from vernier.images.bicubic import CHROMA_RADIUS
from vernier.processors.discovery import find_processor, present_processors
from vernier.runtime.chain import Chain
from vernier.runtime.engine import Engine
from vernier.runtime.loading import Load, load_graph, load_network, load_plane, placed
from vernier.runtime.plane_graph import chroma_graph
from vernier.runtime.tiles import choose_tile
from vernier.video.colour import Colour, Reals, colour_of
from vernier.video.pixel_format import BT709, PixelFormat, chroma_shift
from vernier.video.plane_codes import Codes, ColourCodes, chroma_codes, luma_codes
from vernier.video.plane_runner import PlaneRunner
from vernier.video.planes import Plane, empty_frame, planes_of
from vernier.video.probing import Film
from vernier.video.reuse import Grid, fine_grid, grid

Samples = Plane | Reals


@dataclass(frozen=True)
class Picture:
    """What all frames of a film have in common.

    Attributes:
        height: in pixels.
        width: likewise.
        layout: of the planes.
        full_range: of the codes.
        siting: of chroma, of `pixel_format.SITINGS`.
        matrix: FFmpeg's `colorspace`, which networks of RGB need.
    """

    height: int
    width: int
    layout: PixelFormat
    full_range: bool
    siting: str
    matrix: int = BT709


def picture_of(film: Film) -> Picture:
    """What all frames of a film have in common."""
    return Picture(film.height, film.width, film.layout, film.full_range, film.siting, film.matrix)


@dataclass(frozen=True)
class Pass:
    """One native factor, loaded. What it reads of a frame, it enlarges one after the other.

    Attributes:
        layout: of the frames' planes.
        runners: of each thing that is read: of each plane, or of RGB.
        height: of the result.
        width: likewise.
        colour: how planes stand for RGB, for a network of that; None for one of luma.
    """

    layout: PixelFormat
    runners: tuple[PlaneRunner, ...]
    height: int
    width: int
    colour: Colour | None = None

    def read(self, frame: Any) -> tuple[Samples, ...]:
        """What is enlarged of a frame: its planes, or RGB `(H, W, 3)`."""
        planes = planes_of(frame, self.layout)
        return planes if self.colour is None else (self.colour.rgb(planes),)

    def blank(self) -> tuple[Any, tuple[Samples, ...]]:
        """A frame of the result's size, and what is to be filled for it."""
        frame = empty_frame(self.layout, self.height, self.width)
        if self.colour is None:
            return frame, planes_of(frame, self.layout)
        return frame, (np.empty((self.height, self.width, 3), np.float32),)

    def finish(self, frame: Any, results: tuple[Samples, ...]) -> None:
        """Put into a frame what was filled; planes are there already."""
        if self.colour is not None:
            self.colour.fill(planes_of(frame, self.layout), results[0])

    def whole(self, frame: Any) -> Any:
        """A frame enlarged, all of it."""
        made, targets = self.blank()
        for runner, source, target in zip(self.runners, self.read(frame), targets, strict=True):
            runner.compute(source, target, runner.fine.tiles)
        self.finish(made, targets)
        return made

    def agree(self) -> bool:
        """Whether small tiles give the bits of large ones (see `PlaneRunner.agree`)."""
        return all(runner.agree() for runner in dict.fromkeys(self.runners))

    def close(self) -> None:
        """Free the engines' memory."""
        for runner in dict.fromkeys(self.runners):
            runner.close()


def load_pass(
    engine: Engine,
    picture: Picture,
    size: tuple[int, int],
    memory_bytes: int,
    *,
    fine: bool,
    threads: int = 1,
) -> Pass:
    """A native factor ready to run.

    Args:
        engine: settled on a processor.
        picture: what frames have in common, but their size.
        size: height and width of what goes in.
        memory_bytes: for tiles.
        fine: compare frames on small tiles.
        threads: of the CPU.
    """
    height, width = size
    colour = None
    if engine.bundle.manifest.network.channels == 3:
        layout = picture.layout
        colour = colour_of(layout, picture.full_range, picture.siting, picture.matrix)
    settled = engine.processor
    load = placed(find_processor if settled is None else lambda _: settled, threads, False)
    own = (_luma if colour is None else _rgb)(engine, picture, load)
    channels = 1 if colour is None else 3
    coarse = _coarse(engine, height, width, channels, own.integers, memory_bytes)
    halo = engine.bundle.manifest.network.halo
    small = fine and halo is not None and engine.only_size is None
    tiles = fine_grid(height, width, halo or 0, engine.multiple) if small else coarse
    runners = [PlaneRunner(own.load, own.codes, coarse, tiles, engine.factor)]
    if colour is None and picture.layout.subsampling is not None:
        try:
            runners += 2 * [_chroma(engine, picture, size, fine, threads)]
        except BaseException:
            runners[0].close()
            raise
    factor = engine.factor
    return Pass(picture.layout, tuple(runners), height * factor, width * factor, colour)


@dataclass(frozen=True)
class _Ends:
    """How a network is loaded, and what goes in and out."""

    load: Callable[[int, int], Chain]
    codes: Codes
    integers: bool


def _luma(engine: Engine, picture: Picture, load: Load) -> _Ends:
    codes = luma_codes(picture.layout.bits, picture.full_range)

    def luma(height: int, width: int) -> Chain:
        full = picture.full_range
        return load_plane(engine.bundle, height, width, codes.integers, full, load)

    return _Ends(luma, codes, codes.integers)


def _rgb(engine: Engine, picture: Picture, load: Load) -> _Ends:
    bundle = engine.bundle
    graph = bundle.graph
    entry, end = (graph.types[name].quantization for name in (graph.inputs[0], graph.outputs[0]))
    if entry is not None and picture.layout.bits > 8:
        raise UsageError(
            f"{bundle.manifest.name} reads RGB of 8 bits, and the film has {picture.layout.bits}; "
            "name a float processor and its network in float, or one of luma"
        )
    return _Ends(
        lambda height, width: load_network(bundle, height, width, load),
        ColourCodes(entry, end),
        False,
    )


def _chroma(
    engine: Engine, picture: Picture, size: tuple[int, int], fine: bool, threads: int
) -> PlaneRunner:
    layout = picture.layout
    assert layout.subsampling is not None
    height, width = layout.plane_size(1, *size)
    shift = chroma_shift(picture.siting, layout.subsampling, engine.factor)
    codes = chroma_codes(layout.bits)
    processor = _float_processor(engine)
    load = placed(lambda _: processor, threads, False)
    whole = grid(height, width, height, width, CHROMA_RADIUS, 1)

    def chroma(tile_height: int, tile_width: int) -> Chain:
        graph = chroma_graph(tile_height, tile_width, engine.factor, shift, codes.integers)
        return load_graph(graph, str(processor.id), load)

    small = fine_grid(height, width, CHROMA_RADIUS, 1) if fine else whole
    return PlaneRunner(chroma, codes, whole, small, engine.factor)


def _float_processor(engine: Engine) -> Any:
    """Where chroma is enlarged: in float32 on the CPU, by the network's engine if it can."""
    own = engine.processors[0].engine
    found = [p for p in present_processors() if (p.id.device, p.id.precision) == ("cpu", "float32")]
    if not found:
        raise UsageError("enlarging chroma needs a float32 processor on the CPU; none is here")
    return next((p for p in found if p.id.engine == own), found[0])


def _coarse(
    engine: Engine, height: int, width: int, channels: int, codes: bool, memory_bytes: int
) -> Grid:
    """Tiles as large as a worker's memory allows."""
    halo = engine.bundle.manifest.network.halo
    if halo is None or engine.only_size is not None:
        return grid(height, width, height, width, 0, 1)
    needs = engine.bytes_of_tiles(channels, codes)
    step = engine.multiple
    chosen = choose_tile(
        height, width, halo, 1, needs.per_pixel, memory_bytes, None, step, needs.fixed
    )
    return grid(height, width, chosen.height, chosen.width, halo, step)
