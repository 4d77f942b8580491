"""The routes: a picture in, a larger one out; jobs; and what watches over the service asks."""

from __future__ import annotations

import asyncio
import secrets
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from vernier.service.answers import MEDIA_TYPES, PictureAnswer
from vernier.service.faults import Refusal
from vernier.service.guard import Guard
from vernier.service.jobs import Job
from vernier.service.page import page_of
from vernier.service.shared import Service
from vernier.service.uploads import check_declared
from vernier.version import VERSION

ABOUT = """Send a picture's file, get a larger picture.

Every answer that is no picture is JSON with `status` and `error`, a reason in one line: 413 where a
limit of bytes, pixels or memory was met, 422 where the file is no picture that can be read, 408
where a body was too slow, 429 (with `Retry-After`) where too many wait, 503 where it took too long
or the service is not ready. Headers of a picture say which processor computed it and by which plan
(`Vernier-Processor`, `Vernier-Plan`)."""
PICTURE_BODY = {
    "requestBody": {
        "required": True,
        "description": "The file: PNG, JPEG, WebP, TIFF, BMP, GIF, AVIF or HEIC.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
REFUSALS: dict[int | str, dict[str, Any]] = {
    408: {"description": "The body was too slow."},
    413: {"description": "More bytes, pixels or memory than allowed."},
    422: {"description": "No picture that can be read, or a parameter that cannot be meant."},
    429: {"description": "Too many wait; see Retry-After."},
    503: {"description": "It took too long, or the service is not ready."},
}
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The larger picture; headers say what computed it.",
        "content": {
            media: {"schema": {"type": "string", "format": "binary"}}
            for media in MEDIA_TYPES.values()
        },
    }
}

Scale = Annotated[float | None, Query(gt=1, description="A factor; the network's own if absent.")]
Size = Annotated[
    str | None,
    Query(pattern=r"^\d{1,6}x\d{1,6}$", description="WIDTHxHEIGHT of the result instead."),
]
Format = Annotated[
    Literal["png", "jpeg", "webp", "tiff"] | None,
    Query(description="Of the result; that of the picture if absent, PNG for others."),
]
Quality = Annotated[int, Query(ge=1, le=100, description="Of JPEG and WebP.")]


def _refused(refusal: Refusal) -> JSONResponse:
    return JSONResponse(refusal.content(), refusal.status, refusal.headers())


def make_app(service: Service) -> Any:
    """The ASGI app."""
    app = FastAPI(
        title="Vernier",
        version=VERSION,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        lifespan=service.lifespan,
    )
    _handle_faults(app)
    _add_pictures(app, service)
    _add_jobs(app, service)
    _add_watching(app, service)
    return Guard(app, service.settings.token, service.counters)


def _handle_faults(app: FastAPI) -> None:
    @app.exception_handler(Refusal)
    async def refused(_request: Request, refusal: Refusal) -> Response:
        return _refused(refusal)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> Response:
        reasons = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors())
        return _refused(Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, reasons))

    @app.exception_handler(HTTPException)
    async def http(_request: Request, error: HTTPException) -> Response:
        return JSONResponse(
            {"status": error.status_code, "error": error.detail}, error.status_code, error.headers
        )

    @app.exception_handler(ClientDisconnect)
    async def gone(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=400)  # nobody reads it


def _add_pictures(app: FastAPI, service: Service) -> None:
    limits = service.settings.limits

    @app.post(
        "/v1/upscale",
        response_class=Response,
        responses={**PICTURE, **REFUSALS},
        openapi_extra=PICTURE_BODY,
        summary="Enlarge a picture",
    )
    async def upscale(
        request: Request,
        scale: Scale = None,
        size: Size = None,
        format: Format = None,
        quality: Quality = 95,
    ) -> Response:
        """Send a file, wait, and get the larger picture."""
        work = service.work(service.folder / secrets.token_hex(16), scale, size, format, quality)
        check_declared(request, limits)
        service.admit()
        source, target = Path(work.source), Path(work.target)
        try:
            await service.receive(request, work)
            done = await service.while_there(request, work)
            if done is None:
                target.unlink(missing_ok=True)
                return Response(status_code=400)  # nobody reads it
            return PictureAnswer(target, done, limits.stall_s, {}, remove=True)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        finally:
            source.unlink(missing_ok=True)
            service.leave()


def _add_jobs(app: FastAPI, service: Service) -> None:
    limits = service.settings.limits

    def found(name: str) -> Job:
        job = service.jobs.get(name)
        if job is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "no such job; results are kept for a while only")
        return job

    @app.post(
        "/v1/jobs",
        status_code=202,
        responses=REFUSALS,
        openapi_extra=PICTURE_BODY,
        summary="Begin a job",
    )
    async def begin(
        request: Request,
        scale: Scale = None,
        size: Size = None,
        format: Format = None,
        quality: Quality = 95,
    ) -> JSONResponse:
        """Send a file; the answer names the job, its events and its result."""
        work = service.work(service.folder / "later", scale, size, format, quality)
        check_declared(request, limits)
        service.admit()
        job = service.jobs.new()
        handed_over = False
        try:
            if job is None:
                raise Refusal(
                    HTTPStatus.TOO_MANY_REQUESTS,
                    f"{limits.jobs} jobs are kept already; delete one, or try again later",
                    60,
                )
            work = service.work(job.result, scale, size, format, quality)
            await service.receive(request, work)
            job.task = asyncio.create_task(service.run(job, work))
            handed_over = True
        finally:
            if not handed_over:
                service.leave()
                if job is not None:
                    service.jobs.forget(job)
                    Path(work.source).unlink(missing_ok=True)
        place = f"/v1/jobs/{job.name}"
        return JSONResponse(
            {
                "id": job.name,
                "href": place,
                "events": f"{place}/events",
                "result": f"{place}/result",
            },
            202,
            {"Location": place},
        )

    @app.get("/v1/jobs/{name}", summary="How far a job is")
    async def state(name: str) -> JSONResponse:
        """State, progress in tiles, and how it ended."""
        return JSONResponse(found(name).content())

    @app.get("/v1/jobs/{name}/events", response_class=StreamingResponse, summary="Listen to a job")
    async def events(name: str) -> StreamingResponse:
        """Server-sent events: `progress` now and at each change, then `done` or `failed`."""
        return StreamingResponse(found(name).events(), media_type="text/event-stream")

    @app.get(
        "/v1/jobs/{name}/result",
        response_class=Response,
        responses={**PICTURE, 409: {"description": "It is not done."}},
        summary="A job's picture",
    )
    async def result(name: str) -> Response:
        """As often as wanted, while it is kept."""
        job = found(name)
        if job.refusal is not None:
            raise job.refusal
        if job.outcome is None:
            raise Refusal(HTTPStatus.CONFLICT, f"the job is {job.state}; listen to its events", 1)
        return PictureAnswer(job.result, job.outcome, limits.stall_s, {}, remove=False)

    @app.delete("/v1/jobs/{name}", status_code=204, summary="Stop and forget a job")
    async def forget(name: str) -> Response:
        """Whatever it is at."""
        service.jobs.forget(found(name))
        return Response(status_code=204)


def _add_watching(app: FastAPI, service: Service) -> None:
    @app.get("/health", summary="Is the process there")
    async def health() -> JSONResponse:
        """200 as long as it answers."""
        return JSONResponse({"status": "ok"})

    @app.get("/ready", responses={503: {"description": "Not now."}}, summary="Can it compute now")
    async def ready() -> JSONResponse:
        """200 when a worker has loaded its network, and until the service is stopped."""
        loaded = service.pool.loaded
        if service.stopping or not loaded:
            why = "the service is being stopped" if service.stopping else "the network is loading"
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, why, 1)
        first = loaded[0]
        return JSONResponse(
            {
                "status": "ready",
                "workers": len(loaded),
                "processor": first.processor,
                "network": first.network,
                "scale": first.scale,
            }
        )

    @app.get("/metrics", response_class=Response, summary="Numbers for Prometheus")
    async def metrics() -> Response:
        """In its text format."""
        return Response(
            service.counters.text(), media_type="text/plain; version=0.0.4; charset=utf-8"
        )

    @app.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page_of(app.openapi()))

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def root() -> HTMLResponse:
        return HTMLResponse(page_of(app.openapi()))
