"""A request's body to a file: no more than is allowed, no longer than is allowed."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request

from vernier.service.faults import Refusal
from vernier.service.settings import Limits


def check_declared(request: Request, limits: Limits) -> None:
    """Refuse what says beforehand that it is too long, or says nothing sensible.

    Raises:
        Refusal: 413, 411 or 415.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "expected the picture's file as it is; it came with a Content-Encoding",
        )
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "expected the picture's file as the body, found a form; with curl use --data-binary "
            "@photo.jpg instead of -F",
        )
    declared = request.headers.get("content-length")
    if declared is None and "transfer-encoding" not in request.headers:
        raise Refusal(HTTPStatus.LENGTH_REQUIRED, "expected a picture's file as the body")
    if declared is not None and int(declared) > limits.upload_bytes:
        raise Refusal(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the file has {int(declared):,} bytes, more than the limit of {limits.upload_bytes:,}",
        )


async def save_body(request: Request, path: Path, limits: Limits) -> int:
    """Write a body to a file while it comes.

    Returns:
        Its bytes.

    Raises:
        Refusal: 413 where it is longer than allowed, 408 where it takes longer, 422 of an empty
            one.
        ClientDisconnect: its end never comes.
    """
    size = 0
    try:
        async with asyncio.timeout(limits.body_s):
            with path.open("wb") as file:
                async for part in request.stream():
                    size += len(part)
                    if size > limits.upload_bytes:
                        raise Refusal(
                            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                            f"the file has more bytes than the limit of {limits.upload_bytes:,}",
                        )
                    file.write(part)
    except TimeoutError:
        raise Refusal(
            HTTPStatus.REQUEST_TIMEOUT,
            f"the body did not arrive within {limits.body_s:g} s; {size:,} bytes did",
        ) from None
    if not size:
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "expected a picture's file, found 0 bytes")
    return size
