"""Telling people: whatever happens arrives on a real channel, once it takes it; nothing is told twice or shown."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from expkit import registry
from expkit.domain import Experiment
from expkit.errors import Forbidden, InvalidInput, UnknownName
from expkit.registry import notices as outbox
from expkit.workbench import Workbench
from expkit.workbench.channels import Channels

# Python 3.11 warns of a module of its own that a library under Apprise still looks for
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

EXPERIMENT = Experiment.parse({
    "key": "banner", "name": "Banner", "hypothesis": "If, then", "metrics": ["click"],
    "variants": [{"key": "control"}, {"key": "treatment"}],
})  # fmt: skip


class Hook(ThreadingHTTPServer):
    """A webhook that keeps what it is told; `status` is what it answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.told: list[dict[str, Any]] = []
        self.status = 200

    @property
    def address(self) -> str:
        return f"json://user:secret@127.0.0.1:{self.server_port}/expkit"

    @property
    def titles(self) -> list[str]:
        return [one["title"] for one in self.told]


class _Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Hook)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.status == 200:
            self.server.told.append(body)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def telling(wb: Workbench, hook: Hook) -> Workbench:
    wb._shared._channels = Channels(hook.address)
    assert wb.notify() == 0
    return wb


def test_what_happens_is_told_once(telling, hook):
    """By whom and why; what happened before a channel was there, and what is nobody's news, is not told."""
    wb = telling
    wb.create(EXPERIMENT)
    wb.start("banner", reason="go")
    wb.add_note("banner", "nobody's news")
    wb.acting_as("ann").stop("banner", "enough")
    assert (wb.notify(), wb.notify()) == (2, 0)
    assert hook.titles == ["banner has started", "banner is stopped"]
    assert hook.told[1]["message"].startswith("enough\nby ann, 20")
    assert [one.state for one in wb.notices()] == ["sent", "sent"]
    assert "secret" not in json.dumps([one.to_dict() for one in wb.notices()])


def test_alerts_reviews_and_requests_are_told(telling, hook):
    """What somebody has to act on."""
    wb = telling
    wb.create(EXPERIMENT.changed(stopping={"sample_size": 100}))
    wb.request_review("banner", ["zoe"])
    wb.acting_as("zoe").answer_review(1, "approve")
    wb.start("banner")
    wb.log_exposures([
        {"experiment": "banner", "variant": arm, "user_id": f"{arm}{i}"}
        for arm in ("control", "treatment") for i in range(100)
    ])  # fmt: skip
    wb.watch("banner")
    wb.acting_as("bob").request_elevation("operator", reason="on call")
    wb.notify()
    assert hook.titles == [
        "banner waits for a review", "banner has been reviewed: approve", "banner has started", "banner: sample_size",
        "Somebody asks for more rights",
    ]  # fmt: skip
    assert "reviewers: zoe" in hook.told[0]["message"]
    assert "100 of 100 units" in hook.told[3]["message"]
    assert "bob asks for operator" in hook.told[4]["message"]


def test_a_channel_that_is_away_is_told_later(telling, hook, monkeypatch):
    """Each attempt is written down; nothing is lost, and the others do not wait."""
    wb, now = telling, datetime.now(UTC)
    wb.create(EXPERIMENT)
    wb.start("banner")
    hook.status = 500
    assert (wb.notify(), wb.notify()) == (0, 0)
    (waiting,) = wb.notices(state="pending")
    assert (waiting.attempts, waiting.detail) == (1, "the channel did not take it")
    hook.status = 200
    monkeypatch.setattr(registry, "now", lambda: now + timedelta(minutes=5))
    assert wb.notify() == 1
    assert (hook.titles, wb.notices()[0].state, wb.notices()[0].attempts) == (["banner has started"], "sent", 2)


def test_after_a_day_it_has_failed(telling, hook):
    """And says so in the list."""
    wb = telling
    wb.create(EXPERIMENT)
    wb.start("banner")
    hook.status = 500
    wb.notify()
    for _ in outbox.WAITS:
        (notice,) = wb.notices()
        assert notice.state == "pending"
        with wb._store.begin(actor="expkit") as work:
            outbox.mark_notice(work, notice, "still away")
    assert (wb.notices()[0].state, wb.notices()[0].detail) == ("failed", "still away")


def test_what_was_written_down_survives_its_process(telling, hook):
    """A process that dies between writing and sending: another one sends it."""
    wb = telling
    wb.create(EXPERIMENT)
    wb.start("banner")
    with wb._store.begin(actor="expkit") as work:
        assert outbox.collect_notices(work, wb._shared.channels()) == 1
    assert hook.told == []
    assert wb.notify() == 1
    assert hook.titles == ["banner has started"]


def test_channels_are_tried_and_named_without_their_secrets(telling, hook):
    """By an admin; what does not answer says so."""
    wb = telling
    wb._shared._channels = Channels(f"{hook.address},json://127.0.0.1:1/nobody")
    found = wb.try_channels()
    assert sorted(bool(fault) for fault in found.values()) == [False, True]
    assert "secret" not in str(found)
    assert hook.titles == ["expkit"]
    wb.grant("root", "admin")
    with pytest.raises(Forbidden):
        wb.acting_as("vic").try_channels()


def test_bad_addresses_and_no_address(wb):
    """The error shows no more than the scheme."""
    with pytest.raises(InvalidInput, match=r"nonsense://\.\.\.") as error:
        Channels("nonsense://secret@host")
    assert "secret" not in str(error.value)
    assert list(Channels("")) == []
    assert wb.notify() == 0
    with pytest.raises(InvalidInput, match="No channel"):
        wb.try_channels()
    with pytest.raises(UnknownName, match="sent"):
        wb.notices(state="sended")
    with pytest.raises(InvalidInput):
        wb.notices(limit=0)


def test_two_addresses_that_look_alike_are_two_channels():
    """Where they differ in their secrets alone, they are numbered; the same one twice is one."""
    alike = "json://u:one@hooks.example.com/x json://u:two@hooks.example.com/x json://u:two@hooks.example.com/x"
    first, second = Channels(alike)
    assert second == f"{first} (2)"
    assert "one" not in first


def test_ends_loosenings_and_answers_are_told(telling, hook):
    """With the units and what a rollback changes; a completed experiment and a promotion, too."""
    wb = telling
    wb.create(EXPERIMENT.changed(guardrails=["trace.error < 5% stop"]))
    wb.start("banner")
    wb.update("banner", {"guardrails": []}, reason="not logged yet")
    wb.log_exposures([{"experiment": "banner", "variant": "treatment", "user_id": "u"}])
    wb.clone("banner", "other")
    wb.start("other")
    wb.rollback("other", "complaints")
    wb.stop("banner", "enough")
    wb.promote("banner", "it won")
    wb.finish("banner")
    wb.complete("banner")
    wb.grant("root", "admin")
    wb.grant("bob", "viewer")
    asked = wb.acting_as("bob").request_elevation("operator", reason="on call")
    wb.answer_elevation(asked.id, approve=True)
    wb.notify()
    assert hook.titles == [
        "banner has started", "banner: a guardrail watches less", "other has started", "other is rolled back",
        "banner is stopped", "banner is being rolled out", "banner is rolled out to everybody", "banner is completed",
        "Somebody asks for more rights", "A request for more rights is answered: approved",
    ]  # fmt: skip
    assert "not logged yet" in hook.told[1]["message"]
    assert "0.5 of the units lose treatment" in hook.told[3]["message"]
    assert "units: control 0, treatment 1" in hook.told[4]["message"]
