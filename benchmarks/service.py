"""A hundred clients at once: times, memory, and that each gets its own picture.

    python benchmarks/service.py --out benchmarks/results

Starts `vernier serve`, twice: with a queue that holds all, and with one that does not, whose
clients try again when they are told to (429). Each client sends pictures over connections of its
own, one after another, and compares what it gets with what a single client got before. Memory is
the most that the process that answers, and its workers, were seen to take. Clients are threads of
this process and run on the same cores.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import io
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

from timing import cpu_kind, write_results
from vernier.images.dead_leaves import dead_leaves

DIFFERENT = 8
"""Pictures; clients take them in turn."""


@dataclass(frozen=True)
class Run:
    """What came of one queue length."""

    queue: int
    answered: int
    wrong: int
    lost: int
    refused: int
    p50_ms: float
    p95_ms: float
    longest_ms: float
    pictures_per_s: float
    server_mib: float
    workers_mib: float


def picture(number: int, height: int, width: int) -> bytes:
    """A PNG."""
    file = io.BytesIO()
    samples = np.round(dead_leaves(height, width, seed=number) * 255).astype(np.uint8)
    Image.fromarray(samples).save(file, "PNG")
    return file.getvalue()


class Client:
    """One connection, and its times."""

    def __init__(self, port: int, wanted: dict[bytes, str]) -> None:
        self._port, self._wanted = port, wanted
        self.times_ms: list[float] = []
        self.wrong = self.lost = self.refused = 0

    def run(self, contents: list[bytes], start: threading.Barrier) -> None:
        """Send them all."""
        start.wait()
        for content in contents:
            started = time.perf_counter()
            body = self._answer(content)
            self.times_ms.append((time.perf_counter() - started) * 1e3)
            if body is None:
                self.lost += 1
            elif hashlib.sha256(body).hexdigest() != self._wanted[content]:
                self.wrong += 1

    def _answer(self, content: bytes) -> bytes | None:
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=600)
            try:
                connection.request("POST", "/v1/upscale", content)
                answer = connection.getresponse()
                body = answer.read()
            except OSError:
                return None
            finally:
                connection.close()
            if answer.status == 200:
                return body
            if answer.status != 429:
                return None
            self.refused += 1
            time.sleep(int(answer.headers["Retry-After"]))


class Memory(threading.Thread):
    """The most memory that a process and its children took."""

    def __init__(self, process: psutil.Process) -> None:
        super().__init__(daemon=True)
        self._process, self.own, self.children, self.going = process, 0, 0, True

    def run(self) -> None:
        """Look ten times a second."""
        while self.going:
            try:
                self.own = max(self.own, self._process.memory_info().rss)
                below = sum(c.memory_info().rss for c in self._process.children(recursive=True))
                self.children = max(self.children, below)
            except psutil.Error:
                pass
            time.sleep(0.1)


def measure(queue: int, clients: int, each: int, contents: list[bytes], options: list[str]) -> Run:
    """Start a service and send everything."""
    command = [sys.executable, "-m", "vernier.cli.main", "serve", "--port", "0", "--queue",
               str(queue), *options]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().strip().rstrip("/").rpartition(":")[2])
            until_ready(port)
            wanted: dict[bytes, str] = {}
            first = Client(port, wanted)
            for content in contents:
                body = first._answer(content)
                assert body is not None
                wanted[content] = hashlib.sha256(body).hexdigest()
            memory = Memory(psutil.Process(process.pid))
            memory.start()
            all_clients = [Client(port, wanted) for _ in range(clients)]
            start = threading.Barrier(clients + 1)
            with ThreadPoolExecutor(clients) as pool:
                running = [
                    pool.submit(
                        client.run,
                        [contents[(n + k) % len(contents)] for k in range(each)],
                        start,
                    )
                    for n, client in enumerate(all_clients)
                ]
                start.wait()
                started = time.perf_counter()
                for one in running:
                    one.result()
                seconds = time.perf_counter() - started
            memory.going = False
            memory.join()
        finally:
            process.terminate()
    times = sorted(ms for client in all_clients for ms in client.times_ms)
    lost = sum(client.lost for client in all_clients)
    return Run(
        queue,
        len(times) - lost,
        sum(client.wrong for client in all_clients),
        lost,
        sum(client.refused for client in all_clients),
        round(statistics.median(times), 1),
        round(times[int(len(times) * 0.95)], 1),
        round(times[-1], 1),
        round((len(times) - lost) / seconds, 2),
        round(memory.own / 2**20, 1),
        round(memory.children / 2**20, 1),
    )


def until_ready(port: int) -> None:
    """Wait for the network to be loaded."""
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("GET", "/ready")
            if connection.getresponse().status == 200:
                return
        finally:
            connection.close()
        time.sleep(0.2)


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--each", type=int, default=3)
    parser.add_argument("--size", default="160x120")
    parser.add_argument("--processor", default="litert:cpu:float32")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    contents = [picture(number, height, width) for number in range(DIFFERENT)]
    options = ["--processor", arguments.processor]
    os.environ.setdefault("TMPDIR", tempfile.gettempdir())
    runs = [
        measure(queue, arguments.clients, arguments.each, contents, options) for queue in (128, 16)
    ]
    lines = [
        f"# {arguments.clients} clients, {arguments.each} pictures of {arguments.size} each",
        "",
        f"sesr-m5 x2 on {arguments.processor}, one worker; all clients begin at once, on the same "
        "cores. Times from the request to the answer's last byte, waiting and trying again "
        "included.",
        "",
        "| queue | answered | lost | wrong | told to wait (429) | p50 ms | p95 ms | longest ms | "
        "pictures/s | server MiB | worker MiB |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.queue} | {r.answered} | {r.lost} | {r.wrong} | {r.refused} | {r.p50_ms:.0f} | "
        f"{r.p95_ms:.0f} | {r.longest_ms:.0f} | {r.pictures_per_s:.1f} | {r.server_mib:.0f} | "
        f"{r.workers_mib:.0f} |"
        for r in runs
    ]
    table = "\n".join(lines) + "\n"
    print(table)
    if arguments.out:
        results: dict[str, Any] = {
            "clients": arguments.clients, "each": arguments.each, "size": arguments.size,
            "processor": arguments.processor, "runs": [vars(r) for r in runs],
        }  # fmt: skip
        write_results(arguments.out, f"service_{cpu_kind()}", results, table)
    if any(r.lost or r.wrong for r in runs):
        sys.exit("pictures were lost or wrong")


if __name__ == "__main__":
    main()
