"""What a site holds, what is refused, and how it is served."""

import hashlib
import json
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from browser import made_site

from vernier.bundles.bundle import open_bundle
from vernier.bundles.shipped import shipped_bundles
from vernier.errors import BundleError, UsageError
from vernier.web import litert_js as packages
from vernier.web.certificate import self_signed
from vernier.web.serving import serving
from vernier.web.site import PAGE, web_site

TYPESCRIPT = "typescript@7.0.2"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web") / "site"
    made_site(["sesr-m3"], folder)
    return folder


def test_the_bundle_is_in_it_as_it_is(site):
    original = shipped_bundles("sesr-m3", 2)["int8"]
    copy = open_bundle(site / "bundles" / "sesr-m3-x2.int8")
    assert copy.manifest == open_bundle(original).manifest
    assert [s.model for s in copy.segments] == [s.model for s in open_bundle(original).segments]


def test_nothing_in_it_asks_another_address(site):
    for file in [*site.glob("app/*.js"), site / "index.html", site / "sw.js", site / "style.css"]:
        text = file.read_text(encoding="utf-8")
        assert "http://" not in text, file
        assert "https://" not in text, file


def test_the_service_worker_names_files_that_are_there(site):
    script = (site / "sw.js").read_text(encoding="utf-8")
    assert "@VERSION@" not in script
    kept = json.loads(script.partition("const FILES = ")[2].partition(";")[0])
    assert [name for name in kept if name != "./" and not (site / name).is_file()] == []
    assert {"./", "site.json", "app/engine.js", "litert/index.js"} <= set(kept)


def test_the_same_bundles_give_the_same_site(site, tmp_path):
    made_site(["sesr-m3"], tmp_path / "again")
    for file in site.rglob("*"):
        if file.is_file():
            assert (tmp_path / "again" / file.relative_to(site)).read_bytes() == file.read_bytes()


def test_what_is_in_the_way_stays(site, tmp_path):
    with pytest.raises(UsageError, match="exists already"):
        web_site(["sesr-m3"], site)
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(UsageError, match="is no site"):
        web_site(["sesr-m3"], tmp_path, overwrite=True)
    assert (tmp_path / "mine").read_text() == "precious"
    with pytest.raises(BundleError, match="found neither"):
        web_site(["no-such"], tmp_path / "site")
    with pytest.raises(UsageError, match="one or more bundles"):
        web_site([], tmp_path / "site")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]


def test_another_litert_js_is_refused(tmp_path):
    with pytest.raises(UsageError, match="npm pack"):
        packages.litert_js(tmp_path)
    (tmp_path / packages.CORE.file).write_bytes(b"something else")
    with pytest.raises(UsageError, match="as npm publishes it"):
        packages.litert_js(tmp_path)


def test_without_the_registry_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def refused(*_, **__):
        raise urllib.error.URLError("unreachable")

    monkeypatch.setattr(urllib.request, "urlopen", refused)
    with pytest.raises(UsageError, match="--litert-js DIR"):
        packages.litert_js()
    assert not list(tmp_path.rglob("*.tgz"))


def test_npm_packs_the_same_files(tmp_path, site):
    if shutil.which("npm") is None:
        pytest.skip("no npx here (Debian: apt install npm)")
    names = [f"{package.name}@{packages.VERSION}" for package in (packages.CORE, packages.UTILS)]
    subprocess.run(["npm", "pack", "--silent", *names], cwd=tmp_path, check=True)
    for package in (packages.CORE, packages.UTILS):
        content = (tmp_path / package.file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == package.sha256
    assert packages.litert_js(tmp_path) == packages.litert_js()


def test_the_page_s_types(tmp_path):
    """TypeScript checks every file of the page by its JSDoc."""
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("no npx here (Debian: apt install npm)")
    words = [npx, "--yes", "-p", TYPESCRIPT, "tsc", "-p", str(PAGE / "tsconfig.json")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    if "npm error" in done.stderr.lower():
        pytest.skip("TypeScript cannot be fetched from npm here")
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def answer(address, **options):
    with urllib.request.urlopen(address, **options) as found:
        return found.headers, found.read()


def test_the_server_isolates_the_page_and_gives_nothing_else(site):
    with serving(site) as server:
        host, port = server.server_address[:2]
        assert host == "127.0.0.1"
        address = f"http://{host}:{port}/"
        headers, _ = answer(address)
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        assert answer(f"{address}app/page.js")[0]["Content-Type"] == "text/javascript"
        wasm = answer(f"{address}litert/wasm/litert_wasm_internal.wasm")
        assert wasm[0]["Content-Type"] == "application/wasm"
        for outside in ("bundles/", "%2e%2e/%2e%2e/etc/passwd"):
            with pytest.raises(urllib.error.HTTPError):
                answer(address + outside)
        with pytest.raises(UsageError, match="--port"), serving(site, port=port):
            pass


def test_https_with_a_certificate_of_its_own(site):
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    with (
        self_signed("127.0.0.1") as certificate,
        serving(site, certificate=certificate) as server,
    ):
        trusted = ssl.create_default_context(cafile=str(certificate.chain))
        address = f"https://127.0.0.1:{server.server_address[1]}/"
        assert b"<title>Vernier</title>" in answer(address, context=trusted)[1]
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            answer(address)
        key = certificate.key
    assert not key.exists()


def test_a_folder_that_is_no_site_is_not_served(tmp_path):
    with pytest.raises(UsageError, match=r"found no site\.json"), serving(Path(tmp_path)):
        pass
