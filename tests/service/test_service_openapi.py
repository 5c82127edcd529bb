"""The service describes itself, and the committed description is the real one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest
from hosting import TOKEN, running
from openapi_spec_validator import validate

from expkit.domain import Experiment
from expkit.service import create_app
from expkit.service.openapi import main, text
from expkit.workbench import Workbench

COMMITTED = Path(__file__).parents[2] / "openapi.json"


def test_the_committed_document_has_not_drifted() -> None:
    """When this fails: python -m expkit.service.openapi openapi.json"""
    assert COMMITTED.read_text(encoding="utf-8") == text()


def test_the_document_is_valid_openapi() -> None:
    """3.1, by the specification's own schema."""
    found = json.loads(text())
    assert found["openapi"].startswith("3.1")
    validate(found)


def test_nouns_stand_under_their_names() -> None:
    """What comes back is complete; what is sent may leave defaults out."""
    schemas = json.loads(text())["components"]["schemas"]
    assert "status" in schemas["Experiment"]["required"]
    assert set(schemas["ExperimentInput"]["required"]) == {
        name for name, field in Experiment.model_fields.items() if field.is_required()
    }
    assert not [name for name in schemas if "__" in name]


def test_every_operation_tells_how_it_fails() -> None:
    """With a problem document."""
    for path, verbs in json.loads(text())["paths"].items():
        for verb, operation in verbs.items():
            assert "application/problem+json" in operation["responses"]["default"]["content"], (verb, path)
            assert "422" not in operation["responses"]


def test_every_route_is_documented() -> None:
    """In its own words, and with its row in the guide; no row is left of a route that is gone."""
    operations = {
        f"{verb.upper()} {path}": operation
        for path, verbs in json.loads(text())["paths"].items()
        for verb, operation in verbs.items()
    }
    assert [route for route, operation in operations.items() if not operation.get("description")] == []
    guide = (COMMITTED.parent / "docs" / "service.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `([A-Z]+ /[^`]*)` \| .+ \|$", guide, re.MULTILINE)) == sorted(operations)


def test_it_is_written_where_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """To a file, or to the terminal."""
    assert main([str(tmp_path / "openapi.json")]) == 0
    assert main([]) == 0
    assert capsys.readouterr().out == (tmp_path / "openapi.json").read_text(encoding="utf-8")


def test_it_is_served_with_the_place_it_is_served_at(workbench: Workbench) -> None:
    """A client below a prefix finds its way."""
    app = create_app(workbench)

    async def below(scope, receive, send):  # type: ignore[no-untyped-def]
        await app({**scope, "root_path": "/user/a/expkit"} if scope["type"] == "http" else scope, receive, send)

    with running(below) as address, httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30) as client:
        assert client.get(f"{address}/user/a/expkit/openapi.json").json()["servers"] == [{"url": "/user/a/expkit"}]
        assert "/user/a/expkit/experiments/{key}" in client.get(f"{address}/user/a/expkit/docs").text
        assert client.get(f"{address}/user/a/expkit/healthz", headers={"Authorization": ""}).status_code == 200


def test_the_docs_need_nothing_from_outside(service: httpx.Client) -> None:
    """No script, no font, no address of another machine."""
    answer = service.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text
    assert "http://" not in answer.text
    assert "https://" not in answer.text
    assert '<a href="#schema-Experiment">' in answer.text
