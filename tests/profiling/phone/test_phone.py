"""Profiles over adb: Android's own client, against a device that is this machine."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from adb_device import FOLDER, Device

from vernier.errors import PlacementError, ProcessorError, UsageError
from vernier.networks.capture.module import capture
from vernier.networks.registry import find_network
from vernier.profiling.assembly import Subject
from vernier.profiling.kernel.recording import TRACEFS
from vernier.profiling.kernel.trace import parse_trace, waits
from vernier.profiling.phone.adb import Adb
from vernier.profiling.phone.profiling import phone_profile
from vernier.profiling.profile import load_profile, save_profile

if shutil.which("adb") is None:
    pytest.skip("no adb here (Debian: apt install adb)", allow_module_level=True)

HERE = Path(__file__).with_name("benchmark_model_here.py")
PORT = "5939"


@pytest.fixture(scope="module")
def adb(tmp_path_factory):
    """A device that is connected, by an adb server of the test's own."""
    folder = tmp_path_factory.mktemp("phone")
    home = tmp_path_factory.mktemp("home")
    environment = {"HOME": str(home), "ANDROID_ADB_SERVER_PORT": PORT}
    patch = pytest.MonkeyPatch()
    for name, value in environment.items():
        patch.setenv(name, value)
    device = Device(folder)
    connected = subprocess.run(
        ["adb", "connect", device.serial], capture_output=True, text=True, check=True, timeout=60
    )
    assert "connected to" in connected.stdout
    yield Adb(device.serial, timeout_s=60), device
    subprocess.run(["adb", "kill-server"], check=False, capture_output=True, timeout=60)
    device.close()
    patch.undo()


@pytest.fixture
def binary(tmp_path):
    path = tmp_path / "benchmark_model"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} {HERE} "$@"\n')
    return path


def subject():
    network = find_network("espcn", 2)
    return Subject("espcn", 2, capture(network.build(2).eval(), "espcn"), 24, 32)


def test_files_and_words_come_through(adb, tmp_path):
    phone, device = adb
    phone.check()
    assert phone.devices()[device.serial] == "device"
    source = tmp_path / "source"
    source.write_bytes(os.urandom(300_000))
    phone.push(source, f"{FOLDER}/there")
    assert phone.shell("wc", "-c", f"{FOLDER}/there").split()[0] == "300000"
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    assert phone.shell("sha256sum", f"{FOLDER}/there").split()[0] == digest
    assert phone.shell("echo", "two words; $HOME") == "two words; $HOME\n"


def test_failures_say_what_the_device_said(adb, tmp_path):
    phone, _ = adb
    with pytest.raises(ProcessorError, match=r"ls failed with exit code \d+: .*nowhere"):
        phone.shell("ls", "/nowhere")
    with pytest.raises(ProcessorError, match=r"adb .* push .*failed"):
        phone.push(tmp_path / "nowhere", f"{FOLDER}/x")
    with pytest.raises(ProcessorError, match="adb knows no device 'other'; attached: 127"):
        Adb("other").check()
    with pytest.raises(ProcessorError, match="'no-adb' is not installed"):
        Adb("x", program="no-adb").check()


def test_a_profile_of_real_files_on_a_real_engine(adb, binary, tmp_path):
    phone, device = adb
    found = phone_profile(
        subject(), ["phone:cpu:float32", "phone:cpu:int8"], adb=phone, binary=binary, rounds=1,
        threads=1, unfinished=tmp_path / "partial",
    )  # fmt: skip
    assert not found.modelled
    assert found.machine.engines.keys() == {"benchmark_model"}
    assert found.settings.threads == 1
    assert len(found.units) == 3
    assert all(set(unit.times) == set(found.processors) for unit in found.units)
    assert found.machine.cpu == "Vernier This machine (socket)"
    assert found.machine.system.startswith("Android 14, ")
    assert not (device.folder / "vernier").exists()
    path = tmp_path / "profile.json"
    save_profile(found, path)
    assert load_profile(path) == found


def test_a_gpu_that_is_not_there_is_not_measured(adb, binary):
    """The binary goes on on the CPU, and does not say that a delegate took the file."""
    phone, _ = adb
    with pytest.raises(PlacementError, match=r"gpu:float16: .* did not say that a delegate took"):
        phone_profile(subject(), ["phone:gpu:float16"], adb=phone, binary=binary, rounds=1)


@pytest.mark.skipif(not os.access(TRACEFS / "trace", os.W_OK), reason="no root, or no tracefs")
def test_a_rooted_phones_kernel_is_traced(adb, binary, tmp_path):
    """The device's shell is this machine's, and so is the kernel."""
    phone, _ = adb
    path = tmp_path / "trace.txt"
    phone_profile(
        subject(), ["phone:cpu:float32"], adb=phone, binary=binary, rounds=1, threads=1,
        kernel_trace=path,
    )  # fmt: skip
    events = parse_trace(path.read_text())
    assert any(span.name.startswith("python") for span in waits(events))
    assert (TRACEFS / "events/sched/sched_switch/enable").read_text().strip() == "0"


def test_bad_input(adb, binary, tmp_path):
    phone, _ = adb
    with pytest.raises(UsageError, match="expected one of phone:cpu:float32"):
        phone_profile(subject(), ["litert:cpu:int8"], adb=phone, binary=binary)
    with pytest.raises(UsageError, match="found no file"):
        phone_profile(subject(), ["phone:cpu:int8"], adb=phone, binary=tmp_path / "nowhere")
    binary.write_text("#!/bin/sh\necho 'ERROR: cannot'\nexit 3\n")
    with pytest.raises(ProcessorError, match="benchmark_model failed with exit code 3: ERROR"):
        phone_profile(subject(), ["phone:cpu:int8"], adb=phone, binary=binary, rounds=1)
