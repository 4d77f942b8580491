"""A real Ray cluster on this machine: of machines that are not alike or not sound, which are
killed, with its head. In this order, for the last tests kill what the first ones share.
"""

import contextlib
import io
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
from clips import make_film, packet_bytes, video_times
from cluster_cases import COUNT, FLOAT32, HEIGHT, WIDTH
from failing_memory import spoil_weights
from PIL import Image
from ray_nodes import LONGEST_S, free_port, wait_for

from vernier.cluster.journal import FOLDER
from vernier.metrics.psnr import psnr
from vernier.video.boundaries import stretches
from vernier.video.converting import video
from vernier.video.journal import journal_folder
from vernier.video.probing import probe

HEIC = Path(__file__).parent.parent / "images" / "foreign" / "pillow_heif_rgb.heic"
HEAD_GONE = "the head of the cluster has gone; what is done is kept"


def results(out):
    return sorted(out.rglob("*_x2.png"))


def states(out):
    return {file: (file.stat().st_mtime_ns, file.stat().st_ino) for file in results(out)}


def is_right(file, expected):
    with Image.open(file) as image:
        return np.array_equal(np.asarray(image), expected[int(file.name[1:3])])


def journal(out):
    lines = [
        json.loads(line)
        for file in sorted((out / FOLDER).glob("done-*.jsonl"))
        for line in file.read_text().splitlines()
    ]
    return lines, json.loads((out / FOLDER / "plans.json").read_text())


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
            assert not all(is_right(file, expected) for file in results(out))
            nodes.signal_workers(older, signal.SIGCONT)
            assert one.wait(LONGEST_S) == 0, said.read_text()
        finally:
            one.kill()
    assert "its numbers are wrong" in said.read_text()
    assert f"report {COUNT} 1\n" in said.read_text()
    assert len(results(out)) == COUNT
    assert all(is_right(file, expected) for file in results(out))


AS_VERSION = """
import json
import sys

import ray
from ray.experimental.internal_kv import _internal_kv_get, _internal_kv_put
ray.init(sys.argv[1], log_to_driver=False)
about = _internal_kv_get(b"CLUSTER_METADATA", namespace=b"cluster")
other = json.dumps({**json.loads(about), "ray_version": sys.argv[2]}).encode()
for value in (other, about):
    _internal_kv_put(b"CLUSTER_METADATA", value, overwrite=True, namespace=b"cluster")
    print("told", flush=True)
    sys.stdin.readline()
"""


@contextlib.contextmanager
def taken_for(nodes, version):
    """A cluster that says that it is of another version, for the time of a block."""
    with subprocess.Popen(
        [sys.executable, "-c", AS_VERSION, nodes.address, version], env=nodes.environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as telling:  # fmt: skip
        assert telling.stdout.readline() == "told\n"
        try:
            yield
        finally:
            telling.stdin.write("\n")
            telling.stdin.flush()
            assert telling.stdout.readline() == "told\n"
            telling.stdin.close()


class _Page(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_clusters_that_are_not_there_are_told_in_one_line_at_once(nodes, native, tmp_path):
    other = HTTPServer(("127.0.0.1", 0), _Page)
    Thread(target=other.serve_forever, daemon=True).start()

    Image.new("RGB", (32, 32)).save(tmp_path / "p.png")
    cases = {
        f"127.0.0.1:{free_port()}": "no Ray cluster answers there (Connection refused)",
        "nobody.invalid:6379": "no Ray cluster answers there (",
        f"127.0.0.1:{other.server_port}": "no Ray cluster answers there (something else listens",
        "somewhere": "expected a cluster as HOST:6379, or local, found 'somewhere'",
        nodes.address: "the cluster has Ray 2.40.0 on Python",
    }
    with taken_for(nodes, "2.40.0"):
        for address, reason in cases.items():
            done = subprocess.run(
                [sys.executable, "-m", "vernier.cli.main", "upscale", str(tmp_path),
                 "-o", str(tmp_path / "o"), "--cluster", address],
                env=nodes.environment, capture_output=True, text=True, check=False,
                timeout=LONGEST_S,
            )  # fmt: skip
            assert done.returncode == 2, done.stderr
            assert reason in done.stderr
            assert len(done.stderr.splitlines()) == 1, done.stderr
    other.shutdown()
    other.server_close()


def test_killed_machines_a_killed_head_and_a_repeated_command(
    nodes, native, older, pictures, other_weights, expected, tmp_path
):
    source, out, said = tmp_path / "in", tmp_path / "large", tmp_path / "said.txt"
    shutil.copytree(pictures, source / "deep")
    (source / "broken.png").write_bytes((pictures / "p00.png").read_bytes()[:900])
    arguments = ("upscale", source, "-o", out, "-r", "--processor", FLOAT32)
    with said.open("wb") as file, nodes.command(*arguments, stderr=file) as command:
        try:
            wait_for(lambda: len(results(out)) >= 4)
            # The other machine computes nothing while the loss of this one is noticed.
            nodes.signal_workers(native, signal.SIGSTOP)
            nodes.kill(older)
            wait_for(lambda: "go to others" in said.read_text())
            before = len(results(out))
            nodes.signal_workers(native, signal.SIGCONT)
            wait_for(lambda: len(results(out)) >= before + 4)
            nodes.kill_all()
            command.wait(LONGEST_S)
        finally:
            command.kill()
    # One line says it, and that the rest can be done.
    assert command.returncode == 2
    assert HEAD_GONE in said.read_text()
    done = states(out)
    assert 8 <= len(done) < COUNT

    nodes.head()
    nodes.node()
    nodes.node(PYTHONPATH=str(other_weights.source))
    code, said = nodes.run(*arguments)
    # The machine with other weights was put aside, loudly, and the broken picture told.
    assert "PUT ASIDE" in said, said
    assert "dB to the reference, less than 60; its numbers are wrong" in said
    assert "broken.png: the file is damaged or cut short" in said
    assert code == 2
    assert f"1 of {COUNT + 1} pictures failed" in said
    assert f"{COUNT - len(done)} pictures in" in said
    assert f"{len(done)} by earlier runs" in said
    # What was done before is as it was, and nothing is half there.
    assert {file: state for file, state in states(out).items() if file in done} == done
    assert not list(out.rglob("*.part"))
    assert len(results(out)) == COUNT
    assert all(is_right(file, expected) for file in results(out))


@pytest.fixture(scope="module")
def alike(nodes, other_weights):
    """Two machines of one kind, the second with weights that may become others."""
    if len(nodes.alive) < 3:  # the test before was left out
        nodes.kill_all()
        nodes.head()
        nodes.node()
        nodes.node(PYTHONPATH=str(other_weights.source))
    other_weights.become("sesr-m5")


def test_an_object_store_and_a_plan_made_once(nodes, alike, store, pictures):
    for number in range(COUNT):
        path = pictures / f"p{number:02}.png"
        store.put_object(Bucket="photos", Key=f"in/{path.name}", Body=path.read_bytes())
    arguments = ("upscale", "s3://photos/in", "-o", "s3://photos/large")
    code, said = nodes.run(*arguments)
    assert code == 0, said
    assert said.count("plan for machines of this kind: ") == 1
    assert said.count(": computes") == 2
    found = store.list_objects_v2(Bucket="photos", Prefix="large/")["Contents"]
    whole = [one["Key"] for one in found if one["Key"].endswith("_x2.png")]
    assert len(whole) == COUNT
    for key in whole:
        body = store.get_object(Bucket="photos", Key=key)["Body"].read()
        assert Image.open(io.BytesIO(body)).size == (2 * WIDTH, 2 * HEIGHT)
    code, said = nodes.run(*arguments)
    assert (code, "0 pictures in" in said, f"{COUNT} by earlier runs" in said) == (0, True, True)


FRAMES = 600


def test_a_film_that_stops_twice_is_that_of_one_process_bit_by_bit(
    nodes, alike, other_weights, tmp_path
):
    """Encoded by FFV1, whose packets do not depend on how an encoder's threads take turns."""
    # With B-frames, key frames at odd places, and sound.
    film = make_film(
        tmp_path / "film.mp4",
        width=160, height=120, frames=FRAMES, audio=1, options={"g": "31", "bf": "2"},
    )  # fmt: skip
    target, shared, said = tmp_path / "one.mkv", tmp_path / "cluster.mkv", tmp_path / "said.txt"
    alone = video(film, target, processor=FLOAT32, codec="ffv1")
    found = stretches(probe(film), None, None, None)
    assert sum(stretch.frames for stretch in found) == alone.frames == FRAMES
    assert len(found) >= 12
    folder = journal_folder(shared)
    arguments = ("video", film, "-o", shared, "--codec", "ffv1", "--processor", FLOAT32)

    def done():
        return sorted(folder.glob("*.packets"))

    with said.open("wb") as file, nodes.command(*arguments, stderr=file) as command:
        wait_for(lambda: len(done()) >= 2)
        command.kill()
    before = {file: file.stat().st_mtime_ns for file in done()}
    assert len(before) < len(found)
    with said.open("wb") as file, nodes.command(*arguments, stderr=file) as command:
        try:
            wait_for(lambda: said.read_text().count(": computes") == 2)
            # From here on the trial of one machine is another network's.
            other_weights.become("sesr-m3")
            wait_for(lambda: "PUT ASIDE" in said.read_text())
            wait_for(lambda: len(done()) > len(before))
            nodes.kill_all()
            command.wait(LONGEST_S)
        finally:
            command.kill()
    assert command.returncode == 2
    assert HEAD_GONE in said.read_text()
    assert "its numbers are wrong" in said.read_text()
    assert len(done()) < len(found)
    assert {file: file.stat().st_mtime_ns for file in done() if file in before} == before
    rest = video(film, shared, processor=FLOAT32, codec="ffv1")
    assert 0 < rest.resumed < FRAMES
    for kind in ("video", "audio"):
        assert packet_bytes(shared, kind) == packet_bytes(target, kind)
    assert video_times(shared) == video_times(target)
    assert not folder.exists()
