"""One Ray cluster of real processes for all that is tested of it, and an object store."""

import signal
import subprocess
import sys

import pytest
from cluster_cases import COUNT, FLOAT32, PACKAGE, OtherWeights, picture
from PIL import Image
from ray_nodes import Nodes, free_port, wait_for

import vernier


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(COUNT):
        Image.fromarray(picture(number)).save(folder / f"p{number:02}.png")
    return folder


@pytest.fixture(scope="module")
def expected():
    """Of float32 in one process."""
    upscaler = vernier.Upscaler("sesr-m5", 2, processor=FLOAT32)
    return [upscaler.enlarge(picture(number)) for number in range(COUNT)]


@pytest.fixture(scope="module")
def object_store():
    """A real server that speaks S3's protocol: what libraries need to know of it."""
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


@pytest.fixture(scope="module")
def store(object_store):
    """Its client, with a bucket named photos."""
    import boto3

    client = boto3.client(
        "s3",
        endpoint_url=object_store["AWS_ENDPOINT_URL"],
        aws_access_key_id="a",
        aws_secret_access_key="b",
        region_name="us-east-1",
    )

    def made():
        try:
            client.create_bucket(Bucket="photos")
        except Exception as error:
            if "connect" in str(error).lower():
                return False
            raise
        return True

    wait_for(made)
    return client


@pytest.fixture(scope="module")
def nodes(tmp_path_factory, object_store):
    made = Nodes(tmp_path_factory.mktemp("nodes"))
    made.environment.update(object_store)
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
    return nodes.node(ONEDNN_MAX_CPU_ISA="AVX2", PYTHONPATH=f"{lacks}:{PACKAGE.parent}")


@pytest.fixture(scope="module")
def other_weights(tmp_path_factory):
    return OtherWeights(tmp_path_factory.mktemp("other"))
