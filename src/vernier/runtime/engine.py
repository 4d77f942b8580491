"""One native factor of an upscaler: its bundles, where they run, and what is loaded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vernier.bundles.bundle import Bundle, open_bundle
from vernier.bundles.shipped import shipped_bundles, shipped_networks
from vernier.errors import BundleError, UsageError
from vernier.graphs.receptive_field import size_multiple
from vernier.graphs.shapes import resized
from vernier.processor_id import ProcessorId
from vernier.processors.discovery import find_processor
from vernier.processors.protocol import Processor
from vernier.progress import Progress, silent
from vernier.runtime.chain import Chain
from vernier.runtime.choice import Choice, Prefer
from vernier.runtime.choosing import chosen_for, only_size, require_right
from vernier.runtime.loading import load_picture, placed, wrapped_network
from vernier.runtime.memory import activation_bytes, weight_bytes


@dataclass(frozen=True)
class TileBytes:
    """Memory that one worker needs, in bytes.

    Attributes:
        fixed: whatever its tile: the weights, in the engine's forms.
        per_pixel: of its tile, in low-resolution pixels.
    """

    fixed: float
    per_pixel: float


@dataclass
class Engine:
    """One native factor.

    Attributes:
        factor: whole enlargement.
        bundles: by the precision of their files; one alone where it says itself where it runs.
        processor: what was settled on; None while nothing was, and for a bundle that says itself.
        choice: how it was chosen, where that was left to Vernier.
        loaded: the shape that chains are loaded for, and the chains.
        tile_bytes: what a tile needs, by bundle, samples and format.
    """

    factor: int
    bundles: dict[str, Bundle]
    processor: Processor | None = None
    choice: Choice | None = None
    loaded: tuple[tuple[Any, ...], list[Chain]] | None = None
    tile_bytes: dict[tuple[str, int, bool], TileBytes] = field(default_factory=dict)

    @property
    def bundle(self) -> Bundle:
        """The bundle that runs."""
        if self.processor is None:
            return next(iter(self.bundles.values()))
        return self.bundles[self.processor.id.model_precision]

    @property
    def processors(self) -> tuple[ProcessorId, ...]:
        """All processors that take part."""
        if self.processor is not None:
            return (self.processor.id,)
        return tuple(ProcessorId.parse(n) for n in dict.fromkeys(self.bundle.processors.values()))

    @property
    def only_size(self) -> tuple[int, int] | None:
        """The height and width of the pictures that it takes; None where it takes any."""
        return only_size(self.bundle)

    @property
    def multiple(self) -> int:
        """What the sides of its pictures and tiles are multiples of."""
        return size_multiple(self.bundle.graph)

    def settle(
        self,
        asked: Processor | None,
        threads: int,
        prefer: Prefer = Prefer.QUALITY,
        *,
        allow_inexact: bool = False,
        allow_fallback: bool = False,
        progress: Progress = silent,
    ) -> None:
        """Decide which processor runs it, and that its numbers are right here.

        Args:
            asked: by the user; None to measure once and remember.
            threads: that it may use.
            prefer: what a choice may give away for speed.
            allow_inexact: run what the user or the bundle names even where its numbers are wrong.
            allow_fallback: see `Processor.load`.
            progress: called while processors are tried.

        Raises:
            UsageError: the bundle says itself where it runs, or is of another precision.
            ProcessorError: what was named is not here or not sound, or nothing is.
        """
        pinned = next((b for b in self.bundles.values() if b.pinned), None)
        if pinned is not None:
            if asked is not None:
                raise UsageError(
                    f"{pinned.manifest.name} says itself where its parts run; "
                    f"leave out --processor {asked.id}"
                )
            if not allow_inexact:
                require_right(pinned, tuple(map(find_processor, self.processors)), allow_fallback)
            return
        if asked is None:
            self.choice = chosen_for(self.bundles, threads, prefer, progress)
            self.processor = find_processor(self.choice.chosen)
            return
        precision = asked.id.model_precision
        if precision not in self.bundles:
            raise UsageError(
                f"{asked.id} needs an {precision} bundle, there is {' and '.join(self.bundles)}"
            )
        if not allow_inexact:
            require_right(self.bundles[precision], (asked,), allow_fallback)
        self.processor = asked

    def chains(
        self, shape: tuple[int, int, int, bool], count: int, threads: int, allow_fallback: bool
    ) -> list[Chain]:
        """Chains for tiles of a shape, loaded where they are not.

        Args:
            shape: height, width, samples per pixel, and whether they are 8-bit codes.
            count: how many.
            threads: of each.
            allow_fallback: see `Processor.load`.
        """
        if self.loaded is not None and self.loaded[0] == (*shape, count):
            return self.loaded[1]
        self.close()
        settled = self.processor
        load = placed(
            find_processor if settled is None else lambda _: settled, threads, allow_fallback
        )
        height, width, channels, codes = shape
        chains: list[Chain] = []
        try:
            while len(chains) < count:
                chains.append(load_picture(self.bundle, height, width, channels, codes, load))
        except BaseException:
            for chain in chains:
                chain.close()
            raise
        self.loaded = ((*shape, count), chains)
        return chains

    def bytes_of_tiles(self, channels: int, codes: bool) -> TileBytes:
        """What a tile is reckoned to take."""
        bundle = self.bundle
        key = (bundle.manifest.name, channels, codes)
        if key not in self.tile_bytes:
            side = math.lcm(64, self.multiple)
            height, width = self.only_size or (side, side)
            graph = resized(bundle.graph, height, width)
            wrapped = wrapped_network(graph, bundle.manifest.network.scale, channels, codes)
            grows = max(activation_bytes(wrapped, processor) for processor in self.processors)
            fixed = max(weight_bytes(wrapped, processor) for processor in self.processors)
            self.tile_bytes[key] = TileBytes(fixed, grows / (height * width))
        return self.tile_bytes[key]

    def close(self) -> None:
        """Free the engines' memory."""
        if self.loaded is not None:
            for chain in self.loaded[1]:
                chain.close()
            self.loaded = None


def native_scale(network: str, bundle: Bundle | str | Path | None = None) -> int:
    """The scale that a network, or a bundle, is used with where none is asked for.

    Args:
        network: a network that comes with Vernier, where there is no bundle.
        bundle: opened, or its path.

    Returns:
        The bundle's own; of a network 2, or its smallest where it has no 2.

    Raises:
        NetworkError: there is no such network.
        BundleError: the bundle is not sound.
    """
    if bundle is not None:
        opened = bundle if isinstance(bundle, Bundle) else open_bundle(Path(bundle))
        return opened.manifest.network.scale
    factors = shipped_networks().get(network, ())
    if not factors:
        shipped_bundles(network, 2)  # raises, and says what there is
    return 2 if 2 in factors else min(factors)


def shipped_engines(network: str, scale: float) -> list[Engine]:
    """The passes that a scale needs of a network that comes with Vernier.

    Raises:
        NetworkError: there is no such network.
    """
    factors = shipped_networks().get(network, ())
    if not factors:
        shipped_bundles(network, 2)  # raises, and says what there is
    return _engines(
        {
            factor: {
                precision: open_bundle(path)
                for precision, path in shipped_bundles(network, factor).items()
            }
            for factor in _passes(factors, scale)
        },
        scale,
    )


def bundle_engines(bundle: Bundle, scale: float) -> list[Engine]:
    """The passes that a scale needs of one bundle.

    Raises:
        BundleError: it does not enlarge.
    """
    precision = ProcessorId.parse(bundle.segments[0].entry.processor).precision
    return _engines({bundle.manifest.network.scale: {precision: bundle}}, scale)


def _engines(available: dict[int, dict[str, Bundle]], scale: float) -> list[Engine]:
    engines = {factor: Engine(factor, bundles) for factor, bundles in available.items()}
    # A factor that is needed twice is loaded once.
    return [engines[factor] for factor in _passes(tuple(available), scale)]


def _passes(factors: Sequence[int], scale: float) -> list[int]:
    """Native factors whose product is the least that reaches a scale; few passes before many."""
    single = [factor for factor in sorted(factors) if factor >= scale]
    if single:
        return single[:1]
    largest = max(factors)
    if largest < 2:
        raise BundleError(f"a network of scale {largest} cannot enlarge by {scale}")
    return [largest, *_passes(factors, scale / largest)]
