"""`/tokens`: secrets with which a service knows people."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from expkit.domain.noun import Noun
from expkit.domain.tokens import NewToken, Token
from expkit.service.body import accepts, parsed
from expkit.service.context import Bench, Number, Reason

__all__ = ["router"]

router = APIRouter(prefix="/tokens", tags=["tokens"])


class TokenRequest(Noun):
    actor: str = ""
    """Whose it will be; one's own when left out. Other people's take an admin."""
    days: float = 90.0


class TokenPage(BaseModel):
    items: list[Token]


@router.get("")
def list_tokens(workbench: Bench) -> TokenPage:
    """The newest first: one's own, or everybody's for an admin. No secrets: those are kept nowhere."""
    return TokenPage(items=workbench.tokens())


@router.post("", status_code=201, openapi_extra=accepts(TokenRequest, required=False))
def create_token(
    workbench: Bench, response: Response, asked: Annotated[TokenRequest, Depends(parsed(TokenRequest))]
) -> NewToken:
    """The secret is in this answer and never told again."""
    response.headers["Cache-Control"] = "no-store"
    return workbench.create_token(asked.actor, days=asked.days)


@router.delete("/{number}")
def revoke_token(workbench: Bench, number: Number, reason: Reason = "") -> Token:
    """It opens nothing from now on."""
    return workbench.revoke_token(number, reason)
