"""Who may ask: a token, or this machine alone; and a count of every answer."""

from __future__ import annotations

import hmac
import time
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vernier.service.counters import Counters
from vernier.service.faults import Refusal
from vernier.service.settings import is_loopback

OPEN = ("/health", "/ready")
"""For whoever watches over the service; nothing is told there."""
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class Guard:
    """In front of the app.

    Without a token only this machine reaches the service, but its browsers show pages of others: a
    request by another name than this machine's, or from a page of another origin, is refused.
    """

    def __init__(self, app: ASGIApp, token: str | None, counters: Counters) -> None:
        self._app, self._token, self._counters = app, token, counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], *HEADERS]}
            await send(message)

        try:
            refusal = self._refusal(scope["path"], Headers(scope=scope))
            if refusal is not None:
                answer = JSONResponse(
                    refusal.content(),
                    refusal.status,
                    {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else None,
                )
                await answer(scope, receive, noted)
            else:
                await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            # 0: the client had gone before there was an answer.
            self._counters.requests.labels(route, str(status)).inc()
            self._counters.answering.labels(route).observe(time.perf_counter() - started)

    def _refusal(self, path: str, headers: Headers) -> Refusal | None:
        if path in OPEN:
            return None
        if self._token is not None:
            scheme, _, given = headers.get("authorization", "").partition(" ")
            right = hmac.compare_digest(given.strip().encode(), self._token.encode())
            if scheme.lower() == "bearer" and right:
                return None
            return Refusal(HTTPStatus.UNAUTHORIZED, "expected Authorization: Bearer TOKEN")
        host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
        origin = headers.get("origin")
        if not is_loopback(host):
            return Refusal(HTTPStatus.FORBIDDEN, "expected a Host of this machine, as 127.0.0.1")
        if origin is not None and not is_loopback(urlsplit(origin).hostname or ""):
            return Refusal(HTTPStatus.FORBIDDEN, "expected no request from another site's page")
        return None
