"""Pictures on a Ray cluster of real processes: machines and the head are killed, one lies."""

import io
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from ray_nodes import LONGEST_S, Nodes, free_port, wait_for

import vernier
from vernier.images.dead_leaves import dead_leaves

PROCESSOR = "litert:cpu:float32"
COUNT, HEIGHT, WIDTH = 36, 300, 400
PACKAGE = Path(vernier.__file__).parent


def picture(number):
    return np.round(dead_leaves(HEIGHT, WIDTH, seed=number) * 255).astype(np.uint8)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    made = Nodes(tmp_path_factory.mktemp("nodes"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "deep").mkdir()
    for number in range(COUNT):
        Image.fromarray(picture(number)).save(folder / "deep" / f"p{number:02}.png")
    (folder / "broken.png").write_bytes((folder / "deep" / "p00.png").read_bytes()[:900])
    return folder


def results(folder):
    return sorted(file for file in folder.rglob("*_x2.png"))


def states(folder):
    return {file: (file.stat().st_mtime_ns, file.stat().st_ino) for file in results(folder)}


@pytest.fixture(scope="module")
def other_weights(tmp_path_factory):
    """Vernier as a machine has it where another network's weights lie under this one's name."""
    source = tmp_path_factory.mktemp("other") / "src"
    shutil.copytree(PACKAGE, source / "vernier", ignore=shutil.ignore_patterns("__pycache__"))
    shipped = source / "vernier" / "bundles" / "shipped"
    shutil.rmtree(shipped / "sesr-m5-x2")
    shutil.copytree(shipped / "sesr-m3-x2", shipped / "sesr-m5-x2")
    return source


def test_killed_machines_a_killed_head_and_a_repeated_command(
    nodes, pictures, other_weights, tmp_path
):
    out = tmp_path / "large"
    arguments = ("upscale", pictures, "-o", out, "-r", "--processor", PROCESSOR)
    head, first, second = nodes.head(), nodes.node(), nodes.node()
    said = tmp_path / "said.txt"
    with said.open("wb") as file, nodes.command(*arguments, stderr=file) as command:
        try:
            wait_for(lambda: len(results(out)) >= 4)
            # The other machine computes nothing while the loss of this one is noticed.
            nodes.signal_workers(first, signal.SIGSTOP)
            nodes.kill(second)
            wait_for(lambda: "go to others" in said.read_text())
            before = len(results(out))
            nodes.signal_workers(first, signal.SIGCONT)
            wait_for(lambda: len(results(out)) >= before + 4)
            nodes.kill(head)
            nodes.kill(first)
            command.wait(LONGEST_S)
        finally:
            command.kill()
    # One line says it, and that the rest can be done.
    assert command.returncode == 2
    assert "the head of the cluster has gone; what is done is kept" in said.read_text()
    done = states(out)
    assert 8 <= len(done) < COUNT

    nodes.head()
    nodes.node()
    nodes.node(PYTHONPATH=str(other_weights))
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
    upscaler = vernier.Upscaler("sesr-m5", 2, processor=PROCESSOR)
    for number in range(COUNT):
        with Image.open(out / "deep" / f"p{number:02}_x2.png") as image:
            made = np.asarray(image)
        np.testing.assert_array_equal(made, upscaler.enlarge(picture(number)))


@pytest.fixture(scope="module")
def object_store():
    """A real server that speaks S3's protocol."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        process.send_signal(signal.SIGKILL)


def test_an_object_store_and_a_plan_made_once(object_store, pictures, tmp_path_factory):
    import boto3

    nodes = Nodes(tmp_path_factory.mktemp("store"))
    nodes.environment.update(object_store)
    store = boto3.client(
        "s3",
        endpoint_url=object_store["AWS_ENDPOINT_URL"],
        aws_access_key_id="a",
        aws_secret_access_key="b",
        region_name="us-east-1",
    )

    def made():
        store.create_bucket(Bucket="photos")
        return True

    def tried():
        try:
            return made()
        except Exception as error:
            return None if "connect" in str(error).lower() else error

    try:
        assert wait_for(tried) is True
        for number in range(6):
            path = pictures / "deep" / f"p{number:02}.png"
            store.put_object(Bucket="photos", Key=f"in/{path.name}", Body=path.read_bytes())
        nodes.head()
        nodes.node()
        nodes.node()
        arguments = ("upscale", "s3://photos/in", "-o", "s3://photos/large")
        code, said = nodes.run(*arguments)
        assert code == 0, said
        assert said.count("plan for machines of this kind: ") == 1
        assert said.count(": computes") == 2
        found = store.list_objects_v2(Bucket="photos", Prefix="large/")["Contents"]
        whole = {one["Key"]: one["LastModified"] for one in found if one["Key"].endswith("_x2.png")}
        assert len(whole) == 6
        for key in whole:
            body = store.get_object(Bucket="photos", Key=key)["Body"].read()
            assert Image.open(io.BytesIO(body)).size == (2 * WIDTH, 2 * HEIGHT)
        code, said = nodes.run(*arguments)
        assert (code, "0 pictures in" in said, "6 by earlier runs" in said) == (0, True, True)
    finally:
        nodes.close()
    assert os.environ.get("AWS_ENDPOINT_URL") is None
