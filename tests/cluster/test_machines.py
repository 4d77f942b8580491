"""Machines of a real cluster that are not alike, or not sound; and clusters that are not there."""

import json
import shutil
import signal
import subprocess
import sys
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from failing_memory import spoil_weights
from PIL import Image
from ray_nodes import LONGEST_S, Nodes, free_port, wait_for

import vernier
from vernier.cluster.journal import FOLDER
from vernier.images.dead_leaves import dead_leaves
from vernier.metrics.psnr import psnr

FLOAT32 = "litert:cpu:float32"
COUNT = 36
HEIC = Path(__file__).parent.parent / "images" / "foreign" / "pillow_heif_rgb.heic"


def picture(number):
    return np.round(dead_leaves(240, 320, seed=number) * 255).astype(np.uint8)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(COUNT):
        Image.fromarray(picture(number)).save(folder / f"p{number:02}.png")
    return folder


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    made = Nodes(tmp_path_factory.mktemp("nodes"))
    made.head()
    yield made
    made.close()


@pytest.fixture(scope="module")
def native(nodes):
    return nodes.node()


@pytest.fixture(scope="module")
def older(nodes, tmp_path_factory):
    """Its engines take the CPU for one without AVX-512 and AMX; and it has no package for HEIC."""
    lacks = tmp_path_factory.mktemp("lacks")
    (lacks / "pi_heif.py").write_text("raise ImportError('is not installed on this machine')\n")
    source = Path(vernier.__file__).parent.parent
    return nodes.node(ONEDNN_MAX_CPU_ISA="AVX2", PYTHONPATH=f"{lacks}:{source}")


def results(out):
    return sorted(out.glob("*_x2.png"))


def journal(out):
    lines = [
        json.loads(line)
        for file in sorted((out / FOLDER).glob("done-*.jsonl"))
        for line in file.read_text().splitlines()
    ]
    return lines, json.loads((out / FOLDER / "plans.json").read_text())


@pytest.fixture(scope="module")
def expected():
    upscaler = vernier.Upscaler("sesr-m5", 2, processor=FLOAT32)
    return [upscaler.enlarge(picture(number)) for number in range(COUNT)]


def test_each_kind_of_machine_has_a_plan_of_its_own(
    nodes, native, older, pictures, expected, tmp_path
):
    source, out = tmp_path / "in", tmp_path / "large"
    shutil.copytree(pictures, source)
    shutil.copy(HEIC, source / "a.heic")
    said = tmp_path / "said.txt"
    with said.open("wb") as file, nodes.command("upscale", source, "-o", out, stderr=file) as one:
        try:
            # The older one alone until it has met the picture that it cannot read.
            nodes.signal_workers(native, signal.SIGSTOP)
            wait_for(lambda: results(out) and "tried on another machine" in said.read_text())
            nodes.signal_workers(older, signal.SIGSTOP)
            before = len(results(out))
            nodes.signal_workers(native, signal.SIGCONT)
            wait_for(lambda: len(results(out)) >= min(before + 2, COUNT + 1))
            nodes.signal_workers(older, signal.SIGCONT)
            assert one.wait(LONGEST_S) == 0, said.read_text()
        finally:
            one.kill()
    told = said.read_text()
    assert told.count("plan for machines of this kind: ") == 2, told
    assert told.count(": computes") == 2
    assert "ONEDNN_MAX_CPU_ISA=AVX2" in told
    assert "a.heic: reading HEIC needs the package 'pi-heif'" in told
    lines, plans = journal(out)
    assert len(plans) == 2
    machines = Counter(line["machine"] for line in lines)
    assert len(machines) == 2
    assert sum(machines.values()) == COUNT + 1
    by_name = {line["source"]: line for line in lines}
    assert by_name["a.heic"]["machine"] != by_name["p00.png"]["machine"]
    assert {line["processor"] for line in lines} <= set(plans.values())
    for number, reference in enumerate(expected):
        with Image.open(out / f"p{number:02}_x2.png") as image:
            made = np.asarray(image)
        # `--prefer quality`: what was measured of a test picture, less what pictures differ.
        assert psnr(made / 255.0, reference / 255.0) >= 45.0


LIBRARY = """
import sys
import vernier
report = vernier.upscale_on_cluster(
    sys.argv[1], sys.argv[2], cluster=sys.argv[3], processor=sys.argv[4], check_every=4,
    say=lambda line: print(line, file=sys.stderr, flush=True),
)
print("report", len(report.results), len({r.machine for r in report.results}), file=sys.stderr)
"""


def test_what_a_machine_made_since_its_memory_failed_is_made_again(
    nodes, native, older, pictures, expected, tmp_path
):
    out, said = tmp_path / "large", tmp_path / "said.txt"
    arguments = ("-c", LIBRARY, pictures, out, nodes.address, FLOAT32)
    with said.open("wb") as file, nodes.python(*arguments, stderr=file) as one:
        try:
            nodes.signal_workers(older, signal.SIGSTOP)
            wait_for(lambda: results(out))
            nodes.signal_workers(native, signal.SIGSTOP)
            (worker,) = nodes.workers(native)
            assert spoil_weights(worker, "sesr-m5", 2, "float32") >= 7
            nodes.signal_workers(native, signal.SIGCONT)
            wait_for(lambda: "PUT ASIDE" in said.read_text())
            wrong = [file for file in results(out) if not _is_right(file, expected)]
            assert wrong
            nodes.signal_workers(older, signal.SIGCONT)
            assert one.wait(LONGEST_S) == 0, said.read_text()
        finally:
            one.kill()
    assert "its numbers are wrong" in said.read_text()
    assert f"report {COUNT} 1\n" in said.read_text()
    assert len(results(out)) == COUNT
    assert all(_is_right(file, expected) for file in results(out))


def _is_right(file, expected):
    with Image.open(file) as image:
        return np.array_equal(np.asarray(image), expected[int(file.name[1:3])])


OTHER_VERSION = """
import json, sys, ray
from ray.experimental.internal_kv import _internal_kv_get, _internal_kv_put
ray.init(sys.argv[1], log_to_driver=False)
about = json.loads(_internal_kv_get(b"CLUSTER_METADATA", namespace=b"cluster"))
about["ray_version"] = "2.40.0"
_internal_kv_put(
    b"CLUSTER_METADATA", json.dumps(about).encode(), overwrite=True, namespace=b"cluster"
)
"""


class _Page(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_clusters_that_are_not_there_are_told_in_one_line_at_once(nodes, pictures, tmp_path):
    """The last test here: its head says afterwards that it is of another version."""
    other = HTTPServer(("127.0.0.1", 0), _Page)
    Thread(target=other.serve_forever, daemon=True).start()
    with nodes.python("-c", OTHER_VERSION, nodes.address, stderr=subprocess.DEVNULL) as telling:
        assert telling.wait(LONGEST_S) == 0
    cases = {
        f"127.0.0.1:{free_port()}": "no Ray cluster answers there (Connection refused)",
        "nobody.invalid:6379": "no Ray cluster answers there (",
        f"127.0.0.1:{other.server_port}": "no Ray cluster answers there (something else listens",
        "somewhere": "expected a cluster as HOST:6379, or local, found 'somewhere'",
        nodes.address: "the cluster has Ray 2.40.0 on Python",
    }
    for address, reason in cases.items():
        done = subprocess.run(
            [sys.executable, "-m", "vernier.cli.main", "upscale", str(pictures),
             "-o", str(tmp_path / "o"), "--cluster", address],
            env=nodes.environment, capture_output=True, text=True, check=False, timeout=LONGEST_S,
        )  # fmt: skip
        assert done.returncode == 2, done.stderr
        assert reason in done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
    other.shutdown()
    other.server_close()
