"""The device's end of adb: what a phone's `adbd` answers, over a socket of this machine.

Android's own `adb` client talks to it. Commands run in this machine's shell, with the device's
folder for temporary files moved to one of the test's. Of the protocol (AOSP, packages/modules/adb,
`protocol.txt` and `SYNC.TXT`) there is what `adb connect`, `shell`, `push` and `pull` of 2019 need.
"""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import threading
from pathlib import Path

HEADER = struct.Struct("<6I")
FOLDER = "/data/local/tmp"
BANNER = b"device::ro.product.name=none;ro.product.model=none;ro.product.device=none;\0"
PROPERTIES = """ro.product.manufacturer=Vernier
ro.product.model=This machine
ro.board.platform=socket
ro.build.version.release=14
"""
MOST_BYTES = 256 * 1024


def _word(text: str) -> int:
    return int.from_bytes(text.encode(), "little")


class Device:
    """One device that accepts one host.

    Args:
        folder: where its `/data/local/tmp` is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "system-bin"
        self.programs.mkdir()
        getprop = self.programs / "getprop"
        getprop.write_text(f"#!/bin/sh\ngrep \"^$1=\" <<'EOF' | cut -d= -f2\n{PROPERTIES}EOF\n")
        getprop.chmod(0o755)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.serial = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                host, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=Connection(self, host).serve, daemon=True).start()


class Connection:
    """A host's connection, with its streams."""

    def __init__(self, device: Device, host: socket.socket) -> None:
        self._device, self._host = device, host
        self._sending = threading.Lock()
        self._streams: dict[int, Stream] = {}

    def serve(self) -> None:
        """Answer until the host goes."""
        while (message := self._receive()) is not None:
            command, first, second, data = message
            if command == "CNXN":
                self.send("CNXN", 0x01000000, MOST_BYTES, BANNER)
            elif command == "OPEN":
                stream = Stream(self, self._device, len(self._streams) + 1, first)
                self._streams[stream.own] = stream
                self.send("OKAY", stream.own, stream.other)
                service = data.rstrip(b"\0").decode()
                threading.Thread(target=stream.run, args=(service,), daemon=True).start()
            elif command == "WRTE":
                self._streams[second].arrived(data)
                self.send("OKAY", second, first)
            elif command in ("OKAY", "CLSE") and second in self._streams:
                self._streams[second].taken.release()

    def send(self, command: str, first: int, second: int, data: bytes = b"") -> None:
        word = _word(command)
        header = HEADER.pack(word, first, second, len(data), sum(data), word ^ 0xFFFFFFFF)
        with self._sending:
            self._host.sendall(header + data)

    def _receive(self) -> tuple[str, int, int, bytes] | None:
        header = self._exactly(HEADER.size)
        if header is None:
            return None
        word, first, second, length, _, _ = HEADER.unpack(header)
        data = self._exactly(length)
        return word.to_bytes(4, "little").decode(), first, second, data or b""

    def _exactly(self, length: int) -> bytes | None:
        data = b""
        while len(data) < length:
            try:
                more = self._host.recv(length - len(data))
            except OSError:
                return None
            if not more:
                return None
            data += more
        return data


class Stream:
    """One service that the host opened."""

    def __init__(self, connection: Connection, device: Device, own: int, other: int) -> None:
        self._connection, self._device = connection, device
        self.own, self.other = own, other
        self.taken = threading.Semaphore(0)
        self._input = b""
        self._more = threading.Condition()

    def run(self, service: str) -> None:
        kind, _, argument = service.partition(":")
        if kind == "shell":
            self._shell(argument)
        elif kind == "sync":
            self._sync()
        self._connection.send("CLSE", self.own, self.other)

    def arrived(self, data: bytes) -> None:
        with self._more:
            self._input += data
            self._more.notify_all()

    def _shell(self, command: str) -> None:
        done = subprocess.run(
            ["sh", "-c", command.replace(FOLDER, str(self._device.folder))],
            capture_output=True,
            check=False,
            env={**os.environ, "PATH": f"{self._device.programs}:{os.environ['PATH']}"},
        )
        self._write(done.stdout + done.stderr)

    def _write(self, data: bytes) -> None:
        for start in range(0, len(data), MOST_BYTES):
            self._connection.send("WRTE", self.own, self.other, data[start : start + MOST_BYTES])
            self.taken.acquire()

    def _read(self, length: int) -> bytes:
        with self._more:
            self._more.wait_for(lambda: len(self._input) >= length, timeout=10)
            data, self._input = self._input[:length], self._input[length:]
        return data

    def _sync(self) -> None:
        while True:
            request = self._read(4).decode()
            length = int.from_bytes(self._read(4), "little")
            if request in ("QUIT", ""):
                return
            path = self._read(length).decode()
            if request == "STAT":
                self._write(b"STAT" + struct.pack("<3I", *self._stat(path)))
            elif request == "SEND":
                self._save(path.rpartition(",")[0])
            elif request == "RECV":
                self._give(path)

    def _here(self, path: str) -> Path:
        return Path(path.replace(FOLDER, str(self._device.folder)))

    def _stat(self, path: str) -> tuple[int, int, int]:
        found = self._here(path)
        if not found.exists():
            return 0, 0, 0
        stat = found.stat()
        return stat.st_mode, stat.st_size, int(stat.st_mtime)

    def _save(self, path: str) -> None:
        content = b""
        while (word := self._read(4)) == b"DATA":
            content += self._read(int.from_bytes(self._read(4), "little"))
        assert word == b"DONE"
        self._read(4)
        self._here(path).write_bytes(content)
        self._write(b"OKAY" + struct.pack("<I", 0))

    def _give(self, path: str) -> None:
        found = self._here(path)
        if not found.is_file():
            reason = b"No such file or directory"
            self._write(b"FAIL" + struct.pack("<I", len(reason)) + reason)
            return
        content = found.read_bytes()
        for start in range(0, len(content), 64 * 1024):
            piece = content[start : start + 64 * 1024]
            self._write(b"DATA" + struct.pack("<I", len(piece)) + piece)
        self._write(b"DONE" + struct.pack("<I", 0))
