"""`vernier.serve`: the service, until a signal stops it."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from vernier.errors import MissingExtraError, ProcessorError, UsageError
from vernier.runtime.engine import native_scale
from vernier.service.settings import Limits, ServiceSettings

IDLE_SECONDS = 30
"""Between two requests of one connection."""
BACKLOG = 2048


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8077,
    token: str | None = None,
    network: str = "sesr-m5",
    bundle: str | Path | None = None,
    processor: str = "auto",
    prefer: Literal["quality", "speed"] = "quality",
    workers: int = 1,
    threads: int = 0,
    memory_bytes: int | None = None,
    limits: Limits | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve pictures over HTTP; returns when SIGINT or SIGTERM stopped it.

    On a signal nothing new is taken, what clients wait for is finished, jobs are given up.

    Args:
        host: address to listen at. Any but this machine's own needs a token.
        port: 0 for a free one.
        token: that each request must carry, as `Authorization: Bearer TOKEN`.
        network: one that comes with Vernier.
        bundle: to run instead.
        processor: `ENGINE:DEVICE:PRECISION`, or "auto".
        prefer: what "auto" may give away, as `Upscaler`.
        workers: processes that compute, one picture at a time each.
        threads: of the CPU, of each worker; 0 to share the cores out.
        memory_bytes: for the tiles of each worker; None as `Upscaler`.
        limits: what is taken on; usual ones if absent.
        say: told where it listens.

    Raises:
        UsageError: an address of others without a token, or one that cannot be listened at.
        NetworkError, BundleError: no such network, or not sound.
        ProcessorError: nothing can compute it here.
        MissingExtraError: FastAPI, Uvicorn or the Prometheus client is not installed.
    """
    settings = ServiceSettings(
        host,
        port,
        token,
        network,
        None if bundle is None else Path(bundle),
        processor,
        prefer,
        workers,
        threads or max(1, _cores() // workers),
        memory_bytes,
        Limits() if limits is None else limits,
    )
    # A wrong name is told before a process is started for it.
    native_scale(network, settings.bundle)
    uvicorn = _uvicorn()
    from vernier.service.app import make_app
    from vernier.service.connection import Connection
    from vernier.service.shared import Service

    reasons: list[str] = []
    with tempfile.TemporaryDirectory(prefix="vernier-serve-") as folder:

        def failed(reason: str) -> None:
            reasons.append(reason)
            server.should_exit = True

        service = Service(settings, Path(folder), failed)

        class Server(uvicorn.Server):  # type: ignore[misc, name-defined]
            """Tells the service first that it ends."""

            async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
                service.stop()
                await super().shutdown(sockets)

        class Clocked(Connection):
            headers_s = settings.limits.headers_s
            stall_s = settings.limits.stall_s

        server = Server(
            uvicorn.Config(
                make_app(service),
                http=Clocked,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=settings.limits.connections,
                timeout_keep_alive=IDLE_SECONDS,
                timeout_graceful_shutdown=max(1, round(settings.limits.stop_s)),
            )
        )
        with _listening(host, port) as listener:
            at = listener.getsockname()[1]
            shown = f"[{host}]" if ":" in host else host
            say(f"http://{shown}:{at}/")
            server.run([listener])
    if reasons:
        raise ProcessorError(f"the service cannot compute: {reasons[0]}")


def _listening(host: str, port: int) -> socket.socket:
    """A socket; it accepts from here on, and requests wait until the service runs.

    Raises:
        UsageError: the address is not this machine's, or is taken.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise UsageError(
            f"cannot listen at {host}, port {port} ({error.strerror or error}); "
            "name another with --host and --port"
        ) from error


def _cores() -> int:
    from vernier.cpu import usable_cores

    return usable_cores()


def _uvicorn() -> Any:
    for package in ("fastapi", "uvicorn", "prometheus_client"):
        try:
            __import__(package)
        except ImportError as error:
            raise MissingExtraError(
                package.replace("_", "-"), "serve", "serving pictures over HTTP"
            ) from error
    import uvicorn

    return uvicorn
