"""Uvicorn's HTTP/1.1, with clocks for clients that are slow on purpose."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

LINGER_SECONDS = 2.0
"""That a client may go on to send a body which was answered already, before it is cut off."""


class Connection(H11Protocol):
    """One connection: each request's headers have to arrive in time.

    An answer may come before all of a body does (413, say). The rest is read and thrown away for a
    moment, for a client that is cut off while it sends may never look at its answer.
    """

    headers_s = 20.0
    stall_s = 20.0

    def connection_made(self, transport: Any) -> None:
        """Start the clock; the app may find the connection in the request's state, to cut it."""
        self._clock: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}
        self._wait(self.headers_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass bytes on; the clock of headers runs from their first byte to their last."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._stop_clock()
        elif self._clock is None and (self.cycle is None or self.cycle.response_complete):
            self._wait(self.headers_s)

    def on_response_complete(self) -> None:
        """Give what is left of a body, or of the answer, its time."""
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self.loop.call_later(self.stall_s, self._cut_stalled)
        if self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY:
            self._stop_clock()
            self._wait(LINGER_SECONDS)

    def _wait(self, seconds: float) -> None:
        self._clock = self.loop.call_later(seconds, self._cut)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _cut_stalled(self) -> None:
        """An answer's last part was not taken; closing would wait for it."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    def _cut(self) -> None:
        self._clock = None
        if self.transport is not None:
            self.transport.abort()
