"""`vernier web` as people type it."""

import re
import signal
import subprocess
import sys
import urllib.request

import pytest
from browser import made_site

WORDS = [sys.executable, "-m", "vernier.cli.main", "web"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Made by the command; a skip where npm's packages cannot be had."""
    folder = tmp_path_factory.mktemp("web")
    made_site(["sesr-m3"], folder / "other")
    words = [*WORDS, "sesr-m3", "fsrcnn-x4", "-o", str(folder / "site")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert re.search(r"site: sesr-m3-x2\S*, .*, fsrcnn-x4\S*, [\d,]+ bytes", done.stdout)
    return folder / "site"


def refused(*words):
    """The one line that a command says, having done nothing."""
    done = subprocess.run([*WORDS, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_what_cannot_be_meant_is_one_line(site, tmp_path):
    assert "expected -o SITE" in refused("sesr-m3")
    assert "one or more bundles" in refused("-o", str(tmp_path / "new"))
    assert "exists already" in refused("sesr-m3", "-o", str(site))
    assert "found neither" in refused("sesr-m33", "-o", str(tmp_path / "new"))
    assert "found no site.json" in refused("--serve", "-o", str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_it_serves_what_is_there_until_it_is_stopped(site):
    words = [*WORDS, "--serve", "--port", "0", "-o", str(site)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as serving:
        address = serving.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        with urllib.request.urlopen(address) as answer:
            assert b"<title>Vernier</title>" in answer.read()
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        serving.send_signal(signal.SIGINT)
        assert serving.wait(30) == 130
