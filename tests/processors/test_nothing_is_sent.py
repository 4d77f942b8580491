"""Importing OpenVINO tells nobody of it."""

import json
import subprocess
import sys

import pytest

WATCHED = """
import json, socket, sys
from multiprocessing.process import BaseProcess

seen = []
started = BaseProcess.start
BaseProcess.start = lambda self: seen.append(f"process {self._target}") or started(self)
connect = socket.socket.connect
socket.socket.connect = lambda self, to: seen.append(f"socket {to}")
from vernier.processors.discovery import present_processors
names = [str(processor.id) for processor in present_processors()]
print(json.dumps({"seen": seen, "names": names, "openvino": "openvino" in sys.modules}))
"""


def test_listing_processors_starts_no_process_and_opens_no_connection(tmp_path, monkeypatch):
    # Where nothing says yes or no, OpenVINO's package takes it for a yes.
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    # An OpenCL for CPUs keeps what it compiled, which is its business.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("CI", "TF_BUILD", "JENKINS_URL"):
        monkeypatch.delenv(name, raising=False)
    run = subprocess.run(
        [sys.executable, "-c", WATCHED], capture_output=True, text=True, check=True
    )
    found = json.loads(run.stdout.splitlines()[-1])
    if not any(name.startswith("openvino:cpu") for name in found["names"]):
        pytest.fail("OpenVINO is not here")
    assert (found["openvino"], found["seen"]) == (True, [])
    assert list(home.iterdir()) == []
