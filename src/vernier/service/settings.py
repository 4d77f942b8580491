"""What a service allows, and what it computes with."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, fields
from pathlib import Path

from vernier.errors import UsageError

LEAST_TOKEN_LENGTH = 16


@dataclass(frozen=True)
class Limits:
    """What one service takes on; each refusal names the limit that it met.

    Attributes:
        upload_bytes: of a picture's file.
        pixels: of a picture, which a file of a few kilobytes can claim billions of.
        result_pixels: of what it becomes.
        scale: largest enlargement.
        queue: pictures that may wait or be on their way in, besides those being computed.
        connections: open at once.
        jobs: kept at once, finished ones too.
        headers_s: for a request's headers to arrive, once it has begun.
        body_s: for its body.
        stall_s: that a client may take no byte of its answer.
        picture_s: for computing a picture that its client waits for.
        job_s: for computing a job's picture.
        keep_s: that a finished job's result is kept.
        worker_bytes: of memory that a worker process may take.
        stop_s: that pictures begun may take to finish when the service is stopped.
    """

    upload_bytes: int = 64 << 20
    pixels: int = 50_000_000
    result_pixels: int = 200_000_000
    scale: float = 8.0
    queue: int = 128
    connections: int = 1024
    jobs: int = 256
    headers_s: float = 20.0
    body_s: float = 60.0
    stall_s: float = 20.0
    picture_s: float = 60.0
    job_s: float = 3600.0
    keep_s: float = 3600.0
    worker_bytes: int = 4 << 30
    stop_s: float = 30.0

    def __post_init__(self) -> None:
        """All of them are above zero; only the queue may be empty.

        Raises:
            UsageError: one is not.
        """
        for one in fields(self):
            value = getattr(self, one.name)
            if value < 0 or (value == 0 and one.name != "queue"):
                raise UsageError(f"expected a limit of {one.name} above 0, found {value}")


@dataclass(frozen=True)
class ServiceSettings:
    """What a service is.

    Attributes:
        host: address to listen at.
        port: likewise; 0 for a free one.
        token: that each request must carry; None where anyone on this machine may ask.
        network: that enlarges.
        bundle: to run instead.
        processor: its name, or "auto".
        prefer: what "auto" may give away.
        workers: processes that compute; each has all that the network needs for itself.
        threads: of the CPU, of each worker; 0 to share the cores out.
        memory_bytes: for the tiles of each worker; None as `Upscaler`.
        limits: see there.
    """

    host: str = "127.0.0.1"
    port: int = 8077
    token: str | None = field(default=None, repr=False)
    network: str = "sesr-m5"
    bundle: Path | None = None
    processor: str = "auto"
    prefer: str = "quality"
    workers: int = 1
    threads: int = 0
    memory_bytes: int | None = None
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        """Refuse to be open to others without a token.

        Raises:
            UsageError: no token, or too short a one; no worker.
        """
        if self.token is None and not is_loopback(self.host):
            raise UsageError(
                f"{self.host}: others reach that address, so a token is needed: put one of at "
                f"least {LEAST_TOKEN_LENGTH} characters into a file for --token-file or into "
                "VERNIER_TOKEN, or listen at 127.0.0.1"
            )
        if self.token is not None and (
            len(self.token) < LEAST_TOKEN_LENGTH
            or not self.token.isascii()
            or not self.token.isprintable()
            or " " in self.token
        ):
            raise UsageError(
                f"expected a token of at least {LEAST_TOKEN_LENGTH} printable ASCII characters "
                "without spaces; make one with: python -c 'import secrets; "
                "print(secrets.token_urlsafe())'"
            )
        if self.workers < 1:
            raise UsageError(f"expected at least one worker, found {self.workers}")
        if not 0 <= self.port <= 65535:
            raise UsageError(f"expected a port from 0 to 65535, found {self.port}")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address; of names only localhost is taken for it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
