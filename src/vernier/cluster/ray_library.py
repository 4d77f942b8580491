"""Ray, imported late and told to be quiet."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from vernier.cpu import usable_cores
from vernier.errors import MissingExtraError, ProcessorError, UsageError

LOCAL = "local"
HEAD_SECONDS = 10.0
"""That a cluster's head may take to answer, before it is held to have gone. Ray's own patience is a
minute, after which it ends the process without a word."""
QUIET = {
    # No report of its use to its makers.
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "RAY_DEDUP_LOGS": "0",
}
CONNECT_SECONDS = 5.0
SETTINGS = b"\x04"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0" + SETTINGS + b"\0" * 5
"""What a client of HTTP/2, which Ray speaks, begins with; a server answers with its settings, which
is the fourth byte of a frame's head (RFC 9113, 3.4 and 4.1)."""
_ADDRESS = re.compile(r"(?P<host>[^\s/:]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})", re.ASCII)
_OTHER_VERSION = re.compile(
    r"started with:\s*Ray: (\S+)\s*Python: (\S+).*started with:\s*Ray: (\S+)\s*Python: ([\d.]+)",
    re.DOTALL,
)

T = TypeVar("T")


class HeadGoneError(ProcessorError):
    """The head of a cluster does not answer any more."""


def answer_of_head(ask: Callable[[], T], address: str) -> T:
    """What a call to the head gives; such calls wait for a head that has gone.

    Raises:
        HeadGoneError: there is no answer within `HEAD_SECONDS`.
    """
    answers: list[T] = []

    def asking() -> None:
        with contextlib.suppress(Exception):
            answers.append(ask())

    # Not waited for when the process ends: it may wait for a minute itself.
    thread = threading.Thread(target=asking, daemon=True, name="asks the head")
    thread.start()
    thread.join(HEAD_SECONDS)
    if not answers:
        raise HeadGoneError(
            f"{address}: the head of the cluster has gone; what is done is kept. Start one with "
            "ray start --head, and give the same command again: it goes on from there"
        )
    return answers[0]


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
        UsageError: it is no address.
        ProcessorError: there is no cluster, not at that address, or one of another version.
    """
    _check_address(address)
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
        raise ProcessorError(_why_not(address, str(error))) from error
    try:
        with contextlib.suppress(ValueError):
            signal.signal(signal.SIGTERM, handler)
        yield ray
    finally:
        ray.shutdown()


def _check_address(address: str) -> None:
    """Refuse at once what Ray would try for minutes.

    Raises:
        UsageError: it is no address.
        ProcessorError: nothing listens there.
    """
    if address == LOCAL:
        return
    match = _ADDRESS.fullmatch(address)
    if match is None or not 0 < int(match["port"]) < 65536:
        raise UsageError(f"expected a cluster as HOST:6379, or local, found {address!r}")
    place = match["host"].strip("[]"), int(match["port"])
    try:
        with socket.create_connection(place, CONNECT_SECONDS) as connection:
            connection.sendall(PREFACE)
            greeting = connection.recv(9, socket.MSG_WAITALL)
    except OSError as error:
        raise ProcessorError(_why_not(address, error.strerror or str(error))) from error
    if greeting[3:4] != SETTINGS and os.environ.get("RAY_USE_TLS", "0") != "1":
        raise ProcessorError(_why_not(address, "something else listens there"))


def _why_not(address: str, error: str) -> str:
    versions = _OTHER_VERSION.search(error)
    if versions is not None:
        theirs, ours = versions.groups()[:2], versions.groups()[2:]
        return (
            f"{address}: the cluster has Ray {theirs[0]} on Python {theirs[1]}, here is Ray "
            f"{ours[0]} on Python {ours[1]}; all machines of a cluster need the same of both"
        )
    why = " ".join(error.split())
    if "Failed to connect" in why:
        why += "; does it need another token, in RAY_AUTH_TOKEN?"
    return (
        f"{address}: no Ray cluster answers there ({why[:200]}); start one with "
        "ray start --head, and name it as HOST:6379, or use --cluster local"
    )
