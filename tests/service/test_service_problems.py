"""One mapper from exceptions to statuses, and nothing given away."""

from __future__ import annotations

import httpx
import pytest
from hosting import TOKEN, running

from expkit import errors
from expkit.service import create_app, problem
from expkit.service.app import describe_app
from expkit.workbench import Workbench

STATUS = {
    errors.InvalidInput: 422, errors.InvalidDefinition: 422, errors.UnknownName: 422, errors.NotFound: 404,
    errors.Conflict: 409, errors.IllegalMove: 409, errors.Overtaken: 409, errors.Unauthenticated: 401,
    errors.Forbidden: 403, errors.TooLarge: 413, errors.StorageUnavailable: 503, errors.Unreachable: 503,
    errors.MissingDependency: 501, errors.ExpkitError: 500,
}  # fmt: skip


@pytest.mark.parametrize("cls", STATUS)
def test_every_error_has_its_status(cls: type[errors.ExpkitError]) -> None:
    """And carries message, hint, kind and id."""
    told = problem(cls("It went wrong.", hint="try again."), "abc")
    assert (told.status, told.kind) == (STATUS[cls], cls.kind)
    assert (told.detail, told.hint, told.correlation_id) == ("It went wrong.", "try again.", "abc")


def test_no_error_of_the_tree_is_forgotten() -> None:
    """A new class of error needs a line above."""
    declared = {getattr(errors, name) for name in errors.__all__}
    assert set(STATUS) == {cls for cls in declared if isinstance(cls, type)}


def test_the_document_names_every_kind() -> None:
    """A client is generated from it, and tells problems apart by kind; a refusal also says what would be enough."""
    kinds = describe_app().openapi()["components"]["schemas"]["Problem"]["properties"]["kind"]["enum"]
    assert set(kinds) == {cls.kind for cls in STATUS}
    told = problem(errors.Forbidden("No.", hint="ask.", role="operator", project="shop"))
    assert (told.role, told.project) == ("operator", "shop")
    assert problem(errors.Forbidden("Your own.", hint="ask.")).role is None


def test_a_bug_gives_nothing_away(workbench: Workbench, caplog: pytest.LogCaptureFixture) -> None:
    """The log has it all, under the id that the caller was told."""

    class Broken(Workbench):
        def ready(self) -> bool:
            raise RuntimeError("secret")

    with running(create_app(Broken.open(workbench.settings))) as address:
        answer = httpx.get(f"{address}/readyz", headers={"Authorization": f"Bearer {TOKEN}", "X-Correlation-ID": "c-1"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert "RuntimeError: secret" in caplog.text
    assert "c-1" in caplog.text
    assert "c-1" in answer.json()["hint"]


def test_a_sane_correlation_id_is_kept(service: httpx.Client) -> None:
    """In the header and in the problem."""
    answer = service.get("/experiments/nope", headers={"X-Correlation-ID": "order-66"})
    assert answer.headers["X-Correlation-ID"] == answer.json()["correlation_id"] == "order-66"


@pytest.mark.parametrize("given", ["", "a b", "x" * 101, "<script>"])
def test_another_one_is_replaced(service: httpx.Client, given: str) -> None:
    """It goes into logs and into the audit."""
    answer = service.get("/healthz", headers={"X-Correlation-ID": given})
    assert len(answer.headers["X-Correlation-ID"]) == 32


def test_an_unknown_path_is_told_with_the_nearest(service: httpx.Client) -> None:
    """A typing error costs one look."""
    answer = service.get("/experiment")
    assert answer.status_code == 404
    assert answer.json()["hint"] == "did you mean '/experiments'?"


def test_a_wrong_verb_is_told_with_the_right_ones(service: httpx.Client) -> None:
    """In the header, too."""
    answer = service.delete("/experiments")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, POST"
    assert answer.json()["hint"] == "allowed here: GET, POST."


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "offset=-1", f"offset={10**30}", "status=activ", "limit=1001"])
def test_a_wrong_query_is_the_callers_mistake(service: httpx.Client, query: str) -> None:
    """422, with the value."""
    answer = service.get(f"/experiments?{query}")
    assert answer.status_code == 422
    assert answer.json()["hint"]


def test_head_is_get_without_a_body(service: httpx.Client) -> None:
    """The same headers, and no error that a body would have explained."""
    answer = service.head("/experiments")
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["content-type"] == "application/json"
