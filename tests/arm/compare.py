"""LiteRT's INT8 on emulated ARM CPUs against this machine's: the codes must be the same.

    python tests/arm/compare.py FOLDER      # FOLDER keeps the ARM Python between runs (300 MB)

Debian's arm64 Python is unpacked, not installed, and run by `qemu-aarch64` (package qemu-user).
That shows programs the host's `/proc/cpuinfo`, of which XNNPACK's detection dies, so one of the
emulated CPU is put over it, in a mount namespace. Exit code 0: the same codes; 1: not; 77:
it cannot be had here, with the reason, as automake's tests say it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

CODES = Path(__file__).with_name("codes.py")
SOURCE = CODES.parents[2] / "src"
ARMV8 = "fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid"
ARMV8_2 = f"{ARMV8} atomics fphp asimdhp lrcpc dcpop asimddp"
CPUS = {"cortex-a72": ("0xd08", ARMV8), "cortex-a76": ("0xd0b", ARMV8_2)}
"""QEMU's name of each, its number and its features as Linux lists them on real ones."""
PYTHON = "3.11"
DEBIAN = (
    f"python{PYTHON}-minimal libpython{PYTHON}-minimal libpython{PYTHON}-stdlib libc6 libexpat1 "
    "zlib1g libssl3 libffi8 libbz2-1.0 liblzma5 libstdc++6 libgcc-s1 libuuid1"
).split()
WHEELS = ("numpy", "ai-edge-litert", "msgspec", "flatbuffers", "archspec", "psutil")
TAGS = ("2_17", "2_27", "2_28", "2_31")
SKIPPED = 77
UNSHARE = ("unshare", "--map-root-user", "--mount")


def main() -> int:
    folder = Path(sys.argv[1]).resolve()
    reason = not_here(folder)
    if reason:
        return skip(reason)
    here = codes([sys.executable], {"PYTHONPATH": str(SOURCE)})
    print(f"this machine: {here['cpu']}")
    wrong = sum(differences(name, here, on_arm(folder, name)) for name in CPUS)
    return 1 if wrong else 0


def not_here(folder: Path) -> str:
    """Fetch what is needed; the reason where it cannot be had, or else nothing."""
    missing = [
        tool for tool in ("qemu-aarch64", "apt-get", "dpkg", "unshare") if not shutil.which(tool)
    ]
    if missing:
        return f"no {', '.join(missing)} here (Debian: apt-get install qemu-user)"
    try:
        make(folder)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        return f"Debian's arm64 Python or its wheels cannot be had: {error}"
    if subprocess.run([*UNSHARE, "true"], capture_output=True).returncode:
        return "mount namespaces are not allowed here (unshare --map-root-user --mount)"
    return ""


def skip(reason: str) -> int:
    print(f"SKIPPED: {reason}")
    return SKIPPED


def make(folder: Path) -> None:
    """Fetch and unpack what is not there yet."""
    if (folder / "complete").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("lists/partial", "cache/archives/partial", "debs", "root"):
        (folder / part).mkdir(parents=True)
    apt = [
        "apt-get",
        *("-o", f"Dir::State::lists={folder / 'lists'}", "-o", f"Dir::Cache={folder / 'cache'}"),
        *("-o", "APT::Architecture=arm64", "-o", "APT::Architectures::=arm64"),
        *("-o", "Dir::State::status=/dev/null", "-q"),
    ]
    call([*apt, "update"])
    call([*apt, "download", *DEBIAN], cwd=folder / "debs")
    for package in sorted((folder / "debs").glob("*.deb")):
        call(["dpkg", "-x", str(package), str(folder / "root")])
    call(
        [
            *(sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"),
            *(f"--platform=manylinux_{tag}_aarch64" for tag in TAGS),
            *("--platform=manylinux2014_aarch64", "--python-version", PYTHON),
            *("--implementation", "cp", "--only-binary=:all:", "--no-deps"),
            *("--target", str(folder / "site")),
            *(f"{name}=={version(name)}" for name in WHEELS),
        ]
    )
    (folder / "complete").touch()


def call(command: list[str], cwd: Path | None = None) -> None:
    subprocess.run(command, check=True, cwd=cwd, timeout=300, stdout=subprocess.DEVNULL)


def codes(command: list[str], environment: dict[str, str]) -> dict[str, object]:
    done = subprocess.run(
        [*command, str(CODES)],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    found = re.search(r"^\{.*\}$", done.stdout, re.MULTILINE)
    if done.returncode or not found:
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr[-3000:]}")
    return dict(json.loads(found[0]))


def on_arm(folder: Path, cpu: str) -> dict[str, object]:
    return codes([*emulated(folder, cpu), python(folder)], environment(folder))


def python(folder: Path) -> str:
    """The ARM Python."""
    return str(folder / "root" / "usr" / "bin" / f"python{PYTHON}")


def environment(folder: Path) -> dict[str, str]:
    """What it finds its modules by."""
    return {
        "PYTHONPATH": f"{SOURCE}:{folder / 'site'}",
        "PYTHONHOME": str(folder / "root" / "usr"),
    }


def emulated(folder: Path, cpu: str) -> list[str]:
    """What to write before an ARM program."""
    part, features = CPUS[cpu]
    described = folder / f"{cpu}.cpuinfo"
    described.write_text(
        f"processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: {features}\nCPU implementer\t: 0x41\n"
        f"CPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: {part}\nCPU revision\t: 3\n\n"
    )
    covered = ["sh", "-c", 'mount --bind "$0" /proc/cpuinfo && exec "$@"', str(described)]
    return [*UNSHARE, *covered, "qemu-aarch64", "-cpu", cpu, "-L", str(folder / "root")]


def differences(name: str, here: dict[str, object], there: dict[str, object]) -> int:
    """How many things are not as they should be, each told in a line."""
    wrong = [
        f"{key}: {there[key]}, on this machine {here[key]}"
        for key in here
        if key.endswith("int8 codes") and there[key] != here[key]
    ]
    for key, most in (("self-test, int8: codes from NumPy", 2), ("self-test, float32", 1e-5)):
        found = next(value for label, value in there.items() if label.startswith(key))
        if not isinstance(found, float) or found > most:
            wrong.append(f"{key}: {found}, expected at most {most}")
    expected = "asimddp" in CPUS[name][1].split()
    if there["int8 dot products"] is not expected:
        wrong.append(f"int8 dot products: {there['int8 dot products']}, expected {expected}")
    told = "; ".join(wrong) or "the same INT8 codes"
    print(f"{name} (emulated): {told}; {json.dumps(there)}")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main())
