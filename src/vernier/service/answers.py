"""A picture as an answer: sent from its file in parts, to a client that keeps taking them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vernier.service.messages import Done

MEDIA_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
}
PART_BYTES = 1 << 18


class PictureAnswer(Response):
    """A file's content, and its connection cut where the client stops taking it.

    Args:
        path: of the file.
        done: what it is.
        stall_s: that a part may take.
        headers: more of them.
        remove: the file afterwards, whatever happens.
    """

    def __init__(
        self, path: Path, done: Done, stall_s: float, headers: dict[str, str], *, remove: bool
    ) -> None:
        super().__init__(
            media_type=MEDIA_TYPES[done.format], headers={**headers_of(done), **headers}
        )
        self.headers["content-length"] = str(path.stat().st_size)
        self._path, self._stall_s, self._remove = path, stall_s, remove

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            with self._path.open("rb") as file:
                more = True
                while more:
                    part = file.read(PART_BYTES)
                    more = len(part) == PART_BYTES
                    body: dict[str, Any] = {"body": part, "more_body": more}
                    await asyncio.wait_for(
                        send({"type": "http.response.body", **body}), self._stall_s
                    )
        except TimeoutError:
            scope["state"]["transport"].abort()
        finally:
            if self._remove:
                self._path.unlink(missing_ok=True)


def headers_of(done: Done) -> dict[str, str]:
    """What headers say of a picture."""
    about = {
        "Vernier-Processor": done.processor,
        "Vernier-Plan": done.plan,
        "Vernier-Size": f"{done.width}x{done.height}",
        "Vernier-Compute-Ms": f"{done.milliseconds:g}",
    }
    if done.notes:
        about["Vernier-Notes"] = "; ".join(done.notes)
    return {name: as_header(value) for name, value in about.items()}


def as_header(value: str) -> str:
    """Text as a header can hold it: ASCII on one line."""
    shown = "".join(c if c.isprintable() else " " for c in value)
    return shown.encode("ascii", "backslashreplace").decode("ascii")
