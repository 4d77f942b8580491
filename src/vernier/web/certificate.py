"""A certificate for this machine, signed by itself: what `--lan` needs to serve https."""

from __future__ import annotations

import ipaddress
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vernier.errors import UsageError

DAYS = 30


@dataclass(frozen=True)
class Certificate:
    """Files for `ssl`, gone when the server ends.

    Attributes:
        chain: the certificate, PEM.
        key: its private key, PEM.
        fingerprint: SHA-256, as browsers show it.
    """

    chain: Path
    key: Path
    fingerprint: str


def lan_address() -> str:
    """The address of this machine in its own network.

    Raises:
        UsageError: it has none.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: the system only chooses the interface that would be used.
            probe.connect(("192.0.2.1", 9))
        except OSError as error:
            raise UsageError(f"this machine is in no network: {error}") from error
        return str(probe.getsockname()[0])


@contextmanager
def self_signed(address: str) -> Iterator[Certificate]:
    """A certificate for one address, made by openssl.

    Raises:
        UsageError: openssl is not here, or refuses.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        raise UsageError(
            "--lan needs the program openssl to make a certificate, and it is not here "
            "(Debian: apt install openssl); or serve the folder from any https host"
        )
    ipaddress.ip_address(address)
    with tempfile.TemporaryDirectory() as folder:
        chain, key = Path(folder) / "chain.pem", Path(folder) / "key.pem"
        words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        words += ["-nodes", "-days", str(DAYS), "-subj", "/CN=Vernier on this network"]
        words += ["-addext", f"subjectAltName=IP:{address}"]
        words += ["-out", str(chain), "-keyout", str(key)]
        _run(openssl, words)
        shown = _run(openssl, ["x509", "-in", str(chain), "-noout", "-fingerprint", "-sha256"])
        yield Certificate(chain, key, shown.partition("=")[2].strip())


def _run(program: str, words: list[str]) -> str:
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        raise UsageError(f"openssl cannot make a certificate: {''.join(last)}")
    return done.stdout
