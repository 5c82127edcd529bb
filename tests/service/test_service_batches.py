"""Batches over HTTP: launched at once, followed as a stream, reported in pages."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from hosting import TOKEN, running

from expkit.service import create_app
from expkit.settings import Settings
from expkit.workbench import Workbench

TWO = {"template": "simulate_ab", "parameters": [{"users_per_arm": 500, "seed": 1}, {"users_per_arm": 500, "seed": 2}]}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A workbench of its own: a batch keeps running while its module does."""
    settings = Settings.read(tmp_path_factory.mktemp("batches")).with_(token=TOKEN, actor="ann", database_url="")
    with Workbench.open(settings) as workbench, running(create_app(workbench)) as url:
        yield url


@pytest.fixture(scope="module")
def finished(service: httpx.Client) -> list[tuple[str, dict]]:  # type: ignore[type-arg]
    """The events of a batch of two trials, from the launch to the end."""
    launched = service.post("/experiment/batch/run", json={**TWO, "limits": {"workers": 1}})
    assert launched.status_code == 202
    with service.stream("GET", launched.headers["Location"] + "/events", timeout=240) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        blocks = "".join(stream.iter_text()).strip().split("\n\n")
    pairs = [block.splitlines() for block in blocks if block.startswith("event: ")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in pairs]


def test_a_batch_is_followed_to_its_end(finished: list[tuple[str, dict]]) -> None:  # type: ignore[type-arg]
    """Progress first, `done` last, and never a step back."""
    assert {name for name, _ in finished[:-1]} == {"progress"}
    assert (finished[-1][0], finished[-1][1]["status"]) == ("done", "succeeded")
    ended = [batch["counts"]["succeeded"] for _, batch in finished]
    assert ended == sorted(ended)
    assert ended[-1] == 2


def test_the_report_comes_in_pages(service: httpx.Client, finished: list[tuple[str, dict]]) -> None:  # type: ignore[type-arg]
    """Each with the batch, whose counts say how many trials there are."""
    job_id = finished[-1][1]["job_id"]
    pages = [service.get(f"/experiment/results/{job_id}?limit=1&offset={offset}").json() for offset in range(3)]
    assert [len(page["trials"]) for page in pages] == [1, 1, 0]
    assert {page["batch"]["counts"]["total"] for page in pages} == {2}
    assert service.get(f"/experiment/batch/{job_id}").json()["status"] == "succeeded"
    assert job_id in [batch["job_id"] for batch in service.get("/experiment/batch").json()["items"]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"template": "simulate"}, "simulate_ab"),
        ({"template": "../../etc/passwd"}, "a key starts"),
        ({"parameters": []}, ""),
        ({"parameters": [{"user_per_arm": 1}]}, "users_per_arm"),
        ({"parameters": "all"}, ""),
        ({"limits": {"workers": 0}}, ""),
    ],
)
def test_a_wrong_wish_is_told_before_anything_runs(service: httpx.Client, change: dict[str, object], said: str) -> None:
    """With the nearest right one; no path reaches the server's disk."""
    answer = service.post("/experiment/batch/run", json={**TWO, **change})
    assert answer.status_code in {404, 422}, answer.text
    assert said in answer.json()["hint"]


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "batch/nope"),
        ("GET", "batch/nope/events"),
        ("GET", "results/nope"),
        ("POST", "batch/nope/abort"),
        ("POST", "batch/nope/resume"),
    ],
)
def test_an_unknown_batch_is_not_found(service: httpx.Client, verb: str, path: str) -> None:
    """Also as a stream: 404 comes before the first event."""
    answer = service.request(verb, f"/experiment/{path}")
    assert (answer.status_code, answer.json()["kind"]) == (404, "not-found")
