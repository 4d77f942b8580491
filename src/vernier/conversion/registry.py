"""The ways to convert, by name, and which of them to take."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from vernier.conversion.arithmetic import Arithmetic
from vernier.conversion.blocked import Blocked
from vernier.conversion.engine import Engine, Load
from vernier.conversion.look_up import LookUp
from vernier.conversion.measuring import remembered_fastest
from vernier.conversion.open_cl import OpenCl
from vernier.conversion.protocol import Conversion, Method
from vernier.errors import UsageError
from vernier.graphs.graph import Quantization

METHODS: Mapping[str, Method] = MappingProxyType(
    {method.name: method for method in (Blocked(), OpenCl(), Arithmetic(), LookUp())}
)
"""Those that need no engine. Of two as fast as each other, the earlier is taken."""

ENGINE = Engine.name


def find_method(name: str, load: Load | None = None) -> Method:
    """A method by its name.

    Args:
        name: one of `METHODS`, or "engine".
        load: what makes a `.tflite` file ready to run; only "engine" needs it.

    Raises:
        UsageError: there is none of that name, or "engine" is asked for without an engine.
    """
    if name == ENGINE:
        if load is None:
            raise UsageError(f"the conversion {ENGINE!r} needs an engine to load its operators")
        return Engine(load)
    if name not in METHODS:
        known = ", ".join([*METHODS, ENGINE])
        raise UsageError(f"expected a conversion method, one of {known}; found {name!r}")
    return METHODS[name]


@functools.cache
def fastest_method() -> Method:
    """The fastest of `METHODS` on this machine, timed once and remembered."""
    return METHODS[remembered_fastest(tuple(METHODS.values()))]


class _Fastest:
    """`fastest_method`, found when something is converted: finding it may be a timing."""

    @property
    def name(self) -> str:
        return fastest_method().name

    def availability(self) -> tuple[bool, str]:
        return fastest_method().availability()

    def prepare(
        self,
        source: NDArray[Any],
        source_quantization: Quantization | None,
        target: NDArray[Any],
        target_quantization: Quantization | None,
    ) -> Conversion:
        return fastest_method().prepare(source, source_quantization, target, target_quantization)


def default_method() -> Method:
    """What a chain of segments takes unless told otherwise: `fastest_method`, found when needed."""
    return _Fastest()
