"""`/ofrep/v1/...`: OpenFeature's remote evaluation. Its errors are problem documents with OFREP's names added."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from expkit.assign.dialects.growthbook import UNTOLD
from expkit.assign.dialects.ofrep import Asked, OfrepError, error_code, evaluation, read_context
from expkit.domain.noun import Json, Noun
from expkit.errors import ExpkitError, InvalidInput
from expkit.service.body import Content, accepts, json_value
from expkit.service.context import Bench
from expkit.service.feed import Feed, same
from expkit.service.problems import MEDIA_TYPE, Problem, problem

__all__ = ["router"]

router = APIRouter(prefix="/ofrep/v1", tags=["delivery"])

Code = Literal["PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "GENERAL", "FLAG_NOT_FOUND"]
Reason = Literal["SPLIT", "TARGETING_MATCH", "DISABLED", "DEFAULT"]


class EvaluateRequest(Noun):
    """`targetingKey` is the user unless there is a `user_id`; everything else is an attribute."""

    context: dict[str, Json] = {}


class Evaluation(BaseModel):
    """One flag: its value is the variant's params, or the default ones where `variant` is null."""

    key: str
    value: dict[str, Json]
    variant: str | None
    reason: Reason
    metadata: dict[str, str | float | bool]


class Evaluations(BaseModel):
    flags: list[Evaluation]
    metadata: dict[str, str | float | bool]


class EvaluationProblem(Problem):
    """A problem document, with what OFREP calls the same things."""

    key: str = ""
    errorCode: Code  # noqa: N815  # OFREP's name
    errorDetails: str  # noqa: N815


_FAILURES: dict[int | str, dict[str, Any]] = {
    400: {"description": "The context cannot be evaluated.", "model": EvaluationProblem},
}
_UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"description": "No such flag.", "model": EvaluationProblem}}


@router.post(
    "/evaluate/flags/{key}",
    response_model=Evaluation,
    responses={**_FAILURES, **_UNKNOWN},
    openapi_extra=accepts(EvaluateRequest),
)
def evaluate_flag(workbench: Bench, request: Request, key: str, content: Content) -> Response:
    """Which variant of an experiment a context gets."""

    def evaluated(asked: Asked) -> Response:
        answer = workbench.assign(
            user_id=_id(asked.user_id), session_id=_id(asked.session_id), attributes=asked.attributes,
            experiment=key, page_type=asked.page_type, placement=asked.placement,
        )  # fmt: skip
        return JSONResponse(evaluation(answer))

    return _answered(request, content, evaluated, key)


@router.post(
    "/evaluate/flags",
    response_model=Evaluations,
    responses={**_FAILURES, 304: {"description": "It is what If-None-Match names."}},
    openapi_extra=accepts(EvaluateRequest),
)
def evaluate_flags(
    workbench: Bench,
    request: Request,
    content: Content,
    known: Annotated[str | None, Header(alias="If-None-Match", max_length=10_000)] = None,
) -> Response:
    """All of them at once, but for drafts and what is archived; the ETag is the answer's."""
    feed: Feed = request.app.state.feed

    def evaluated(asked: Asked) -> Response:
        keys = [one.key for one in feed.bundle(1.0).config.experiments if one.status not in UNTOLD]
        found = workbench.assign_all(
            user_id=_id(asked.user_id), session_id=_id(asked.session_id), attributes=asked.attributes,
            experiments=keys, page_type=asked.page_type, placement=asked.placement,
        )  # fmt: skip
        told = {"flags": [evaluation(answer) for answer in found.values()], "metadata": {}}
        body = json.dumps(told, ensure_ascii=False).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        if same(known, etag):
            return Response(status_code=304, headers={"ETag": etag})
        return Response(body, media_type="application/json", headers={"ETag": etag})

    return _answered(request, content, evaluated)


def _answered(request: Request, content: bytes, evaluated: Callable[[Asked], Response], key: str = "") -> Response:
    try:
        return evaluated(read_context(_body(content)))
    except ExpkitError as error:
        told, code = problem(error, request.state.correlation_id), error_code(error)
        status = 400 if told.status == 422 else told.status
        named = {"key": key} if key else {}
        body = {**told.model_dump(exclude_none=True), "status": status, "errorCode": code, "errorDetails": str(error)}
        return JSONResponse({**body, **named}, status, media_type=MEDIA_TYPE)


def _body(content: bytes) -> Any:
    try:
        return json_value(content)
    except InvalidInput as error:
        raise OfrepError("PARSE_ERROR", error.message, hint=error.hint) from None


def _id(given: str | int | None) -> str | None:
    return None if given in (None, "") else str(given)
