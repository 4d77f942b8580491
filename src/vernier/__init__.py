"""Vernier: super-resolution on machines with float processors and INT8 accelerators."""

from vernier import version

__version__ = version.VERSION

__all__ = ["__version__"]
