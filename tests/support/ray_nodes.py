"""A Ray cluster of real processes on this machine: a head and nodes that can be killed."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

LONGEST_S = 300.0
USAGE = "RAY_USAGE_STATS_ENABLED"
QUIET = {
    USAGE: "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # Who has lost the head gives up soon, as it is not started again in these tests.
    "RAY_gcs_rpc_server_reconnect_timeout_s": "2",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_initial_delay_ms": "500",
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "2",
    "RAY_enable_metrics_collection": "0",
}


def wait_for(look: Callable[[], Any], seconds: float = LONGEST_S) -> Any:
    """What a look gives, once it is something."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come about in time")


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


class Nodes:
    """Processes of `ray start`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            **QUIET,
            "XDG_CACHE_HOME": str(folder / "cache"),
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
        }
        self._started: list[subprocess.Popen[bytes]] = []

    def head(self) -> subprocess.Popen[bytes]:
        return self._start(
            "--head", f"--port={self.port}", "--num-cpus=0", "--include-dashboard=false"
        )

    def node(self, **variables: str) -> subprocess.Popen[bytes]:
        """One core."""
        return self._start(f"--address={self.address}", "--num-cpus=1", **variables)

    def _start(self, *options: str, **variables: str) -> subprocess.Popen[bytes]:
        command = [
            str(Path(sys.executable).with_name("ray")), "start", "--block", *options,
            "--node-ip-address=127.0.0.1", "--object-store-memory=80000000",
            "--min-worker-port=0", "--max-worker-port=0", "--disable-usage-stats",
        ]  # fmt: skip
        file = self.folder / f"ray-{len(self._started)}.log"
        with file.open("wb") as log:
            process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env={**self.environment, **variables},
            )
        self._started.append(process)

        def has_started() -> bool:
            assert process.poll() is None, file.read_text()[-2000:]
            return "Ray runtime started" in file.read_text()

        # One after another: two at once may take the same names for their sockets.
        wait_for(has_started)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """As a power cut does: all that it started, whatever groups they put themselves into."""
        with contextlib.suppress(psutil.NoSuchProcess):
            parent = psutil.Process(process.pid)
            for one in [parent, *parent.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
        process.wait(LONGEST_S)

    def kill_all(self) -> None:
        """The head first."""
        for process in self.alive:
            self.kill(process)

    @property
    def alive(self) -> list[subprocess.Popen[bytes]]:
        """Head and nodes, in the order of their start."""
        return [process for process in self._started if process.poll() is None]

    def close(self) -> None:
        for process in reversed(self.alive):
            self.kill(process)

    def workers(self, process: subprocess.Popen[bytes]) -> list[psutil.Process]:
        """What computes on a node, now."""
        found = []
        for one in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                title = " ".join(one.cmdline())
                if "Worker" in title and "ray::" in title:
                    found.append(one)
        return found

    def signal_workers(self, process: subprocess.Popen[bytes], number: int) -> None:
        """To what computes on a node, once there is some; its raylet goes on."""
        for one in wait_for(lambda: self.workers(process)):
            one.send_signal(number)

    def command(self, *arguments: object, stderr: Any = subprocess.PIPE) -> subprocess.Popen[str]:
        """`vernier ARGUMENTS --cluster ADDRESS`, as a process."""
        return self.python(
            "-m", "vernier.cli.main", *arguments, "--cluster", self.address, stderr=stderr
        )

    def python(self, *arguments: object, stderr: Any = subprocess.PIPE) -> subprocess.Popen[str]:
        """Python, with what it takes to be let into the cluster."""
        # With Ray's usual patience with a head that has gone: a minute, and no word of it.
        usual = {k: v for k, v in self.environment.items() if k not in QUIET or k == USAGE}
        return subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            stdout=subprocess.DEVNULL, stderr=stderr, text=True, env=usual,
        )  # fmt: skip

    def run(self, *arguments: object) -> tuple[int, str]:
        """Its exit code and what it said."""
        with self.command(*arguments) as process:
            said = process.communicate(timeout=LONGEST_S)[1]
        return process.returncode, said
