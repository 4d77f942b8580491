"""A site: bundles, the page that runs them, and LiteRT.js, as a folder for any web server."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

from vernier.bundles.bundle import MANIFEST, Bundle, open_bundle
from vernier.bundles.manifest import format_manifest
from vernier.bundles.shipped import shipped_bundles, shipped_networks
from vernier.errors import BundleError, UsageError
from vernier.files import whole_folder
from vernier.processors.machine import cpu_name
from vernier.progress import Progress, silent
from vernier.version import VERSION as VERNIER
from vernier.web import contents
from vernier.web.forms import Files, network_of
from vernier.web.litert_js import VERSION as LITERT_JS
from vernier.web.litert_js import litert_js

PAGE = Path(__file__).parent / "page"
SITE_FILE = "site.json"
WORKER = "sw.js"
ICON_SIDES = (192, 512)
LICENCE = "LICENSE"
NAMED_SCALE = 2


def web_site(
    bundles: Sequence[str | Path],
    out: Path | str,
    *,
    litert_js_folder: Path | None = None,
    overwrite: bool = False,
    progress: Progress = silent,
) -> contents.Site:
    """Write a site that runs bundles in a browser.

    Args:
        bundles: paths of bundles, or names of networks that come with Vernier, such as `sesr-m5` or
            `sesr-m5-x4`; a name stands for its float and its INT8 bundle.
        out: the folder to make.
        litert_js_folder: that holds LiteRT.js as `npm pack` writes it; it is fetched once from the
            npm registry if absent.
        overwrite: replace a site that is there.
        progress: called after each bundle.

    Returns:
        What `site.json` says.

    Raises:
        UsageError: no bundle, something is in the way, or LiteRT.js cannot be had.
        BundleError: a bundle is not sound.
        ProcessorError: LiteRT, which computes what the page tests itself against, is not here.
    """
    folder = Path(out)
    _check_place(folder, overwrite)
    opened = _opened(bundles)
    files = Files({f"litert/{name}": data for name, data in litert_js(litert_js_folder).items()})
    networks = []
    for number, (name, bundle) in enumerate(opened):
        networks.append(network_of(bundle, name, files))
        files.by_path[f"bundles/{name}/{MANIFEST}"] = format_manifest(bundle.manifest)
        for segment in bundle.segments:
            files.by_path[f"bundles/{name}/{segment.entry.file}"] = segment.model
        progress(number + 1, len(opened), name)
    site = contents.Site(
        format=1,
        made_by=VERNIER,
        litert_js=LITERT_JS,
        machine=cpu_name(),
        networks=tuple(networks),
    )
    files.by_path |= page_files()
    files.by_path[SITE_FILE] = msgspec.json.format(msgspec.json.encode(site), indent=1)
    files.by_path[WORKER] = _service_worker(files.by_path)
    _write(folder, files.by_path)
    return site


def write_bench(folder: Path, litert_js_folder: Path | None = None) -> None:
    """The page that measures, without networks: `profile.html`; see `web.bench`.

    Arguments and errors are those of `web_site`.
    """
    files = {f"litert/{name}": data for name, data in litert_js(litert_js_folder).items()}
    site = contents.Site(
        format=1, made_by=VERNIER, litert_js=LITERT_JS, machine=cpu_name(), networks=()
    )
    _write(folder, {**files, **page_files(), SITE_FILE: msgspec.json.encode(site)})


def _opened(bundles: Sequence[str | Path]) -> list[tuple[str, Bundle]]:
    """Bundles with a folder's name for each."""
    if not bundles:
        raise UsageError("expected one or more bundles, or names of networks; see vernier networks")
    found: list[tuple[str, Bundle]] = []
    for given in bundles:
        for path in _paths(given):
            bundle = open_bundle(path)
            name = (
                re.sub(r"[^a-z0-9.-]+", "-", bundle.manifest.name.lower()).strip("-.") or "bundle"
            )
            taken = {other for other, _ in found}
            numbers = (f"{name}-{number}" for number in range(2, len(taken) + 3))
            found.append((next(n for n in (name, *numbers) if n not in taken), bundle))
    return found


def _paths(given: str | Path) -> list[Path]:
    """A path is a path where something is there; else it may be a network's name."""
    path = Path(given)
    if path.exists() or len(path.parts) > 1 or path.suffix == ".zip":
        return [path]
    name, _, scale = str(given).rpartition("-x")
    if name in shipped_networks() and scale.isdigit():
        return list(shipped_bundles(name, int(scale)).values())
    if str(given) in shipped_networks():
        factors = shipped_networks()[str(given)]
        factor = NAMED_SCALE if NAMED_SCALE in factors else factors[0]
        return list(shipped_bundles(str(given), factor).values())
    raise BundleError(
        f"{given}: expected a bundle (a folder or a zip) or the name of a network that comes with "
        f"Vernier ({', '.join(shipped_networks())}), found neither"
    )


@cache
def page_files() -> dict[str, bytes]:
    """The page itself, by path in the site; `sw.js` is not filled in yet."""
    found = {
        path.relative_to(PAGE).as_posix(): path.read_bytes()
        for path in sorted(PAGE.rglob("*"))
        if path.is_file() and path.name != "tsconfig.json"
    }
    for side in ICON_SIDES:
        found[f"icon-{side}.png"] = _icon(side)
    return {**found, f"litert/{LICENCE}": _apache()}


def _apache() -> bytes:
    """The licence of LiteRT.js, whose packages carry none; it is also Vernier's own."""
    import importlib.metadata

    for file in importlib.metadata.files("vernier-sr") or ():
        # What is installed from a working tree lists the file, but not where it is.
        if file.name == LICENCE and (place := Path(str(file.locate()))).is_file():
            return place.read_bytes()
    return (PAGE.parents[3] / LICENCE).read_bytes()


def _icon(side: int) -> bytes:
    """`icon.svg` in pixels, for phones that take no other: a scale's lines beside a vernier's."""
    from PIL import Image, ImageDraw

    icon = Image.new("RGB", (side, side), "#0b5cad")
    draw = ImageDraw.Draw(icon)
    width = round(side * 20 / 512)
    for rows, places, colour in (
        ((112, 240), (176, 256, 336), "#ffffff"),
        ((272, 400), (160, 256, 352), "#ffd166"),
    ):
        for place in places:
            ends = [place, rows[0], place, rows[1]]
            draw.line([end * side / 512 for end in ends], fill=colour, width=width)
    content = io.BytesIO()
    icon.save(content, "PNG")
    return content.getvalue()


def _service_worker(files: dict[str, bytes]) -> bytes:
    """`sw.js` with the list of what is kept for use offline, under a name of its content."""
    kept = [
        name
        for name in files
        if not name.startswith(("bundles/", "litert/wasm/")) and name != WORKER
    ]
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + hashlib.sha256(files[name]).digest())
    kept[kept.index("index.html")] = "./"
    script = files[WORKER].decode()
    script = script.replace("@VERSION@", f"vernier-{digest.hexdigest()[:16]}")
    return script.replace("/* the site's files */ []", json.dumps(sorted(kept), indent=2)).encode()


def _check_place(folder: Path, overwrite: bool) -> None:
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / SITE_FILE).is_file()):
        raise UsageError(f"{folder}: is no site; it will not be replaced")
    if any(folder.iterdir()) and not overwrite:
        raise UsageError(f"{folder}: exists already; choose another name or --overwrite")


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """All or nothing."""
    with whole_folder(folder) as ready:
        for name, data in files.items():
            file = ready / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
