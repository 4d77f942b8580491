"""A phone through Android's own `adb`, which the user has if there is a phone."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from vernier.errors import ProcessorError

# The device's shell prints it after a command, as old versions of adb do not pass exit codes on.
_EXIT = "vernier-exit:"
TIMEOUT_S = 600.0


@dataclass(frozen=True)
class Adb:
    """One device.

    Attributes:
        serial: as `adb devices` lists it.
        program: the `adb` to call.
        timeout_s: of one call.
    """

    serial: str
    program: str = "adb"
    timeout_s: float = TIMEOUT_S

    def check(self) -> None:
        """Raise ProcessorError unless the device can be used."""
        if shutil.which(self.program) is None:
            raise ProcessorError(
                f"{self.program!r} is not installed; it comes with Android's platform tools "
                "(Debian: apt install adb)"
            )
        states = self.devices()
        state = states.get(self.serial)
        if state is None:
            listed = ", ".join(states) or "none"
            raise ProcessorError(f"adb knows no device {self.serial!r}; attached: {listed}")
        if state != "device":
            hint = {
                "unauthorized": "; allow USB debugging on its screen",
                "offline": "; plug it in again, or: adb reconnect",
            }
            raise ProcessorError(f"{self.serial} is {state}{hint.get(state, '')}")

    def devices(self) -> dict[str, str]:
        """The state of each attached device ("device" where it can be used), by serial."""
        lines = self._call("devices").splitlines()
        start = lines.index("List of devices attached") + 1 if lines else 0
        rows = (line.split("\t") for line in lines[start:])
        return {row[0]: row[1] for row in rows if len(row) == 2}

    def shell(self, *words: str) -> str:
        """What a command printed on the device, standard error included.

        Raises:
            ProcessorError: it failed; the message has its last words.
        """
        command = f"{shlex.join(words)} 2>&1; echo {_EXIT}$?"
        said = self._call("-s", self.serial, "shell", command)
        text, found, code = said.replace("\r\n", "\n").rpartition(_EXIT)
        if not found or not code.strip().isdigit():
            raise ProcessorError(f"{self.serial}: {words[0]} did not end: {_last(said)}")
        if int(code):
            raise ProcessorError(
                f"{self.serial}: {words[0]} failed with exit code {int(code)}: {_last(text)}"
            )
        return text

    def push(self, source: Path, target: str) -> None:
        """Copy a file to the device."""
        self._call("-s", self.serial, "push", str(source), target)

    def properties(self, *names: str) -> dict[str, str]:
        """Some of the device's `getprop` properties; empty where it has none."""
        return {name: self.shell("getprop", name).strip() for name in names}

    def _call(self, *arguments: str) -> str:
        try:
            done = subprocess.run(
                [self.program, *arguments],
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=self.timeout_s,
            )
        except subprocess.TimeoutExpired as error:
            raise ProcessorError(
                f"adb {arguments[0]} did not answer within {self.timeout_s:.0f} s"
            ) from error
        if done.returncode:
            said = _last(done.stderr or done.stdout)
            raise ProcessorError(f"adb {' '.join(arguments[:3])} failed: {said}")
        return done.stdout


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it said nothing"
