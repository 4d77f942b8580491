"""Ray, imported late and told to be quiet."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import signal
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vernier.cpu import usable_cores
from vernier.errors import MissingExtraError, ProcessorError

LOCAL = "local"
QUIET = {
    # No report of its use to its makers.
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "RAY_DEDUP_LOGS": "0",
}


def ray_library(address: str) -> Any:
    """The module, imported for a cluster at an address.

    Raises:
        MissingExtraError: it is not installed.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    # Ray looks for these once, when it is imported.
    kept = (Path.home() / ".ray" / "auth_token").exists()
    if address == LOCAL and not kept and "ray" not in sys.modules:
        # Or it would put a secret of its own into the user's home.
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    if kept or "RAY_AUTH_TOKEN" in os.environ:
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import ray
    except ImportError as error:
        raise MissingExtraError("ray", "cluster", "working on a cluster") from error
    return ray


@contextlib.contextmanager
def connected(address: str) -> Iterator[Any]:
    """Ray, connected to a cluster, or to one of this machine alone for "local".

    Raises:
        ProcessorError: there is no cluster, or not at that address.
    """
    ray = ray_library(address)
    options: dict[str, Any] = {
        "log_to_driver": False,
        "logging_level": logging.CRITICAL,
        "configure_logging": True,
        "namespace": "vernier",
    }
    if address == LOCAL:
        options |= {
            "address": LOCAL,
            "num_cpus": usable_cores(),
            "include_dashboard": False,
        }
    else:
        options["address"] = address
    # Ray takes SIGTERM for itself; how a command ends is the command line's matter.
    handler = signal.getsignal(signal.SIGTERM)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ray.init(**options)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        why = " ".join(str(error).split())
        raise ProcessorError(
            f"{address}: no Ray cluster answers there ({why[:200]}); start one with "
            "ray start --head, and name it as HOST:6379, or use --cluster local"
        ) from error
    try:
        with contextlib.suppress(ValueError):
            signal.signal(signal.SIGTERM, handler)
        yield ray
    finally:
        ray.shutdown()
