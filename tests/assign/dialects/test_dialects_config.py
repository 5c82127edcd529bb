"""Our own bundle and its signature."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from expkit.assign import Assigner
from expkit.assign.dialects import Config, canonical, read_config
from expkit.assign.dialects.signature import key_id, new_key, public_key, sign, verify
from expkit.domain import Experiment, Override
from expkit.errors import InvalidInput

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def experiment(key: str = "checkout", **more: object) -> Experiment:
    variants = [{"key": "control", "params": {"p": 1}}, {"key": "b", "params": {"p": 2}}]
    named = {"key": key, "name": "Secret name", "hypothesis": "Secret.", "metrics": ["conversion"]}
    return Experiment.parse({**named, "variants": variants, "status": "active", **more})


def config(*experiments: Experiment, **more: object) -> Config:
    return Config.of(experiments, revision=7, at=NOW, phases={"checkout": 3}, **more)  # type: ignore[arg-type]


def test_what_is_read_answers_as_what_was_written() -> None:
    """Every answer of the snapshot, field by field, survives the way through bytes."""
    full = experiment(
        coverage=0.7, seed="s", eligibility={"country": {"$in": ["DE"]}}, placements=("pdp",), priority=3,
        layer={"name": "l", "ranges": [[0, 0.9]]}, parameters={"p": {"type": "integer", "default": 0}},
    )  # fmt: skip
    plain = experiment("other", prerequisites=[{"experiment": "checkout"}])
    ours = Assigner.compile([full, plain])
    theirs = read_config(canonical(config(full, plain))).assigner()
    for number in range(500):
        asked = {"user_id": f"u{number}", "attributes": {"country": "DE"}, "placement": "pdp"}
        assert theirs.assign(**asked) == ours.assign(**asked)
        assert theirs.assign(**asked, experiment="other") == ours.assign(**asked, experiment="other")


def test_only_what_assignment_needs_is_told() -> None:
    """No names, no hypotheses, no metrics; of what gives no variants neither conditions nor params."""
    draft = experiment("idea", status="draft", eligibility={"vip": True})
    told = canonical(config(experiment(), draft)).decode()
    assert "Secret" not in told
    assert "conversion" not in told
    assert "vip" not in told
    assert '"p":2' in told
    assert json.loads(told)["experiments"][1]["default_params"] == {"p": 1}


def test_an_override_makes_its_draft_known_but_not_its_code() -> None:
    """Forced units get the whole variant; ended overrides are left out."""
    base = {"experiment": "idea", "variant": "b", "created_at": NOW, "expires_at": NOW + timedelta(hours=1)}
    held = Override.parse({**base, "id": 1, "code": "c0de", "reason": "QA of Ann", "created_by": "ann"})
    ended = Override.parse({**base, "id": 2, "user_id": "bob", "expires_at": NOW - timedelta(hours=1)})
    told = canonical(config(experiment("idea", status="draft"), overrides=[held, ended])).decode()
    assert '"p":2' in told
    assert not any(word in told for word in ("c0de", "ann", "Ann", "bob"))


def test_the_bytes_do_not_depend_on_the_order_of_names() -> None:
    """So that one content has one ETag on every server."""
    one = experiment(eligibility={"a": 1, "b": {"$gt": 1, "$lt": 3}})
    other = experiment(eligibility={"b": {"$lt": 3, "$gt": 1}, "a": 1})
    assert canonical(config(one)) == canonical(config(other))


def test_a_signature_holds_for_its_bytes_and_its_key_only() -> None:
    """Changed bytes, another key, half a signature and no signature are all refused."""
    private, other = new_key(), new_key()
    public, signature = public_key(private), sign(private, b"config")
    assert verify(public, signature, b"config")
    assert not verify(public, signature, b"conf1g")
    assert not verify(public_key(other), signature, b"config")
    assert not verify(public, signature[:40], b"config")
    assert not verify(public, "", b"config")
    assert len(key_id(public)) == 16


@pytest.mark.parametrize("key", ["", "short", "!" * 44])
def test_a_malformed_key_is_told(key: str) -> None:
    """It is a mistake of whoever set it, not a wrong signature."""
    with pytest.raises(InvalidInput, match="32 bytes in base64"):
        public_key(key)


@pytest.mark.parametrize(
    ("body", "message"),
    [(b"", "no config"), (b"\xff", "no config"), (b"[]", "format"), (b'{"format": 2}', "format"), (b"{}", "revision")],
)
def test_what_is_no_config_is_told(body: bytes, message: str) -> None:
    """A proxy's error page, a newer format, half a document."""
    with pytest.raises(InvalidInput, match=message):
        read_config(body)
