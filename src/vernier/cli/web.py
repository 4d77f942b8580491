"""`vernier web`: bundles as a web page that runs them on the phone or computer that opens it."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from pathlib import Path
from typing import Annotated

import typer

from vernier.cli.console import progress_bar

LAN_GIVES = (
    "https with a certificate that this machine signed itself: the browser warns, and after you "
    "go on it gives the page threads and WebGPU, but no service worker, so nothing works offline. "
    "Anyone in this network can open the page; nobody's pictures reach this machine."
)


def command(
    bundles: Annotated[
        list[str] | None,
        typer.Argument(
            help="Bundles (folders or zips), or networks that come with Vernier by name: sesr-m5, "
            "sesr-m5-x4. With --serve and none, the site that is there is served."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The site: a folder, for any web server.")
    ] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Serve the site to browsers on this machine.")
    ] = False,
    lan: Annotated[
        bool,
        typer.Option(
            "--lan", help="Serve it to this network, by https with a certificate of its own."
        ),
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="To serve at; 0 for a free one.")
    ] = 8019,
    litert_js: Annotated[
        Path | None,
        typer.Option(
            help="Folder with LiteRT.js as `npm pack @litertjs/core@2.5.3 "
            "@litertjs/wasm-utils@2.5.3` writes it; fetched once from the npm registry if absent."
        ),
    ] = None,
    apk: Annotated[
        Path | None,
        typer.Option(
            help="Write an Android app around the site too, which -o may then leave out; made by "
            "Debian's aapt, libsmali-java, zipalign, apksigner and android-framework-res."
        ),
    ] = None,
    keystore: Annotated[
        Path | None,
        typer.Option(
            help="To sign the app with, its password in VERNIER_KEYSTORE_PASSWORD; a debug key "
            "if absent."
        ),
    ] = None,
    apk_id: Annotated[
        str, typer.Option(help="What Android knows the app by: com.example.enlarge.")
    ] = "org.vernier.web",
    apk_name: Annotated[str, typer.Option(help="What stands under the app's icon.")] = "Vernier",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a site, and an app.")
    ] = False,
) -> None:
    """Write a page that runs bundles in a browser, offline, and serve it.

    The folder needs nothing but a web server, and the page asks no other address.
    """
    from vernier.errors import UsageError

    site_is_there = apk is not None and out is not None
    with contextlib.ExitStack() as stack:
        if apk is not None:
            _check_app(apk, overwrite)
            if out is None:
                out = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "site"
        if out is None:
            raise UsageError(
                "expected -o SITE: the folder to make, or with --serve the one to serve"
            )
        if not bundles and not serve and not lan and not site_is_there:
            raise UsageError("expected one or more bundles, or --serve for a site that is there")
        if bundles:
            _make(bundles, out, litert_js, overwrite)
        if apk is not None:
            from vernier.web.apk import write_apk

            write_apk(
                out,
                apk,
                keystore=keystore,
                application_id=apk_id,
                label=apk_name,
                overwrite=overwrite,
            )
            typer.echo(f"{apk}: {apk.stat().st_size:,} bytes, for Android 10 and later")
        if serve or lan:
            _serve(out, lan, port)


def _check_app(apk: Path, overwrite: bool) -> None:
    """Before the site is made, which takes longer."""
    from vernier.errors import UsageError
    from vernier.web.apk import check_tools

    check_tools()
    if apk.exists() and not overwrite:
        raise UsageError(f"{apk}: exists already; choose another name or --overwrite")


def _make(bundles: list[str], out: Path, litert_js: Path | None, overwrite: bool) -> None:
    from vernier.web.site import web_site

    with progress_bar("preparing bundles") as report:
        site = web_site(
            bundles, out, litert_js_folder=litert_js, overwrite=overwrite, progress=report
        )
    total = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    names = ", ".join(network.name for network in site.networks)
    typer.echo(f"{out}: {names}, {total:,} bytes")


def _serve(site: Path, lan: bool, port: int) -> None:
    """Until Ctrl-C."""
    from vernier.web.certificate import lan_address, self_signed
    from vernier.web.serving import LOOPBACK, serving

    with contextlib.ExitStack() as stack:
        certificate, host, scheme = None, LOOPBACK, "http"
        if lan:
            host, scheme = lan_address(), "https"
            certificate = stack.enter_context(self_signed(host))
            typer.echo(LAN_GIVES)
            typer.echo(f"The certificate's SHA-256 fingerprint is {certificate.fingerprint}")
        server = stack.enter_context(serving(site, host, port, certificate=certificate))
        at = server.server_address[1]
        typer.echo(f"{scheme}://{host}:{at}/")
        if not lan:
            typer.echo(
                f"For a phone on this machine's USB first run: adb reverse tcp:{at} tcp:{at}"
            )
        # Ctrl-C ends the command as it ends every other.
        threading.Event().wait()
