"""What a CPU is said to be, against what other programs say of it; and as an emulator's."""

import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vernier import cpu as cpu_file
from vernier.cpu import UNKNOWN, X86, cpu
from vernier.processors.machine import (
    FLAGS_THAT_MATTER,
    cpu_flags,
    cpu_name,
    describe_machine,
    has_integer_dot_products,
)

IS_X86 = platform.machine().lower() in X86
TELL = (
    "import json; from vernier.processors.machine import cpu_name, cpu_flags;"
    "print(json.dumps([cpu_name(), cpu_flags()]))"
)
# QEMU's models of CPUs and what Intel built into them: the flags that matter, of those that QEMU
# can compute with.
EMULATED = {"Haswell": ["avx2"], "EPYC": ["avx2"]}


@pytest.mark.skipif(not shutil.which("lscpu"), reason="lscpu (util-linux) is not here")
@pytest.mark.skipif(not IS_X86, reason="lscpu names ARM's cores from a table of its own")
def test_name_and_flags_are_those_of_lscpu() -> None:
    told = json.loads(subprocess.check_output(["lscpu", "--json"]))["lscpu"]
    fields = {row["field"].rstrip(":"): row["data"] for row in _flat(told)}
    assert cpu_name() == " ".join(fields["Model name"].split())
    assert set(cpu_flags()) == set(fields["Flags"].split()) & set(FLAGS_THAT_MATTER)


def _flat(rows: list[dict]) -> list[dict]:
    return [found for row in rows for found in (row, *_flat(row.get("children", [])))]


@pytest.mark.skipif(not IS_X86, reason="CPUID is an x86 instruction")
@pytest.mark.skipif(not shutil.which("qemu-x86_64"), reason="qemu-x86_64 (qemu-user) is not here")
@pytest.mark.parametrize("model", EMULATED)
def test_an_emulated_cpu_is_not_taken_for_the_hosts(model: str) -> None:
    done = subprocess.run(
        ["qemu-x86_64", "-cpu", model, sys.executable, "-c", TELL],
        capture_output=True,
        text=True,
        check=True,
    )
    name, flags = json.loads(done.stdout)
    assert model in name
    assert flags == EMULATED[model]


def test_what_the_kernel_hides_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """CPUID has it, the operating system does not save its registers: programs must not use it."""
    monkeypatch.setattr(cpu_file, "_listed", lambda: frozenset({"sse2", "avx2"}))
    assert cpu.__wrapped__().flags <= {"sse2", "avx2"}


@pytest.mark.parametrize("system", ["Windows", "Darwin", "FreeBSD"])
def test_a_system_without_proc_says_as_much_of_an_x86(
    system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CPUID is the same everywhere; nothing of /proc is needed."""
    if not IS_X86:
        pytest.skip("CPUID is an x86 instruction")
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(cpu_file, "Path", lambda _: Path("/nowhere/at/all"))
    found = cpu.__wrapped__()
    assert found.name == cpu_name()
    assert found.name != UNKNOWN
    assert set(cpu_flags()) <= found.flags


def test_where_nothing_can_be_told_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    monkeypatch.setattr(platform, "processor", lambda: "")
    found = cpu.__wrapped__()
    assert (found.name, found.flags) == (UNKNOWN, frozenset())
    assert has_integer_dot_products(found.flags) is None


@pytest.mark.parametrize(
    ("flags", "has"),
    [
        (["sse2", "avx2"], False),  # Haswell, Zen 2
        (["avx2", "avx512f"], False),  # Skylake-X: vpmaddubsw
        (["avx2", "avx_vnni"], True),  # Alder Lake
        (["avx512_vnni"], True),  # Ice Lake, Zen 4
        (["asimd"], False),  # Cortex-A72
        (["asimd", "asimddp"], True),  # Neoverse-N1
    ],
)
def test_integer_dot_products_follow_the_flags(flags: list[str], has: bool) -> None:
    assert has_integer_dot_products(flags) is has


def test_memory_is_known() -> None:
    assert describe_machine().memory_bytes > 1 << 28
