"""A site as an Android app: one web view around it, made by Debian's packages, without an SDK.

The app is in `android/`: its manifest, and its code in smali, the assembly of Android's machine.
It serves the site's files to its web view at an address that Google keeps for apps' own assets.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from vernier.cache import cache_folder
from vernier.errors import UsageError
from vernier.files import into_place, read_file, whole_file
from vernier.version import VERSION
from vernier.web.site import SITE_FILE, page_files

ANDROID = Path(__file__).parent / "android"
FRAMEWORK = Path("/usr/share/android-framework-res/framework-res.apk")
ASSETS = "assets/site/"
MIN_SDK = 29
APPLICATION_ID = "org.vernier.web"
LABEL = "Vernier"
# What holds the password of a keystore of the user's.
PASSWORD = "VERNIER_KEYSTORE_PASSWORD"
DEBUG_PASSWORD = "android"
DEBUG_DAYS = 10_000
# Zip keeps no earlier date; one date for all makes the same app of the same site.
DATE = (1980, 1, 1, 0, 0, 0)
PROGRAMS = {
    "aapt": "aapt",
    "smali": "libsmali-java",
    "zipalign": "zipalign",
    "apksigner": "apksigner",
    "keytool": "default-jre-headless",
}


def write_apk(
    site: Path | str,
    out: Path | str,
    *,
    keystore: Path | None = None,
    application_id: str = APPLICATION_ID,
    label: str = LABEL,
    overwrite: bool = False,
) -> None:
    """Write an app for Android 10 and later that holds a site and needs no network.

    Args:
        site: the folder that `web_site` wrote.
        out: the `.apk`.
        keystore: that holds the one key to sign with, its password in the environment's
            VERNIER_KEYSTORE_PASSWORD; a debug key, made once and kept in the cache, if absent.
        application_id: what Android knows the app by, such as `com.example.enlarge`.
        label: the name under its icon.
        overwrite: replace a file that is there.

    Raises:
        UsageError: no site, an id that Android takes not, a program is not here or refuses.
        FileError: `out` is there, or cannot be written.
    """
    folder, out = Path(site), Path(out)
    if not (folder / SITE_FILE).is_file():
        raise UsageError(f"{folder}: expected a site that vernier web made, found no {SITE_FILE}")
    if not re.fullmatch(r"[a-zA-Z]\w*(\.[a-zA-Z]\w*)+", application_id, re.ASCII):
        raise UsageError(
            f"expected an application id such as com.example.enlarge, found {application_id!r}"
        )
    if keystore is not None and PASSWORD not in os.environ:
        raise UsageError(f"{keystore}: its password is expected in the environment's {PASSWORD}")
    check_tools()
    with tempfile.TemporaryDirectory() as scratch, whole_file(out, overwrite=overwrite) as file:
        bare, aligned = Path(scratch, "bare.apk"), Path(scratch, "aligned.apk")
        _shell(bare, Path(scratch), application_id, label)
        _fill(bare, Path(scratch), folder)
        _run("zipalign", "-p", "4", str(bare), str(aligned))
        _sign(aligned, keystore)
        with aligned.open("rb") as made:
            shutil.copyfileobj(made, file)


def check_tools() -> None:
    """See that everything is here that makes an app.

    Raises:
        UsageError: something is not; which packages bring it.
    """
    missing = [package for name, package in PROGRAMS.items() if shutil.which(name) is None]
    if not FRAMEWORK.is_file():
        missing.append("android-framework-res")
    if missing:
        raise UsageError(
            f"an app is made by programs that are not here; apt install {' '.join(missing)}"
        )


def _shell(apk: Path, scratch: Path, application_id: str, label: str) -> None:
    """The app's manifest and resources, without code and site."""
    resources = scratch / "res"
    (resources / "values").mkdir(parents=True)
    (resources / "drawable").mkdir()
    (resources / "drawable" / "icon.png").write_bytes(page_files()["icon-192.png"])
    # Android's own escapes, inside XML's.
    text = escape(label.replace("\\", "\\\\").replace('"', '\\"'))
    (resources / "values" / "strings.xml").write_text(
        f'<resources><string name="name">"{text}"</string></resources>', encoding="utf-8"
    )
    manifest = str(ANDROID / "AndroidManifest.xml")
    words = ["package", "-F", str(apk), "-M", manifest, "-S", str(resources), "-I", str(FRAMEWORK)]
    code = _version_code(VERSION)
    words += ["--version-code", str(code), "--version-name", VERSION]
    _run("aapt", *words, "--rename-manifest-package", application_id)


def _version_code(version: str) -> int:
    """A number that grows with the version: 1.2.3 is 1002003."""
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    major, minor, patch = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    return max(1, (major * 1000 + minor) * 1000 + patch)


def _fill(apk: Path, scratch: Path, site: Path) -> None:
    """Code and site; aapt would leave out files by their names."""
    code = scratch / "classes.dex"
    # One job: several would put the classes' strings in another order each time.
    words = ["assemble", "-a", str(MIN_SDK), "-j", "1", "-o", str(code), str(ANDROID / "smali")]
    _run("smali", *words)
    with zipfile.ZipFile(apk, "a") as archive:
        files = {"classes.dex": code}
        for path in sorted(site.rglob("*")):
            if path.is_file():
                files[ASSETS + path.relative_to(site).as_posix()] = path
        for name, path in files.items():
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, read_file(path))


def _sign(apk: Path, keystore: Path | None) -> None:
    """By the schemes 2 and 3, which every Android has that the app runs on."""
    environment = dict(os.environ)
    if keystore is None:
        keystore = _debug_key()
        environment[PASSWORD] = DEBUG_PASSWORD
    words = [
        "sign",
        "--ks",
        str(keystore),
        "--ks-pass",
        f"env:{PASSWORD}",
        "--v1-signing-enabled",
        "false",
    ]
    words += ["--min-sdk-version", str(MIN_SDK), "--v2-signing-enabled", "true"]
    words += ["--v3-signing-enabled", "true", str(apk)]
    _run("apksigner", *words, environment=environment)


def _debug_key() -> Path:
    """The same each time, for Android takes an app in place of another only by the same key."""
    key = cache_folder() / "android-debug.p12"
    if key.is_file():
        return key
    key.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=key.parent) as scratch:
        made = Path(scratch, "key.p12")
        words = ["-genkeypair", "-keystore", str(made), "-storetype", "PKCS12", "-alias", "debug"]
        words += ["-storepass", DEBUG_PASSWORD, "-keyalg", "RSA", "-keysize", "2048"]
        words += ["-validity", str(DEBUG_DAYS), "-dname", "CN=Vernier debug"]
        _run("keytool", *words)
        made.chmod(0o600)
        into_place(made, key)
    return key


def _run(program: str, *words: str, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        [program, *words], capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        said = " ".join((done.stderr + done.stdout).split())
        raise UsageError(f"{program} made no app of it: {said[:500]}")
