"""A network on bare planes, without colour around it: what evaluation and calibration need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vernier.bundles.bundle import Bundle
from vernier.quantization.scales import decode, encode
from vernier.runtime.chain import Chain
from vernier.runtime.loading import Load, load_network


class PlaneUpscaler:
    """Runs a bundle on whole planes of any size; loads anew when the size changes.

    Args:
        bundle: of any network.
        load: see `loading.placed`.
    """

    def __init__(self, bundle: Bundle, load: Load) -> None:
        self._bundle, self._load = bundle, load
        self._size: tuple[int, int] | None = None
        self._chain: Chain | None = None
        whole = bundle.graph
        self._entry = whole.types[whole.inputs[0]].quantization
        self._exit = whole.types[whole.outputs[0]].quantization

    @property
    def channels(self) -> int:
        """1 for a network of luma, 3 for one of RGB."""
        return self._bundle.manifest.network.channels

    def __call__(self, low: NDArray[np.float32]) -> NDArray[np.float32]:
        """Planes `(h, w, channels)`, float32 in [0, 1], to `(scale*h, scale*w, channels)`.

        The result is float32 and not clipped.
        """
        size = (low.shape[0], low.shape[1])
        if self._chain is None or self._size != size:
            self.close()
            self._chain = load_network(self._bundle, *size, self._load)
            self._size = size
        self._chain.input_buffer()[0] = low if self._entry is None else encode(low, self._entry)
        result = self._chain.run()[0]
        return result.copy() if self._exit is None else decode(result, self._exit)

    def close(self) -> None:
        """Free the engine's memory."""
        if self._chain is not None:
            self._chain.close()
            self._chain = None
