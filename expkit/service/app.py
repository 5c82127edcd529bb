"""The one ASGI app: every handler is here, whoever hosts it (`expkit serve`, Jupyter Server, a Hub)."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import Lifespan

from expkit import __version__
from expkit.errors import InvalidInput, did_you_mean, shorten
from expkit.service import (
    assign,
    audit,
    batch,
    boards,
    catalogue,
    delivery,
    events,
    evidence,
    experiments,
    files,
    governance,
    health,
    history,
    launch,
    looking,
    moves,
    ofrep,
    overrides,
    overview,
    people,
    retention,
    static,
    tokens,
    upkeep,
    watch,
)
from expkit.service.auth import Authenticate, Authentication, token_auth
from expkit.service.description import document
from expkit.service.docs import POLICY, docs_page
from expkit.service.feed import Feed
from expkit.service.metrics import Metrics
from expkit.service.middleware import BodyLimit, Correlation, Guard, Head, Timing
from expkit.service.problems import MEDIA_TYPE, unexpected
from expkit.service.ticker import ticking
from expkit.settings import Settings
from expkit.workbench import Workbench

__all__ = ["create_app", "describe_app"]

# `/experiments/assign` and its like come before `/experiments/{key}`
ROUTERS = (
    assign.router,
    delivery.router,
    ofrep.router,
    events.router,
    experiments.router,
    moves.router,
    launch.router,
    looking.router,
    history.router,
    evidence.router,
    watch.router,
    people.router,
    files.router,
    overrides.router,
    overview.router,
    boards.router,
    catalogue.router,
    governance.router,
    tokens.router,
    retention.router,
    upkeep.router,
    batch.router,
    audit.router,
    health.router,
    static.router,
)


def create_app(workbench: Workbench, *, settings: Settings | None = None, auth: Authenticate | None = None) -> FastAPI:
    """The app on an open workbench, which stays the caller's to close.

    Without `auth` a bearer token is asked for: the settings' own, or one that somebody has made for themselves.
    While the host keeps the app up (ASGI's lifespan), planned moves are made and events taken to the lake.
    """
    settings = settings or workbench.settings
    metrics = Metrics()
    app = describe_app(
        Middleware(Head),
        Middleware(Correlation),
        Middleware(Timing, observe=metrics.observe),
        Middleware(Guard),
        Middleware(
            Authentication,
            authenticate=auth or token_auth(settings.token, settings.actor, workbench.token_holder),
            client_keys=delivery.client_keys(settings.client_keys),
        ),
        Middleware(BodyLimit, limit=settings.max_body_bytes),
        lifespan=ticking(workbench),
    )
    app.state.workbench, app.state.settings, app.state.metrics = workbench, settings, metrics
    app.state.feed = Feed(workbench)
    return app


def describe_app(*middleware: Middleware, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The routes alone; enough for the OpenAPI document."""
    app = FastAPI(
        title="expkit",
        version=__version__,
        description="Design, run and analyse experiments. The same verbs as the Python workbench.",
        docs_url=None,  # FastAPI's own pages load scripts from elsewhere
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=_operation_id,
        middleware=middleware,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    for router in ROUTERS:
        app.include_router(router)
    app.add_api_route("/openapi.json", _openapi, include_in_schema=False)
    app.add_api_route("/docs", _docs, include_in_schema=False)
    app.exception_handler(RequestValidationError)(_on_invalid)
    app.exception_handler(HTTPException)(_on_http)
    app.openapi = partial(document, app)  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


def _openapi(request: Request) -> JSONResponse:
    return JSONResponse({**document(request.app), "servers": [{"url": _root(request) or "/"}]})


def _docs(request: Request) -> HTMLResponse:
    return HTMLResponse(docs_page(document(request.app), _root(request)), headers={"Content-Security-Policy": POLICY})


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", "")).rstrip("/")


def _on_invalid(_request: Request, error: RequestValidationError) -> Response:
    """What FastAPI found wrong with a path or a query."""
    faults = [
        f"{'.'.join(map(str, item['loc']))}: {str(item['msg']).lower()} (value {shorten(item.get('input'))})"
        for item in error.errors()[:10]
    ]
    raise InvalidInput(f"The request is not valid: {'; '.join(faults)}.", hint="see /docs.") from None


def _on_http(request: Request, error: HTTPException) -> Response:
    """A route that is not there, or not for this method."""
    headers = dict(error.headers or {})
    path, asked = _path(request), f"{request.method} {shorten(_path(request))}"
    detail, hint = str(error.detail), ""
    if error.status_code == 404:
        detail, hint = f"There is no {asked}.", did_you_mean(path, document(request.app)["paths"])
    elif error.status_code == 405:
        headers["Allow"] = allowed = ", ".join(sorted(_methods(request.app, path)))
        detail, hint = f"{asked} is not possible.", f"allowed here: {allowed}."
    told = unexpected(error.status_code, request.state.correlation_id, detail=detail, hint=hint)
    return Response(told.model_dump_json(exclude_none=True), told.status, headers, media_type=MEDIA_TYPE)


def _methods(app: FastAPI, path: str) -> set[str]:
    """What may be done to a path; starlette's own `Allow` knows only the first route that matches."""
    paths: dict[str, dict[str, Any]] = document(app)["paths"]
    fits = [verbs for known, verbs in paths.items() if re.fullmatch(re.sub(r"{\w+}", "[^/]+", known), path)]
    return {verb.upper() for verbs in fits for verb in verbs}


def _path(request: Request) -> str:
    path: str = request.scope["path"]
    return path.removeprefix(_root(request))
