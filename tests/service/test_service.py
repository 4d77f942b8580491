"""The server as a process: what it answers, and that nothing it is sent does it harm."""

import contextlib
import io
import json
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families
from served import LONGEST_S, end, serving, start, wait_for

import vernier
from vernier.images.dead_leaves import dead_leaves

PROCESSOR = "litert:cpu:float32"
MOST_BYTES, MOST_PIXELS, QUEUE, SECONDS = 2_000_000, 500_000, 3, 2.0


def png(height=40, width=60, seed=1):
    file = io.BytesIO()
    samples = np.round(dead_leaves(height, width, seed=seed) * 255).astype(np.uint8)
    Image.fromarray(samples).save(file, "PNG")
    return file.getvalue()


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def chunk(name, content):
    checked = name + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def bomb(width, height, *chunks):
    """A PNG that claims a size, and has chunks of its own."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    options = (
        "--processor", PROCESSOR, "--max-bytes", MOST_BYTES, "--max-pixels", MOST_PIXELS,
        "--max-result-pixels", 4 * MOST_PIXELS, "--queue", QUEUE, "--body-time", SECONDS,
        "--slow-time", SECONDS, "--picture-time", SECONDS, "--jobs", 3, "--worker-memory", "1500M",
    )  # fmt: skip
    with serving(tmp_path_factory.mktemp("served"), *options) as one:
        one.wait_ready()
        yield one


@pytest.fixture(autouse=True)
def _nothing_is_left(request):
    """After each test the service computes, keeps no upload, and has let everybody in again."""
    yield
    if "served" not in request.fixturenames:
        return
    served = request.getfixturevalue("served")
    served.wait_ready()
    assert served.post("/v1/upscale", png()).status == 200
    wait_for(lambda: served.number("vernier_queue_length") == 0)
    wait_for(lambda: not [file for file in served.files() if file.suffix == ".upload"])


def test_a_picture_becomes_what_the_api_makes_of_it(served):
    answer = served.post("/v1/upscale?scale=2", png())
    assert answer.status == 200, answer.body
    with_api = vernier.Upscaler("sesr-m5", 2, processor=PROCESSOR).enlarge(pixels(png()))
    np.testing.assert_array_equal(pixels(answer.body), with_api)
    assert answer.headers["vernier-processor"] == PROCESSOR
    assert answer.headers["vernier-plan"].startswith("sesr-m5 x2")
    assert answer.headers["vernier-size"] == "120x80"
    assert answer.headers["content-type"] == "image/png"


def test_formats_sizes_and_notes(served):
    answer = served.post("/v1/upscale?size=150x100&format=jpeg&quality=90", png())
    image = Image.open(io.BytesIO(answer.body))
    assert (image.format, image.size) == ("JPEG", (150, 100))
    file = io.BytesIO()
    Image.new("RGBA", (30, 20), (200, 30, 30, 90)).save(file, "PNG")
    noted = served.post("/v1/upscale?format=jpeg", file.getvalue())
    assert "laid on white" in noted.headers["vernier-notes"]


def test_a_job_tells_its_progress_and_keeps_its_result(served):
    begun = served.post("/v1/jobs?scale=2", png(300, 400))
    assert begun.status == 202
    events = served.ask("GET", begun.json["events"]).body.decode()
    told = [
        dict(line.split(": ", 1) for line in one.splitlines() if not line.startswith(":"))
        for one in events.strip().split("\n\n")
    ]
    assert {one["event"] for one in told[:-1]} <= {"progress"}
    last = json.loads(told[-1]["data"])
    assert (told[-1]["event"], last["state"]) == ("done", "done")
    assert last["progress"]["done"] == last["progress"]["total"] >= 1
    result = served.ask("GET", begun.json["result"])
    assert pixels(result.body).shape == (600, 800, 3)
    assert served.ask("GET", begun.json["result"]).body == result.body
    assert served.ask("DELETE", begun.json["href"]).status == 204
    assert served.ask("GET", begun.json["href"]).status == 404


def test_jobs_that_are_kept_are_counted(served):
    jobs = [served.post("/v1/jobs", png()).json for _ in range(3)]
    refused = served.post("/v1/jobs", png())
    assert (refused.status, refused.headers["retry-after"]) == (429, "60")
    assert "3 jobs are kept" in refused.reason
    for job in jobs:
        served.ask("DELETE", job["href"])


def chunked(size, part=b"x" * 65536):
    return (part for _ in range(-(-size // len(part))))


REFUSED = {
    "more bytes than it may, declared": ({"body": b"x" * (MOST_BYTES + 1)}, 413, "the limit of"),
    "more bytes than it may, in parts": (
        {"body": lambda: chunked(MOST_BYTES * 3), "encode_chunked": True,
         "headers": {"Transfer-Encoding": "chunked"}}, 413, "the limit of",
    ),
    "a bomb: 3.6 gigapixels claimed": (
        {"body": bomb(60000, 60000, chunk(b"IDAT", zlib.compress(bytes(1 << 20))))},
        413, "60000x60000 pixels, more than the limit of 500,000",
    ),
    "a profile that grows a thousandfold": (
        {"body": bomb(40, 40, chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(150 << 20), 9)),
                      chunk(b"IDAT", zlib.compress(bytes(40 * 121))))}, None, "",
    ),
    "no picture": ({"body": b"%PDF-1.7 " * 9}, 422, "found a PDF"),
    "half a picture": ({"body": png()[:-200]}, 422, "damaged or cut short"),
    "nothing": ({"body": b""}, 422, "0 bytes"),
    "no body at all": ({"method": "POST", "body": None}, 422, "0 bytes"),
    "a form": ({"body": b"--x", "headers": {"Content-Type": "multipart/form-data"}}, 415, "form"),
    "a packed body": ({"body": b"x", "headers": {"Content-Encoding": "gzip"}}, 415, "as it is"),
    "both a scale and a size": ({"path": "?scale=2&size=90x90", "body": png()}, 422, "not both"),
    "no enlargement": ({"path": "?size=9x9", "body": png()}, 422, "is no enlargement"),
    "too much of an enlargement": ({"path": "?scale=9", "body": png()}, 413, "the limit of 8"),
    "a result too large": (
        {"path": "?scale=8", "body": png(300, 300)}, 413, "2400x2400 pixels, more than the limit",
    ),
    "a scale that is none": ({"path": "?scale=much", "body": png()}, 422, "scale: "),
    "another method": ({"method": "PUT", "body": png()}, 405, "Method Not Allowed"),
    "another site's page": (
        {"body": png(), "headers": {"Origin": "https://example.com"}}, 403, "another site's page",
    ),
    "another name for this machine": (
        {"body": png(), "headers": {"Host": "rebound.example.com"}}, 403, "Host of this machine",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_and_why(served, name):
    asked, status, reason = REFUSED[name]
    asked = {**asked}
    body = asked.pop("body")
    path, method = f"/v1/upscale{asked.pop('path', '')}", asked.pop("method", "POST")
    answer = served.ask(method, path, body() if callable(body) else body, **asked)
    if status is None:  # an odd profile may be left out or refused
        assert answer.status in (200, 413, 422)
        return
    assert (answer.status, answer.json["status"]) == (status, status), answer.body
    assert reason in answer.reason


def read_all(connection):
    """Up to the end, be it a sudden one."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


HEAD = b"POST /v1/upscale HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"


def test_a_slow_body_is_given_up(served):
    with served.connect() as connection:
        connection.sendall(HEAD % 1000 + b"\x89PNG")
        started = time.monotonic()
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(4096)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - started >= SECONDS * 0.9


def test_slow_headers_are_cut_off(served):
    with served.connect() as connection:
        connection.sendall(b"POST /v1/upscale HTTP/1.1\r\nHost: loc")
        started = time.monotonic()
        assert read_all(connection) == b""
        assert SECONDS * 0.9 <= time.monotonic() - started < LONGEST_S / 2


def test_a_body_shorter_than_it_says(served):
    with served.connect() as connection:
        connection.sendall(HEAD % 5000 + png()[:1000])
        connection.shutdown(socket.SHUT_WR)
        assert not read_all(connection).startswith(b"HTTP/1.1 200")


def test_a_body_longer_than_it_says_is_no_second_request(served):
    content = png()
    with served.connect() as connection:
        connection.sendall(HEAD % len(content) + content + b"and more that is no request\r\n\r\n")
        answer = read_all(connection)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"HTTP/1.1 400 " in answer


def test_an_endless_body_is_cut_off_after_its_answer(served):
    with served.connect() as connection:
        connection.sendall(HEAD % 10**15)

        def is_cut_off():
            try:
                connection.sendall(bytes(1 << 16))
            except OSError:
                return True

        wait_for(is_cut_off)


def test_rubbish_is_no_request(served):
    with served.connect() as connection:
        connection.sendall(bytes(range(256)) * 20 + b"\r\n\r\n")
        assert b"400" in read_all(connection)


def test_a_client_that_takes_no_answer_is_cut_off(served):
    content = png(600, 800)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", served.port))
        connection.sendall(HEAD.replace(b"upscale", b"upscale?format=tiff") % len(content))
        before = served.number("vernier_queue_seconds_count")
        connection.sendall(content)
        wait_for(lambda: served.number("vernier_queue_seconds_count") > before)
        server = psutil.Process(served.process.pid)

        def open_here():
            port = connection.getsockname()[1]
            return [c for c in server.net_connections("tcp") if c.raddr and c.raddr[1] == port]

        assert open_here()
        wait_for(lambda: not open_here())


def test_too_many_wait_and_none_is_lost(served):
    worker = served.worker()
    worker.send_signal(signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(QUEUE + 1) as clients:
            inside = [
                clients.submit(served.post, "/v1/upscale", png(seed=n)) for n in range(QUEUE + 1)
            ]
            wait_for(lambda: served.number("vernier_queue_length") == QUEUE)
            refused = served.post("/v1/upscale", png())
            assert refused.status == 429
            assert int(refused.headers["retry-after"]) >= 1
            assert f"a queue of {QUEUE}" in refused.reason
            worker.send_signal(signal.SIGCONT)
            answers = [one.result() for one in inside]
    finally:
        worker.send_signal(signal.SIGCONT)
    assert [one.status for one in answers] == [200] * (QUEUE + 1)
    alone = [served.post("/v1/upscale", png(seed=n)).body for n in range(QUEUE + 1)]
    assert [one.body for one in answers] == alone


def test_a_picture_that_takes_too_long(served):
    worker = served.worker()
    worker.send_signal(signal.SIGSTOP)
    answer = served.post("/v1/upscale", png())
    assert answer.status == 503
    assert f"longer than the limit of {SECONDS:g} s" in answer.reason
    wait_for(lambda: not psutil.pid_exists(worker.pid))


def test_a_picture_whose_process_ends(served):
    """As when a decoder crashes: that picture has an answer, and others are computed."""
    for _ in range(20):  # until one is caught in the middle
        job = served.post("/v1/jobs", png(400, 480)).json
        place = job["href"]
        wait_for(lambda place=place: served.ask("GET", place).json["state"] != "waiting")
        served.worker().kill()
        events = served.ask("GET", job["events"]).body.decode()
        served.ask("DELETE", job["href"])
        if "event: failed" in events:
            break
    assert "the process that computed this picture ended" in events


def test_a_process_that_ends_between_pictures(served):
    worker = served.worker()
    worker.send_signal(signal.SIGSTOP)
    with ThreadPoolExecutor(1) as client:
        asked = client.submit(served.post, "/v1/upscale", png())
        wait_for(lambda: served.number("vernier_computing") == 1)
        worker.kill()
        # It had not begun, so another worker does it.
        assert asked.result().status == 200
    assert served.number("vernier_worker_restarts_total") >= 1


def test_a_client_that_goes_is_not_worked_for(served):
    worker = served.worker()
    worker.send_signal(signal.SIGSTOP)
    content = png(400, 480)
    try:
        gone = [served.connect() for _ in range(3)]
        for connection in gone:
            connection.sendall(HEAD % len(content) + content)
        wait_for(lambda: served.number("vernier_queue_length") == 2)
        for connection in gone:
            connection.close()
        wait_for(lambda: not [f for f in served.files() if f.suffix == ".upload"])
    finally:
        worker.send_signal(signal.SIGCONT)


def test_numbers_for_prometheus(served):
    text = served.ask("GET", "/metrics").body.decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    computed = sum(
        s.value for s in families["vernier_pictures"].samples if s.name.endswith("total")
    )
    answered = sum(
        s.value
        for s in families["vernier_requests"].samples
        if s.labels.get("status") == "200"
        and s.labels["route"] == "/v1/upscale"
        and s.name.endswith("total")
    )
    assert computed >= answered >= 1
    assert families["vernier_memory_bytes"].samples[0].value > 1 << 20


def test_the_page_of_the_api_needs_nobody_else(served):
    page = served.ask("GET", "/docs").body.decode()
    described = served.ask("GET", "/openapi.json").json
    for path in described["paths"]:
        assert path in page
    assert "<script" not in page
    assert [part.split("'")[1] for part in page.split("href=")[1:]] == ["/openapi.json"]


def run_serve(*options):
    return subprocess.run(
        [sys.executable, "-m", "vernier.cli.main", "serve", *options],
        capture_output=True, text=True, check=False, timeout=LONGEST_S,
    )  # fmt: skip


def test_others_need_a_token(tmp_path):
    refused = run_serve("--host", "0.0.0.0")
    assert refused.returncode == 2
    assert "a token is needed" in refused.stderr
    token = "a-token-that-nobody-guesses"
    with serving(tmp_path, "--host", "0.0.0.0", VERNIER_TOKEN=token) as served:
        assert served.ask("GET", "/health").status == 200
        for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {token}"}):
            answer = served.ask("GET", "/metrics", headers=given)
            assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
        right = {"Authorization": f"Bearer {token}"}
        assert served.ask("GET", "/metrics", headers=right).status == 200


def test_stopped_it_finishes_what_it_has_begun(tmp_path):
    served = start(tmp_path, "--processor", PROCESSOR)
    served.wait_ready()
    worker = served.worker()
    worker.send_signal(signal.SIGSTOP)
    with ThreadPoolExecutor(2) as clients:
        asked = [clients.submit(served.post, "/v1/upscale", png(seed=n)) for n in (1, 2)]
        wait_for(lambda: served.number("vernier_queue_length") == 1)
        stopping = threading.Thread(target=lambda: codes.append(end(served)))
        codes = []
        stopping.start()
        time.sleep(0.3)
        worker.send_signal(signal.SIGCONT)
        assert [one.result().status for one in asked] == [200, 200]
        stopping.join()
    assert codes == [143]
    assert not psutil.pid_exists(worker.pid)
    assert served.files() == []


def test_what_cannot_compute_ends_and_says_why(tmp_path):
    done = run_serve("--port", "0", "--processor", "no:such:one")
    assert done.returncode == 2
    assert "no:such:one" in done.stderr
    assert len(done.stderr.splitlines()) == 1
