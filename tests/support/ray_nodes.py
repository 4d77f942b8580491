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

LONGEST_S = 100.0
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
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

    def close(self) -> None:
        for process in reversed(self._started):
            self.kill(process)

    def signal_workers(self, process: subprocess.Popen[bytes], number: int) -> None:
        """To what computes on a node; its raylet goes on."""
        workers = [
            one
            for one in psutil.Process(process.pid).children(recursive=True)
            if "Worker" in " ".join(one.cmdline()) and "ray::" in " ".join(one.cmdline())
        ]
        assert workers
        for one in workers:
            one.send_signal(number)

    def command(self, *arguments: object, stderr: Any = subprocess.PIPE) -> subprocess.Popen[str]:
        """`vernier ARGUMENTS --cluster ADDRESS`, as a process."""
        return subprocess.Popen(
            [sys.executable, "-m", "vernier.cli.main", *map(str, arguments),
             "--cluster", self.address],
            stdout=subprocess.DEVNULL, stderr=stderr, text=True, env=self.environment,
        )  # fmt: skip

    def run(self, *arguments: object) -> tuple[int, str]:
        """Its exit code and what it said."""
        with self.command(*arguments) as process:
            said = process.communicate(timeout=LONGEST_S)[1]
        return process.returncode, said
