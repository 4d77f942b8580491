"""Why a request gets no picture: a status, a reason in one line, and when to try again."""

from __future__ import annotations

from http import HTTPStatus

from vernier.errors import VernierError


class Refusal(VernierError):  # noqa: N818 - an answer, not a mistake of ours
    """An answer that is no picture.

    Args:
        status: of HTTP.
        reason: in one line.
        retry_s: seconds after which another try may do better; None where none will.
    """

    def __init__(self, status: HTTPStatus, reason: str, retry_s: int | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.retry_s = status, reason, retry_s

    def headers(self) -> dict[str, str]:
        """Besides those of every answer."""
        return {} if self.retry_s is None else {"Retry-After": str(self.retry_s)}

    def content(self) -> dict[str, object]:
        """As JSON."""
        return {"status": int(self.status), "error": self.reason}
