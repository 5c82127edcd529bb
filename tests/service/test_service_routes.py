"""The routes do what the workbench does."""

from __future__ import annotations

import json

import httpx
import pytest
from hosting import CHECKOUT

from expkit.workbench import Workbench


def test_create_answers_with_the_draft_and_its_place(service: httpx.Client) -> None:
    """201, Location, the noun with its state."""
    answer = service.post("/experiments", json={**CHECKOUT, "key": "fresh"})
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/experiments/fresh"
    assert answer.json()["status"] == "draft"
    assert service.get(answer.headers["Location"]).json() == answer.json()


def test_a_key_is_taken_once(service: httpx.Client) -> None:
    """409, and the first one stays."""
    service.post("/experiments", json={**CHECKOUT, "key": "twice"})
    answer = service.post("/experiments", json={**CHECKOUT, "key": "twice", "name": "Other"})
    assert (answer.status_code, answer.json()["kind"]) == (409, "conflict")
    assert service.get("/experiments/twice").json()["name"] == CHECKOUT["name"]


def test_an_experiment_lives_and_stops(service: httpx.Client) -> None:
    """Each move answers with the new state; an illegal one with the legal ones."""
    service.post("/experiments", json={**CHECKOUT, "key": "life"})
    for verb, status in [("start", "active"), ("pause", "paused"), ("resume", "active")]:
        assert service.post(f"/experiments/life/{verb}").json()["status"] == status
    assert service.post("/experiments/life/stop").status_code == 422
    assert service.post("/experiments/life/stop", json={"reason": "enough"}).json()["status"] == "stopped"
    again = service.post("/experiments/life/start")
    assert again.status_code == 409
    assert "clone" in again.json()["hint"]
    what = [item["what"] for item in service.get("/experiments/life/timeline").json()["items"]]
    assert what[0] == "created"
    assert len(what) == 5


def test_a_clone_is_a_draft_of_its_own(service: httpx.Client, active: str) -> None:
    """Under the new key, found where Location says."""
    answer = service.post(f"/experiments/{active}/clone", json={"new_key": "second"})
    assert answer.status_code == 201
    assert answer.json()["status"] == "draft"
    assert service.get(answer.headers["Location"]).json()["key"] == "second"


def test_the_list_is_paged_and_filtered(service: httpx.Client, active: str) -> None:
    """`total` counts all that match, not only this page."""
    for number in range(3):
        service.post("/experiments", json={**CHECKOUT, "key": f"page-{number}", "owner": "pagers"})
    page = service.get("/experiments", params={"text": "pagers", "limit": 2}).json()
    assert [item["key"] for item in page["items"]] == ["page-2", "page-1"]
    assert page["total"] == 3
    assert active in [item["key"] for item in service.get("/experiments?status=active").json()["items"]]


def test_assign_answers_in_the_shape_that_was_asked_for(
    service: httpx.Client, active: str, workbench: Workbench
) -> None:
    """experiment_id, variant, params; the same as the workbench says."""
    asked = {"user_id": "u123", "session_id": "s456", "context": {"page_type": "pdp", "placement": "you_may_also_like"}}
    answer = service.post("/experiments/assign", json=asked).json()
    expected = workbench.assign(user_id="u123", session_id="s456")
    assert answer["experiment_id"] == active
    assert answer["variant"] == expected.variant
    assert answer["params"] == expected.params
    assert {"experiment_id", "variant", "params", "reason"} <= set(answer)


def test_a_session_stands_in_for_a_user(service: httpx.Client, active: str) -> None:
    """Bucketed by user_id when there is one, else by session_id."""
    by_session = service.post("/experiments/assign", json={"session_id": "s1"}).json()
    assert by_session["hash_attribute"] == "session_id"
    number = service.post("/experiments/assign", json={"user_id": 7}).json()
    assert number["variant"] == service.post("/experiments/assign", json={"user_id": "7"}).json()["variant"]


def test_events_are_durable_when_accepted(service: httpx.Client, active: str, workbench: Workbench) -> None:
    """202 with how many; bare or under `rows`; counted."""
    exposure = {"experiment": active, "variant": "control", "user_id": "u1"}
    assert service.post("/experiments/exposures", json=[exposure]).json() == {"accepted": 1}
    outcomes = {"rows": [{"event": "conversion", "user_id": "u1"}, {"event": "conversion", "user_id": "u2"}]}
    answer = service.post("/experiments/outcomes", json=outcomes)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 2})
    assert service.post("/experiments/traces", json=[{"model": "m", "user_id": "u1"}]).json() == {"accepted": 1}
    assert 'expkit_events_accepted_total{kind="outcomes"} 2.0' in service.get("/metrics").text


def test_a_bad_row_is_told_and_the_rest_kept(service: httpx.Client) -> None:
    """Counted by rule, the first of them by number; when no row is good, it is an error."""
    rows = [{"event": "conversion", "user_id": "u1"}, {"event": "conversion"}]
    answer = service.post("/experiments/outcomes", json=rows)
    nobody = "neither user_id nor session_id is given"
    assert (answer.status_code, answer.json()) == (
        202,
        {"accepted": 1, "refused": 1, "reasons": {nobody: 1}, "examples": [{"row": 1, "reason": nobody}]},
    )
    answer = service.post("/experiments/outcomes", json=rows[1:])
    assert answer.status_code == 422
    assert nobody in answer.json()["detail"]


def test_every_change_is_in_the_audit(service: httpx.Client) -> None:
    """Who, what, and under which correlation id."""
    service.post("/experiments", json={**CHECKOUT, "key": "watched"}, headers={"X-Correlation-ID": "c-42"})
    (entry,) = service.get("/audit?subject=watched").json()["items"]
    assert (entry["actor"], entry["action"], entry["correlation_id"]) == ("ann", "experiment.create", "c-42")


def test_readiness_asks_the_database(service: httpx.Client) -> None:
    """Unlike liveness."""
    assert service.get("/readyz").json() == {"status": "ok"}


def test_metrics_count_by_route_pattern(service: httpx.Client) -> None:
    """A key in a path is no label: there would be as many as experiments."""
    service.get("/experiments/nope")
    text = service.get("/metrics").text
    assert 'expkit_requests_total{method="GET",route="/experiments/{key}",status="404"}' in text
    assert "nope" not in text


def test_bokeh_comes_from_the_installed_package(service: httpx.Client) -> None:
    """And nothing else comes from there."""
    answer = service.get("/static/bokeh/bokeh.min.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert len(answer.content) > 100_000
    for other in ("bokeh.py", "..%2f..%2fapp.py", "compiler.js"):
        assert service.get(f"/static/bokeh/{other}").status_code == 404


@pytest.mark.parametrize("path", ["results", "figure", "report"])
def test_before_the_first_look_there_is_nothing_to_show(service: httpx.Client, active: str, path: str) -> None:
    """404, and what to do."""
    answer = service.get(f"/experiments/{active}/{path}")
    assert answer.status_code == 404
    assert answer.json()["hint"] == "analyze it first."


def test_a_change_on_top_of_another_one_is_refused(service: httpx.Client) -> None:
    """409 says who was faster and with what, of a kind of its own; the ETag is the version."""
    service.post("/experiments", json={**CHECKOUT, "key": "shared"})
    seen = service.get("/experiments/shared").headers["ETag"]
    first = service.patch("/experiments/shared", json={"changes": {"name": "Mine"}}, headers={"If-Match": seen})
    assert (first.status_code, seen, first.headers["ETag"]) == (200, '"1"', '"2"')
    late = service.patch("/experiments/shared", json={"changes": {"name": "Yours"}}, headers={"If-Match": f"W/{seen}"})
    assert (late.status_code, late.json()["kind"]) == (409, "overtaken")
    assert "ann" in late.json()["detail"]
    assert "'Checkout button' → 'Mine'" in late.json()["detail"]
    again = service.patch("/experiments/shared", json={"changes": {"name": "Yours"}, "version": 1})
    assert again.json()["detail"] == late.json()["detail"]
    assert service.patch("/experiments/shared", json={"changes": {}}, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize("tag", ["1", '"x"', "", '"1", "2"', '"99999999999999"'])
def test_an_odd_etag_is_refused(service: httpx.Client, active: str, tag: str) -> None:
    """Rather than taken for none."""
    answer = service.patch(f"/experiments/{active}", json={"changes": {}}, headers={"If-Match": tag})
    assert answer.status_code == 422
    assert "If-Match" in answer.json()["detail"]


def test_two_versions_that_were_seen_are_one_too_many(service: httpx.Client, active: str) -> None:
    """The header's and the body's have to agree."""
    body = {"changes": {}, "version": 2}
    answer = service.patch(f"/experiments/{active}", json=body, headers={"If-Match": '"1"'})
    assert answer.json()["detail"] == "If-Match says 1, and the body 2."


def test_guardrails_are_lines_as_well(service: httpx.Client) -> None:
    """Beside their fields, in a definition and by their own route; what is no line is told so."""
    made = service.post("/experiments", json={**CHECKOUT, "key": "lines", "guardrails": ["trace.error < 5% stop"]})
    assert made.json()["guardrails"][0]["limit"] == 0.05
    body = {"guardrails": ["trace.cost +20%", {"metric": "refund", "limit": 0.1}]}
    found = service.post("/experiments/lines/guardrails", json=body).json()["guardrails"]
    assert [(one["metric"]["key"], one["max_change"]) for one in found] == [("trace.cost", 0.2), ("refund", None)]
    answer = service.post("/experiments/lines/guardrails", json={"guardrails": ["trace.cost is fine"]})
    assert (answer.status_code, "METRIC +SHARE%" in answer.json()["detail"]) == (422, True)


def test_guardrails_are_set_with_a_reason(service: httpx.Client, workbench: Workbench) -> None:
    """As a new version."""
    service.post("/experiments", json={**CHECKOUT, "key": "guarded"})
    rule = {"metric": {"key": "error", "direction": "decrease"}, "limit": 0.05, "action": "pause"}
    body = {"guardrails": [rule], "reason": "last time it broke", "version": 1}
    answer = service.post("/experiments/guarded/guardrails", json=body)
    assert answer.json()["guardrails"][0]["limit"] == 0.05
    assert workbench.versions("guarded")[0].reason == "last time it broke"
    assert service.post("/experiments/guarded/guardrails", json=body).status_code == 409


def test_the_registry_counts_what_matches(service: httpx.Client, active: str) -> None:
    """In its specification's columns."""
    page = service.get("/registry", params={"status": "Running", "limit": 1}).json()
    assert page["total"] >= 1
    assert {"id", "name", "hypothesis", "status", "primary_metric", "sample_size", "rice_score"} <= set(
        page["items"][0]
    )
    assert page["items"][0]["status"] == "Running"


def test_the_audit_leaves_line_by_line(service: httpx.Client, workbench: Workbench) -> None:
    """More than one piece, none lost, in order."""
    with workbench._store.begin(actor="ann") as work:
        for number in range(1200):
            work.audit("policy.set", "p", reason=str(number))
    answer = service.get("/audit/export")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    numbers = [json.loads(line)["id"] for line in answer.text.splitlines()]
    assert numbers == list(range(1, len(numbers) + 1))
    half = service.get("/audit/verify?checkpoint_id=1")
    assert (half.status_code, half.json()["detail"]) == (422, "That is half a checkpoint.")
