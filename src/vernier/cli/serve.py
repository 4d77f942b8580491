"""`vernier serve`: pictures over HTTP."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from vernier.cli.console import say
from vernier.cli.upscale import parse_memory
from vernier.errors import FileError, UsageError


def command(
    host: Annotated[
        str, typer.Option(help="Address to listen at; any but this machine's needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for a free one.")] = 8077,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the token that requests must carry (Authorization: Bearer TOKEN); "
            "the variable VERNIER_TOKEN if absent."
        ),
    ] = None,
    network: Annotated[str, typer.Option(help="See: vernier networks.")] = "sesr-m5",
    bundle: Annotated[Path | None, typer.Option(help="A bundle instead of a network.")] = None,
    processor: Annotated[
        str, typer.Option(help="ENGINE:DEVICE:PRECISION, or auto; see: vernier devices.")
    ] = "auto",
    prefer: Annotated[
        Literal["quality", "speed"],
        typer.Option(help="What auto may give away, as of upscale."),
    ] = "quality",
    workers: Annotated[
        int, typer.Option(min=1, help="Processes that compute, a picture at a time each.")
    ] = 1,
    threads: Annotated[
        int, typer.Option(min=0, help="CPU threads of each worker; 0 = the cores shared out.")
    ] = 0,
    memory: Annotated[
        str | None, typer.Option(help="For a worker's tiles, as 512M or 2G; as upscale if absent.")
    ] = None,
    worker_memory: Annotated[
        str, typer.Option(help="Most that a worker may take; a picture that needs more gets 413.")
    ] = "4G",
    max_bytes: Annotated[str, typer.Option(help="Of a file, as 64M; else 413.")] = "64M",
    max_pixels: Annotated[int, typer.Option(min=1, help="Of a picture; else 413.")] = 50_000_000,
    max_result_pixels: Annotated[
        int, typer.Option(min=1, help="Of what it becomes; else 413.")
    ] = 200_000_000,
    queue: Annotated[
        int, typer.Option(min=0, help="Pictures that may wait, on their way in or in; else 429.")
    ] = 128,
    jobs: Annotated[int, typer.Option(min=1, help="Kept at once; else 429.")] = 256,
    body_time: Annotated[
        float, typer.Option(min=0.1, help="Seconds for a body to arrive; else 408.")
    ] = 60.0,
    slow_time: Annotated[
        float,
        typer.Option(
            min=0.1,
            help="Seconds for a request's headers to arrive, and for a client to take a part of "
            "its answer; else it is cut off.",
        ),
    ] = 20.0,
    picture_time: Annotated[
        float, typer.Option(min=0.1, help="Seconds to compute a picture waited for; else 503.")
    ] = 60.0,
    job_time: Annotated[float, typer.Option(min=0.1, help="Seconds to compute a job.")] = 3600.0,
    keep: Annotated[
        float, typer.Option(min=1, help="Seconds that a finished job's result is kept.")
    ] = 3600.0,
    stop_time: Annotated[
        float, typer.Option(min=1, help="Seconds that pictures may take to finish on SIGTERM.")
    ] = 30.0,
) -> None:
    """Serve pictures over HTTP: POST a picture to /v1/upscale, get a larger one.

    Listens at this machine's own address only, unless there is a token. The first line on standard
    output is the address; its page says how to ask. SIGTERM and Ctrl-C let pictures finish.
    """
    from vernier.service.serving import serve
    from vernier.service.settings import Limits

    serve(
        host=host,
        port=port,
        token=_token(token_file),
        network=network,
        bundle=bundle,
        processor=processor,
        prefer=prefer,
        workers=workers,
        threads=threads,
        memory_bytes=None if memory is None else parse_memory(memory),
        limits=Limits(
            upload_bytes=parse_memory(max_bytes),
            pixels=max_pixels,
            result_pixels=max_result_pixels,
            queue=queue,
            jobs=jobs,
            body_s=body_time,
            headers_s=slow_time,
            stall_s=slow_time,
            picture_s=picture_time,
            job_s=job_time,
            keep_s=keep,
            worker_bytes=parse_memory(worker_memory),
            stop_s=stop_time,
        ),
        say=_say,
    )


def _say(line: str) -> None:
    say(line)
    # Whoever started the service waits for the address.
    sys.stdout.flush()


def _token(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get("VERNIER_TOKEN") or None
    try:
        token = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not ASCII"
        raise FileError(f"{file}: cannot be read ({why})") from error
    if not token:
        raise UsageError(f"{file}: expected a token, found an empty file")
    return token
