"""Debian's Chromium, driven by Playwright: a page of a site that `vernier web` made."""

import base64
import hashlib
import io
import shutil
import tarfile
import urllib.request
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from vernier.cache import cache_folder
from vernier.errors import UsageError
from vernier.web.serving import serving
from vernier.web.site import web_site

# WebGPU in software: for numbers, never for times.
FLAGS = (
    "--no-sandbox",
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--enable-unsafe-swiftshader",
)
ON_WASM = "?processor=web:wasm:float32"
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 120_000
AXE = "https://registry.npmjs.org/axe-core/-/axe-core-4.14.1.tgz"
AXE_SHA256 = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"


@contextmanager
def chromium():
    """The browser, or a skip."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no Chromium here (Debian: apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def made_site(bundles, folder, **options):
    """A site, or a skip where npm's packages cannot be had."""
    try:
        return web_site(bundles, folder, **options)
    except UsageError as error:
        if "cannot be fetched" in str(error):
            pytest.skip("LiteRT.js cannot be fetched from npm here")
        raise


@contextmanager
def opened(browser, folder, *, isolated=True, query=ON_WASM, **context):
    """A page of the site, with its first network open.

    `page.errors` has what its scripts throw, `page.complaints` what its console calls an error.

    A GPU in software is slow: it is tried where the `query` is empty.
    """
    with serving(folder, isolated=isolated) as server:
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        place = browser.new_context(viewport=PHONE, **{"locale": "en-GB", **context})
        place.set_default_timeout(PATIENCE_MS)
        page = place.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.complaints = []
        page.on("console", lambda said: said.type == "error" and page.complaints.append(said.text))
        page.address = address
        page.goto(address + query)
        try:
            yield page
        finally:
            place.close()


def settled(page):
    """Wait until the page waits for a user; what it says then, or its error."""
    said = ""
    while not said:
        page.locator(
            "#status:text-matches('Ready|Done|Cancelled|就绪|完成|取消'), #error:not(:empty)"
        ).first.wait_for()
        # It may have gone on to something else meanwhile.
        said = page.inner_text("#status") or page.inner_text("#error")
    return said


def choose(page, index):
    """Another network of the site."""
    page.select_option("#network", str(index))
    return settled(page)


def enlarge(page, content, name="picture.png", kind="image/png"):
    """Give the page a file; what it says at the end."""
    page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": content})
    return settled(page)


def result(page):
    """The page's result as the bytes of a file."""
    text = page.evaluate(
        """async () => {
          const file = await (await fetch(document.getElementById('download').href)).blob();
          return new Promise((done) => {
            const reader = new FileReader();
            reader.onload = () => done(reader.result.split(',')[1]);
            reader.readAsDataURL(file);
          });
        }"""
    )
    return base64.b64decode(text)


def png(samples):
    """Samples as a PNG file."""
    content = io.BytesIO()
    Image.fromarray(samples).save(content, "PNG")
    return content.getvalue()


def samples_of(content):
    """The samples of a file."""
    return np.asarray(Image.open(io.BytesIO(content)))


def axe_script():
    """Deque's accessibility rules, as a script; or a skip."""
    kept = cache_folder() / "axe-core-4.14.1.tgz"
    if not kept.is_file():
        try:
            with urllib.request.urlopen(AXE, timeout=60) as answer:
                content = answer.read()
        except OSError:
            pytest.skip("axe-core cannot be fetched from npm here")
        assert hashlib.sha256(content).hexdigest() == AXE_SHA256
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(content)
    with tarfile.open(kept) as archive:
        return archive.extractfile("package/axe.min.js").read().decode()


def faults(page, axe):
    """What the rules find, by their names; serious or not."""
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return {one["id"]: [node["html"] for node in one["nodes"]] for one in found}
