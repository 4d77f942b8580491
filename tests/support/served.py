"""`vernier serve` as a process, and clients that know HTTP from Python's own library only."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

LONGEST_S = 60.0


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        return str(self.json["error"])


@dataclass
class Served:
    """A running service."""

    process: subprocess.Popen[str]
    port: int
    spool: Path

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST_S)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {}, **options)
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read())

    def post(self, path: str, body: Any, **options: Any) -> Answer:
        return self.ask("POST", path, body, **options)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=LONGEST_S)

    def worker(self) -> psutil.Process:
        """The process that computes."""
        return wait_for(lambda: next(iter(psutil.Process(self.process.pid).children()), None))

    def number(self, name: str) -> float:
        """One of its metrics, without labels."""
        lines = self.ask("GET", "/metrics").body.decode().splitlines()
        return float(next(line.split()[-1] for line in lines if line.startswith(f"{name} ")))

    def wait_ready(self) -> None:
        wait_for(lambda: self.ask("GET", "/ready").status == 200)

    def files(self) -> list[Path]:
        """That the service keeps."""
        return [file for file in self.spool.rglob("*") if file.is_file()]


def wait_for(look: Any) -> Any:
    """What a look gives, once it is something."""
    until = time.monotonic() + LONGEST_S
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come about in time")


def start(folder: Path, *options: object, **variables: str) -> Served:
    """Start a service that keeps its files below a folder."""
    spool = folder / "spool"
    spool.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "vernier.cli.main", "serve", "--port", "0", *map(str, options)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(spool), "XDG_CACHE_HOME": str(folder / "c"), **variables},
    )
    assert process.stdout is not None
    address = process.stdout.readline()
    assert address.startswith("http://"), address
    return Served(process, int(address.strip().rstrip("/").rpartition(":")[2]), spool)


def end(served: Served) -> int:
    """Stop it as the system does; its exit code."""
    if served.process.poll() is None:
        served.process.send_signal(signal.SIGTERM)
    code = served.process.wait(LONGEST_S)
    assert served.process.stdout is not None
    served.process.stdout.close()
    return code


@contextlib.contextmanager
def serving(folder: Path, *options: object, **variables: str) -> Iterator[Served]:
    """A service for the time of a block."""
    served = start(folder, *options, **variables)
    try:
        yield served
    finally:
        end(served)
