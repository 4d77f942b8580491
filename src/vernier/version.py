"""The version of Vernier, for results and bundles."""

from importlib.metadata import version

VERSION = version("vernier-sr")
