"""The Android app: what Android's tools read in it, and its site in a browser as in a web view."""

import base64
import os
import re
import shutil
import subprocess
import zipfile

import numpy as np
import pytest
from browser import PATIENCE_MS, PHONE, chromium, enlarge, made_site, png, samples_of, settled
from PIL import Image

import vernier
from vernier.bundles.shipped import shipped_bundles
from vernier.cli.main import main
from vernier.errors import FileError, UsageError
from vernier.web import apk
from vernier.web.apk import ASSETS, PASSWORD, check_tools, write_apk

ORIGIN = "https://appassets.androidplatform.net/"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    try:
        check_tools()
    except UsageError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("web") / "site"
    made_site(["sesr-m3"], folder)
    # aapt itself would leave these out.
    (folder / "bundles" / ".hidden").write_bytes(b"kept")
    (folder / "bundles" / "_apart").mkdir()
    (folder / "bundles" / "_apart" / "file~").write_bytes(b"kept too")
    return folder


@pytest.fixture(scope="module")
def app(site, tmp_path_factory):
    made = tmp_path_factory.mktemp("apk") / "app.apk"
    write_apk(site, made, application_id="com.example.larger", label="Larger & 'finer' \"A\"")
    return made


def said(*words):
    """What a tool says, where it is content."""
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def test_android_s_tools_take_it(app):
    verdict = said("apksigner", "verify", "-v", "--print-certs", str(app))
    assert "v3 scheme (APK Signature Scheme v3): true" in verdict
    older = said("apksigner", "verify", "-v", "--min-sdk-version", "24", str(app))
    assert "v2 scheme (APK Signature Scheme v2): true" in older
    assert "CN=Vernier debug" in verdict
    said("zipalign", "-c", "-p", "4", str(app))
    badging = said("aapt", "dump", "badging", str(app))
    assert "package: name='com.example.larger'" in badging
    assert "sdkVersion:'29'" in badging
    assert "launchable-activity: name='org.vernier.web.MainActivity'" in badging
    assert "uses-permission" not in badging
    # aapt prints a quotation mark behind a stroke.
    assert r"""application-label:'Larger & 'finer' \"A\"'""" in badging
    tree = said("aapt", "dump", "xmltree", str(app), "AndroidManifest.xml")
    assert '"android.intent.action.SEND"' in tree
    assert '"image/*"' in tree


def test_a_changed_app_is_not_taken(app, tmp_path):
    """That its signature covers it: else the test above would say nothing."""
    content = bytearray(app.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "changed.apk").write_bytes(content)
    words = ["apksigner", "verify", str(tmp_path / "changed.apk")]
    assert subprocess.run(words, capture_output=True, check=False).returncode != 0


def test_every_file_of_the_site_is_in_it(app, site):
    with zipfile.ZipFile(app) as archive:
        there = {n: archive.read(n) for n in archive.namelist() if n.startswith(ASSETS)}
    files = [path for path in site.rglob("*") if path.is_file()]
    assert there == {ASSETS + p.relative_to(site).as_posix(): p.read_bytes() for p in files}


def disassembled(code, folder):
    """A dex file as text, by class."""
    said("baksmali", "disassemble", "-a", "29", "-o", str(folder), str(code))
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.rglob("*.smali")}


def test_its_code_is_whole_in_the_dex(app, tmp_path):
    """Each call of the source is in it, class by class; and it can be assembled once more."""
    with zipfile.ZipFile(app) as archive:
        archive.extract("classes.dex", tmp_path)
    classes = disassembled(tmp_path / "classes.dex", tmp_path / "out")
    assert set(classes) == {"MainActivity", "SiteClient", "PickerClient", "Results"}
    for name, text in classes.items():
        source = (apk.ANDROID / "smali" / f"{name}.smali").read_text(encoding="utf-8")
        for parts in (r"L[\w/$]+;->\S+", r'"[^"\n]*"'):
            code = [line for line in source.splitlines() if not line.strip().startswith("#")]
            written = re.findall(parts, "\n".join(code))
            assert sorted(written) == sorted(re.findall(parts, text.partition(".super")[2]))
    again = tmp_path / "again.dex"
    said("smali", "assemble", "-a", "29", "-o", str(again), str(tmp_path / "out"))
    assert disassembled(again, tmp_path / "twice") == classes


HOST = """
  window.given = { pieces: [] };
  window.VernierApp = {
    begin(name, type) { Object.assign(given, { name, type }); return given.refused ?? ''; },
    write(text) { given.pieces.push(text); return ''; },
    end(share) { given.share = share; return ''; },
  };
"""


def types_of_files():
    """By a name's end, as the app's code has them."""
    code = (apk.ANDROID / "smali" / "SiteClient.smali").read_text(encoding="utf-8")
    return dict(re.findall(r'const-string v0, "(\.\w+)"\s+const-string v1, "([^"]+)"', code))


def test_its_site_computes_as_in_a_web_view(app, request):
    """At the app's origin out of the app's own file: no isolation, no service worker.

    A web view is Chromium's engine; what Android adds (the chooser, the pictures) is not here.
    """
    whole = Image.open(request.config.rootpath / "demo" / "chelsea.png").convert("RGB")
    photo = np.asarray(whole)[60:123, 100:187]
    types = types_of_files()
    with chromium() as browser, zipfile.ZipFile(app) as archive:
        place = browser.new_context(viewport=PHONE, locale="en-GB", service_workers="block")
        place.set_default_timeout(PATIENCE_MS)
        asked = []

        def answer(route):
            address = route.request.url.partition("?")[0]
            asked.append(address)
            name = address.removeprefix(ORIGIN) or "index.html"
            kind = types.get(os.path.splitext(name)[1], "text/plain")  # noqa: PTH122
            if name == "shared-picture":
                route.fulfill(body=png(photo), content_type="image/png")
            elif ASSETS + name in archive.namelist():
                route.fulfill(body=archive.read(ASSETS + name), content_type=kind)
            else:
                route.fulfill(status=404)

        place.route(re.compile("^https?:"), answer)
        page = place.new_page()
        page.add_init_script(HOST)
        page.goto(f"{ORIGIN}?shared&processor=web:wasm:float32")
        page.locator("#status:text-matches('Done')").wait_for()
        assert page.evaluate("[isSecureContext, crossOriginIsolated]") == [True, False]
        bundle = shipped_bundles("sesr-m3", 2)["float32"]
        expected = vernier.upscale(photo, 2, bundle=bundle, processor="litert:cpu:float32")
        page.click("#download")
        page.locator("#status:has-text('Pictures/Vernier')").wait_for()
        given = page.evaluate("given")
        assert (given["name"], given["type"], given["share"]) == (
            "picture_x2.png",
            "image/png",
            False,
        )
        content = b"".join(base64.b64decode(piece) for piece in given["pieces"])
        assert np.array_equal(samples_of(content), expected)

        noise = np.random.default_rng(3).integers(0, 256, (320, 400, 3), dtype=np.uint8)
        assert enlarge(page, png(noise), "noise.png").startswith("Done")
        page.evaluate("given.pieces = []")
        page.click("#share")
        page.locator("#status:has-text('Pictures/Vernier')").wait_for()
        given = page.evaluate("given")
        assert given["share"] is True
        assert len(given["pieces"]) > 1
        content = b"".join(base64.b64decode(piece) for piece in given["pieces"])
        expected = vernier.upscale(noise, 2, bundle=bundle, processor="litert:cpu:float32")
        assert np.array_equal(samples_of(content), expected)

        page.evaluate("given.refused = 'java.io.IOException: full'")
        page.click("#download")
        page.locator("#error:has-text('IOException: full')").wait_for()
        assert all(address.startswith(ORIGIN) for address in asked)
        assert settled(page)
        place.close()


def test_a_key_of_one_s_own(site, tmp_path, monkeypatch):
    little = tmp_path / "site"
    little.mkdir()
    shutil.copy(site / "site.json", little)
    key, made = tmp_path / "mine.p12", tmp_path / "app.apk"
    words = ["keytool", "-genkeypair", "-keystore", str(key), "-storetype", "PKCS12"]
    words += ["-alias", "a", "-storepass", "secret1", "-keyalg", "EC", "-dname", "CN=Mine"]
    said(*words)
    monkeypatch.delenv(PASSWORD, raising=False)
    with pytest.raises(UsageError, match=PASSWORD):
        write_apk(little, made, keystore=key)
    monkeypatch.setenv(PASSWORD, "another")
    with pytest.raises(UsageError, match="apksigner"):
        write_apk(little, made, keystore=key)
    assert not made.exists()
    monkeypatch.setenv(PASSWORD, "secret1")
    write_apk(little, made, keystore=key)
    assert "CN=Mine" in said("apksigner", "verify", "-v", "--print-certs", str(made))
    with pytest.raises(FileError, match="exists already"):
        write_apk(little, made, keystore=key)


def test_what_cannot_be_meant(site, tmp_path, monkeypatch, capsys):
    made = tmp_path / "app.apk"
    with pytest.raises(UsageError, match=r"found no site\.json"):
        write_apk(tmp_path, made)
    for name in ("larger", "com.9", "com.a b", "com.größer"):
        with pytest.raises(UsageError, match=r"com\.example"):
            write_apk(site, made, application_id=name)
    (tmp_path / "bin").mkdir()
    for program in ("aapt", "keytool"):
        (tmp_path / "bin" / program).symlink_to(shutil.which(program))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr("sys.argv", ["vernier", "web", "sesr-m3", "--apk", str(made)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "apt install libsmali-java zipalign apksigner" in error
    assert not made.exists()
