"""A web server for a site: this machine only, with the headers that give a page threads."""

from __future__ import annotations

import contextlib
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from vernier.errors import UsageError
from vernier.web.certificate import Certificate
from vernier.web.site import SITE_FILE

LOOPBACK = "127.0.0.1"

HEADERS = {
    # Without these two a browser gives a page neither threads nor fine clocks.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
TYPES = {
    ".wasm": "application/wasm",
    ".js": "text/javascript",
    ".webmanifest": "application/manifest+json",
    ".tflite": "application/octet-stream",
    ".bin": "application/octet-stream",
    "": "text/plain; charset=utf-8",
}


class Handler(SimpleHTTPRequestHandler):
    """Files of a folder, and nothing else: folders are not listed."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, **TYPES}  # noqa: RUF012
    protocol_version = "HTTP/1.1"
    # Headers and body are sent apart: without this each answer would wait for the other side.
    disable_nagle_algorithm = True

    def __init__(self, *args: Any, isolated: bool = True, **kwargs: Any) -> None:
        self._isolated = isolated
        super().__init__(*args, **kwargs)

    def end_headers(self) -> None:
        """Add the headers that isolate the page."""
        for name, value in HEADERS.items():
            if self._isolated or not name.startswith("Cross-Origin"):
                self.send_header(name, value)
        super().end_headers()

    def list_directory(self, path: Any) -> None:
        """Folders are nobody's business."""
        self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the page says what happens."""


class _Server(ThreadingHTTPServer):
    """One thread per connection; a browser that closes one has done nothing wrong."""

    daemon_threads = True
    # A browser opens several connections per worker; on a busy machine five would not be enough.
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Only what is no closed connection is worth a trace."""
        if not isinstance(sys.exception(), (ConnectionError, ssl.SSLError)):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def serving(
    folder: Path,
    host: str = LOOPBACK,
    port: int = 0,
    *,
    isolated: bool = True,
    certificate: Certificate | None = None,
    handler: Callable[..., Any] = Handler,
) -> Iterator[ThreadingHTTPServer]:
    """Serve a site, in a thread, until the block ends.

    Args:
        folder: of the site.
        host: the address to listen at.
        port: likewise; 0 for a free one.
        isolated: send the headers that isolate the page, as few web hosts do.
        certificate: to serve https with; http if absent.
        handler: answers; it takes the arguments of `Handler`.

    Yields:
        The server; `server_address` is where it listens.

    Raises:
        UsageError: there is no site, or the address is taken.
    """
    if not (folder / SITE_FILE).is_file():
        raise UsageError(f"{folder}: expected a site that `vernier web` made, found no {SITE_FILE}")
    answering = partial(handler, directory=str(folder), isolated=isolated)
    try:
        server = _Server((host, port), answering)
    except OSError as error:
        raise UsageError(f"cannot listen at {host}:{port}: {error}; name another --port") from error
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.chain, certificate.key)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
