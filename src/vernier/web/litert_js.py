"""LiteRT.js, which runs `.tflite` files in a browser: two npm packages, fetched once and checked.

They are 12 MB, so they are not part of Vernier. They are taken from a folder that the user names,
from the cache, or from the npm registry, and are used only where their SHA-256 is the known one.
"""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from vernier.cache import cache_folder
from vernier.errors import UsageError
from vernier.files import write_whole

VERSION = "2.5.3"
TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Package:
    """One npm package, as its registry packs it.

    Attributes:
        name: with its scope.
        sha256: of the `.tgz`.
    """

    name: str
    sha256: str

    @property
    def file(self) -> str:
        """What `npm pack` calls it."""
        return f"{self.name.removeprefix('@').replace('/', '-')}-{VERSION}.tgz"

    @property
    def address(self) -> str:
        """Where npm fetches it."""
        last = self.name.rpartition("/")[2]
        return f"https://registry.npmjs.org/{self.name}/-/{last}-{VERSION}.tgz"


CORE = Package("@litertjs/core", "a97660833e9e7e1063c95e12016718881240b14f7438728a2f62785e912d30fd")
UTILS = Package(
    "@litertjs/wasm-utils", "ce2a1f8379c067be49e59752e5a7f40db6be09f6e497f0f11e59f17b515366a7"
)

# JSPI's build is left out: it has no threads, and what it gives is not used.
BUILDS = ("litert_wasm", "litert_wasm_threaded", "litert_wasm_compat")
NOTICE = f"""LiteRT.js {VERSION}: the packages {CORE.name} and {UTILS.name} of npm,
Copyright Google LLC, under the Apache License, Version 2.0 (the file LICENSE beside this one).

Changed by Vernier: index.js imports ./wasm-utils.js by its place instead of by the package's name,
and comments that name source maps are gone. Everything else is as published.
"""


def litert_js(folder: Path | None = None) -> dict[str, bytes]:
    """LiteRT.js as files of a site, by their path in it.

    Args:
        folder: that holds the two packages as `npm pack` writes them; the cache, filled from the
            npm registry, if absent.

    Raises:
        UsageError: a package is not there, cannot be fetched, or is not the published one.
    """
    core = _members(_package(CORE, folder))
    utils = _members(_package(UTILS, folder))
    files = {
        "index.js": _plain(core["dist/index.js"], imports=True),
        "wasm-utils.js": _plain(utils["dist/index.js"]),
        "NOTICE": NOTICE.encode(),
    }
    for build in BUILDS:
        for end in ("js", "wasm"):
            name = f"wasm/{build}_internal.{end}"
            files[name] = core[name]
    return files


def _package(package: Package, folder: Path | None) -> bytes:
    kept = (folder or cache_folder() / "litert-js") / package.file
    if kept.is_file():
        content = kept.read_bytes()
        if hashlib.sha256(content).hexdigest() == package.sha256:
            return content
        if folder is not None:
            raise UsageError(
                f"{kept}: expected {package.name} {VERSION} as npm publishes it (SHA-256 "
                f"{package.sha256[:12]}...), found another file; make it with: {_by_hand(folder)}"
            )
    elif folder is not None:
        raise UsageError(
            f"{folder}: expected {package.file}, found none; make it with: {_by_hand(folder)}"
        )
    try:
        with urllib.request.urlopen(package.address, timeout=TIMEOUT_S) as answer:
            fetched: bytes = answer.read()
    except (OSError, urllib.error.URLError) as error:
        raise UsageError(
            f"{package.address} cannot be fetched ({error}); where npm is reached, run: "
            f"{_by_hand(Path('DIR'))}, and name the folder here: --litert-js DIR"
        ) from error
    if hashlib.sha256(fetched).hexdigest() != package.sha256:
        raise UsageError(
            f"{package.address}: expected a file of SHA-256 {package.sha256[:12]}..., found "
            "another; nothing of it is used"
        )
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_whole(kept, fetched)
    return fetched


def _by_hand(folder: Path) -> str:
    return f"npm pack --pack-destination {folder} {CORE.name}@{VERSION} {UTILS.name}@{VERSION}"


def _members(package: bytes) -> dict[str, bytes]:
    """The files of a package, which are all in one folder."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is not None:
                found[member.name.partition("/")[2]] = content.read()
    return found


def _plain(script: bytes, imports: bool = False) -> bytes:
    """A module that a browser can load where it lies."""
    text = re.sub(r"\n//# sourceMappingURL=\S+\s*$", "\n", script.decode())
    if imports:
        text, count = re.subn(r'from\s*"@litertjs/wasm-utils"', 'from "./wasm-utils.js"', text)
        if count != 1:
            raise UsageError(f"{CORE.name} {VERSION}: expected one import of {UTILS.name}")
    return text.encode()
