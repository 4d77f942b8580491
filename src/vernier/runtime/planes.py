"""A luma network on bare luma planes: what evaluation and calibration need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vernier.bundles.bundle import Bundle
from vernier.errors import UsageError
from vernier.quantization.scales import decode, encode
from vernier.runtime.chain import Chain
from vernier.runtime.loading import Load, load_network


class LumaUpscaler:
    """Runs a luma bundle on whole planes of any size; loads anew when the size changes.

    Args:
        bundle: of one channel.
        load: see `chain.placed`.

    Raises:
        UsageError: the bundle's network takes RGB.
    """

    def __init__(self, bundle: Bundle, load: Load) -> None:
        if bundle.manifest.network.channels != 1:
            raise UsageError(f"{bundle.manifest.name}: expected a luma network, found an RGB one")
        self._bundle, self._load = bundle, load
        self._size: tuple[int, int] | None = None
        self._chain: Chain | None = None
        whole = bundle.graph
        self._entry = whole.types[whole.inputs[0]].quantization
        self._exit = whole.types[whole.outputs[0]].quantization

    def __call__(self, low: NDArray[np.float32]) -> NDArray[np.float32]:
        """Luma `(h, w)` float32 in [0, 1] to `(scale*h, scale*w)` float32, not clipped."""
        if self._chain is None or self._size != low.shape:
            self.close()
            self._chain = load_network(self._bundle, low.shape[0], low.shape[1], self._load)
            self._size = low.shape
        coded = low if self._entry is None else encode(low, self._entry)
        self._chain.input_buffer()[0, :, :, 0] = coded
        result = self._chain.run()[0, :, :, 0]
        return result.copy() if self._exit is None else decode(result, self._exit)

    def close(self) -> None:
        """Free the engine's memory."""
        if self._chain is not None:
            self._chain.close()
            self._chain = None
