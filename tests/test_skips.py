"""The guard against silent skips, on runs of pytest of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from skips import LIST, allowed_reasons, forbidden

HERE = Path(__file__).parent


def run(folder: Path, body: str, *options: str) -> subprocess.CompletedProcess[str]:
    for name in ("conftest.py", "skips.py", "slow_tests.py", LIST.name):
        shutil.copy(HERE / name, folder)
    (folder / "test_it.py").write_text(body)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(folder)],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
    )


SKIPS = "import pytest\ndef test_a():\n    pytest.skip({!r})\ndef test_b(): pass\n"
FILE = "import pytest\npytest.importorskip('no_such_module', reason={!r})\ndef test_a(): pass\n"


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "two"])
@pytest.mark.parametrize("body", [SKIPS, FILE], ids=["test", "file"])
def test_an_unknown_reason_fails_the_run(tmp_path, body, workers):
    told = "Vela is not installed"
    done = run(tmp_path, body.format(told), "--no-other-skips", *workers)
    assert done.returncode == 1, done.stdout
    assert f"1 x {told}" in done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "two"])
def test_an_allowed_reason_passes(tmp_path, workers):
    told = "this user may write anywhere"
    done = run(tmp_path, SKIPS.format(told), "--no-other-skips", *workers)
    assert done.returncode == 0, done.stdout


def test_elsewhere_all_may_skip(tmp_path):
    assert run(tmp_path, SKIPS.format("Vela is not installed")).returncode == 0


@pytest.mark.parametrize(
    "why",
    [
        "Vela is not installed",
        "pyopencl is not installed: pip install 'vernier-sr[opencl]'",
        "pthread-AMD EPYC, Portable Computing Language: error: unknown target CPU 'generic'",
        "ai-edge-litert cannot be imported: No module named 'ai_edge_litert'",
        "openvino cannot be imported: No module named 'openvino'",
        "could not import 'torch': No module named 'torch'",
        "could not import 'onnx': No module named 'onnx'",
        "OpenVINO is not here",
        "litert:gpu:float32: LiteRT cannot run this on the GPU: the vendor's reasons",
        "no photos in DIR",
    ],
)
def test_what_the_mission_needs_is_not_on_the_list(why):
    assert forbidden([("a test", why)], allowed_reasons())
