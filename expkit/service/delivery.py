"""What clients evaluate by themselves: our signed config, and GrowthBook's payload; both as a stream, too."""

from __future__ import annotations

import ipaddress
import json
import secrets
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from expkit.assign.dialects import Config
from expkit.domain.noun import Json
from expkit.errors import NotFound, shorten
from expkit.service.feed import Feed, same, stream

__all__ = ["LOCAL", "client_keys", "router"]

router = APIRouter(tags=["delivery"])

LOCAL = "local"
"""The client key of whoever is on this machine, or known anyway."""
STREAM = "text/event-stream"
_QUIET = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}

Known = Annotated[str | None, Header(alias="If-None-Match", max_length=10_000)]
LastEvent = Annotated[str, Header(alias="Last-Event-ID", max_length=1_000)]


class FeaturesPayload(BaseModel):
    """What GrowthBook's SDKs read; its shape is theirs."""

    status: int
    features: dict[str, Json]
    savedGroups: dict[str, list[Json]]  # noqa: N815  # GrowthBook's name


@router.get(
    "/experiments/config",
    response_model=Config,
    responses={304: {"description": "It is what If-None-Match names."}, 200: {"content": {STREAM: {}}}},
)
def get_config(
    request: Request,
    accept: Annotated[str, Header(max_length=10_000)] = "",
    known: Known = None,
    last: LastEvent = "",
) -> Response:
    """Everything that decides over assignments, as one immutable document with an Ed25519 signature in its headers.

    Asked for `text/event-stream`, it sends an event `config` with the new ETag at once and after every change.
    """
    feed: Feed = request.app.state.feed
    bundle = feed.bundle()
    if _wants_stream(accept):

        def look(max_age: float) -> tuple[str, str]:
            newest = feed.bundle(max_age)
            return newest.etag, json.dumps({"etag": newest.etag, "revision": newest.config.revision})

        return StreamingResponse(stream(look, "config", last, ending=feed.ending), media_type=STREAM, headers=_QUIET)
    headers = {"ETag": bundle.etag, "Cache-Control": "private, no-cache", "Vary": "Accept"}
    if same(known, bundle.etag):
        return Response(status_code=304, headers=headers)
    signed = {
        "Expkit-Signature": bundle.signature,
        "Expkit-Public-Key": bundle.public_key,
        "Expkit-Key-Id": bundle.key_id,
        **({"Expkit-Key-Endorsements": bundle.endorsements} if bundle.endorsements else {}),
    }
    return Response(bundle.body, media_type="application/json", headers={**headers, **signed})


@router.get(
    "/api/features/{client_key}",
    response_model=FeaturesPayload,
    responses={304: {"description": "It is what If-None-Match names."}},
)
def get_features(request: Request, client_key: str, known: Known = None) -> Response:
    """What GrowthBook's SDKs read: every experiment as a feature of the same key."""
    headers = _checked(request, client_key)
    payload = request.app.state.feed.features()
    headers |= {"ETag": payload.etag, "Cache-Control": "no-cache", "x-sse-support": "enabled"}
    if same(known, payload.etag):
        return Response(status_code=304, headers=headers)
    return Response(payload.body, media_type="application/json", headers=headers)


@router.get("/sub/{client_key}", response_class=StreamingResponse)
def follow_features(request: Request, client_key: str, last: LastEvent = "") -> StreamingResponse:
    """The same as server-sent events, as GrowthBook's SDKs subscribe to them: `features` at once and after changes."""
    headers = _checked(request, client_key)
    feed: Feed = request.app.state.feed

    def look(max_age: float) -> tuple[str, str]:
        payload = feed.features(max_age)
        return payload.etag, payload.body.decode()

    told = stream(look, "features", last, ending=feed.ending)
    return StreamingResponse(told, media_type=STREAM, headers={**_QUIET, **headers})


def client_keys(text: str) -> frozenset[str]:
    """Those that the settings name; `local` is nobody's secret and is never one of them."""
    return frozenset(key for part in text.split(",") if (key := part.strip()) and key != LOCAL)


def _checked(request: Request, key: str) -> dict[str, str]:
    """Whether somebody may read with this key; pages from elsewhere may, with a key that was handed out for it."""
    known = client_keys(request.app.state.settings.client_keys)
    if any(secrets.compare_digest(key.encode(), one.encode()) for one in known):
        return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag, x-sse-support"}
    if key == LOCAL and (request.state.principal.name or _is_near(request)):
        return {}
    hint = "the service's EXPKIT_CLIENT_KEYS names its keys; 'local' is for this machine and for those with a token."
    raise NotFound(f"There is no client key {shorten(key)} here.", hint=hint)


def _is_near(request: Request) -> bool:
    """On this machine, and asked for by a name of this machine: no page from elsewhere gets in by a name of its own."""
    try:
        near = ipaddress.ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False
    return near and request.url.hostname in {"localhost", "127.0.0.1", "::1"} and "origin" not in request.headers


def _wants_stream(accept: str) -> bool:
    return any(part.split(";")[0].strip().lower() == STREAM for part in accept.split(","))
