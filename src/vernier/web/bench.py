"""The page as a bench: Python hands it small files, and it says how long they take there.

The page asks for work and answers by HTTP at the server that it came from, one job at a time. What
is measured, how often and what of it counts is Python's.
"""

from __future__ import annotations

import hashlib
import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vernier.errors import PlacementError, ProcessorError
from vernier.web.serving import LOOPBACK, Handler, serving
from vernier.web.site import write_bench

# The page asks again at least so often; one that does not has gone.
POLL_S = 20.0
ANSWER_S = 300.0
GONE_S = 60.0
LARGEST_ANSWER_BYTES = 1 << 28


class Bench:
    """Work for a page, from any thread; one job is with the page at a time."""

    def __init__(self) -> None:
        self._jobs: queue.Queue[dict[str, Any]] = queue.Queue()
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._files: dict[str, bytes] = {}
        self._asking = threading.Lock()
        self._seen = time.monotonic()
        self._last = 0
        self.page: dict[str, Any] | None = None
        self._came = threading.Event()

    def wait(self, timeout_s: float) -> dict[str, Any]:
        """What the page says of itself, once it is there.

        Raises:
            ProcessorError: nobody opened it.
        """
        if not self._came.wait(timeout_s):
            raise ProcessorError(f"nobody opened the page within {timeout_s:.0f} s")
        assert self.page is not None
        return self.page

    def file(self, content: bytes) -> str:
        """The name under which the page finds a file."""
        name = hashlib.sha256(content).hexdigest()[:24]
        self._files[name] = content
        return name

    def ask(self, **job: Any) -> dict[str, Any]:
        """Have the page do something.

        Raises:
            PlacementError: the page's engine refuses the file.
            ProcessorError: the page has gone, or failed.
        """
        with self._asking:
            self._last += 1
            self._jobs.put({**job, "job": self._last})
            began = time.monotonic()
            while True:
                try:
                    answer = self._answers.get(timeout=1.0)
                except queue.Empty:
                    now = time.monotonic()
                    if now - began > ANSWER_S or now - max(self._seen, began) > GONE_S:
                        raise ProcessorError(
                            "the page no longer answers; open its address again and give the same "
                            "command: it goes on where it stopped"
                        ) from None
                    continue
                if answer.get("job") == self._last:
                    break
        if "refused" in answer:
            raise PlacementError(str(answer["refused"]))
        if "failed" in answer:
            raise ProcessorError(f"the page failed: {answer['failed']}")
        return answer

    def end(self) -> None:
        """Tell the page that all is done."""
        self._jobs.put({"kind": "end", "job": 0})
        time.sleep(0.5)

    # What the server's handler calls.

    def next(self) -> dict[str, Any]:
        """A job for the page, or a request to ask again."""
        self._seen = time.monotonic()
        try:
            return self._jobs.get(timeout=POLL_S)
        except queue.Empty:
            return {"kind": "wait"}
        finally:
            self._seen = time.monotonic()

    def take(self, answer: dict[str, Any]) -> None:
        """The page's answer; its first says what it is."""
        self._seen = time.monotonic()
        if answer.get("kind") == "hello":
            self.page = answer
            self._came.set()
        else:
            self._answers.put(answer)

    def content(self, name: str) -> bytes | None:
        """A file for the page."""
        return self._files.get(name)


class _BenchHandler(Handler):
    """The site, and below `profile/` the bench."""

    def __init__(self, *args: Any, bench: Bench, **kwargs: Any) -> None:
        self._bench = bench
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:  # noqa: N802 - http.server's own name
        """Work, a file of it, or the site."""
        if self.path == "/profile/next":
            self._give(json.dumps(self._bench.next()).encode(), "application/json")
        elif self.path.startswith("/profile/file/"):
            content = self._bench.content(self.path.rpartition("/")[2])
            if content is None:
                self.send_error(404)
            else:
                self._give(content, "application/octet-stream")
        else:
            super().do_GET()

    def do_POST(self) -> None:  # noqa: N802 - http.server's own name
        """An answer, in JSON; only the page itself may give one."""
        length = int(self.headers.get("Content-Length", "0"))
        origin = self.headers.get("Origin", "")
        own = origin.partition("://")[2] == self.headers.get("Host", "")
        if self.path != "/profile/answer" or not own or not 0 < length < LARGEST_ANSWER_BYTES:
            self.send_error(403)
            return
        try:
            answer = json.loads(self.rfile.read(length))
        except ValueError:
            self.send_error(400)
            return
        if isinstance(answer, dict):
            self._bench.take(answer)
        self._give(b"{}", "application/json")

    def _give(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def served_bench(
    port: int = 0, litert_js_folder: Path | None = None
) -> Iterator[tuple[Bench, str]]:
    """A bench and the address of its page, until the block ends.

    Args:
        port: to serve at, on this machine only; 0 for a free one.
        litert_js_folder: see `litert_js`.
    """
    bench = Bench()
    with TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        write_bench(site, litert_js_folder)
        handler: type[BaseHTTPRequestHandler] | Any = partial(_BenchHandler, bench=bench)
        with serving(site, LOOPBACK, port, handler=handler) as server:
            yield bench, f"http://{LOOPBACK}:{server.server_address[1]}/profile.html"
