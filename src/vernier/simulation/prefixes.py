"""States on the way through a network, kept for the next split that begins in the same way.

A search judges splits that differ in a unit or a run of units; what lies before the first
difference need not be computed again.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

Held = Mapping[str, Tensor]


class KeptPrefixes:
    """Activations after some units of earlier splits, for one input and unchanged weights.

    Args:
        most_bytes: that are kept; what was used longest ago goes first.
        stride: the state after every so many units is kept.
    """

    def __init__(self, most_bytes: int, stride: int = 1) -> None:
        self._most_bytes, self._stride = most_bytes, max(1, stride)
        self._states: OrderedDict[tuple[Any, ...], dict[str, Tensor]] = OrderedDict()
        # States share tensors: a skip connection's is in many of them.
        self._uses: Counter[int] = Counter()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._states)

    def longest(self, path: Sequence[Any]) -> tuple[int, dict[str, Tensor]]:
        """How many units of a path need not be computed, and the activations after them.

        Args:
            path: what each unit computes, in order; equal things compute alike.

        Returns:
            0 and nothing where no beginning of it is known.
        """
        found = 0
        for count in range(self._stride, len(path), self._stride):
            key = tuple(path[:count])
            if key in self._states:
                self._states.move_to_end(key)
                found = count
        return found, dict(self._states[tuple(path[:found])]) if found else {}

    def keep(self, path: Sequence[Any], held: Held) -> None:
        """Remember the activations after the units of a path, if it is the stride's turn."""
        key = tuple(path)
        if len(path) % self._stride or key in self._states:
            return
        self._states[key] = dict(held)
        for tensor in held.values():
            # By storage: a view keeps all of what it looks at.
            storage = tensor.untyped_storage()
            self._uses[storage.data_ptr()] += 1
            if self._uses[storage.data_ptr()] == 1:
                self.bytes += storage.nbytes()
        while self.bytes > self._most_bytes and self._states:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        _, held = self._states.popitem(last=False)
        for tensor in held.values():
            storage = tensor.untyped_storage()
            self._uses[storage.data_ptr()] -= 1
            if self._uses[storage.data_ptr()] == 0:
                del self._uses[storage.data_ptr()]
                self.bytes -= storage.nbytes()
