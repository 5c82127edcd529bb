"""What the workbench adds to the assigner: what is stored decides, and what happened can be found again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pandas as pd
import pytest
from hosting import CHECKOUT

from expkit.assign import split
from expkit.domain import Experiment
from expkit.errors import Conflict, InvalidInput, NotFound
from expkit.workbench import Workbench

EXPERIMENT = Experiment.parse(CHECKOUT)
USERS = [f"u{number}" for number in range(60)]


def begin(wb: Workbench, key: str = "checkout", **values: object) -> None:
    wb.create(EXPERIMENT.changed(key=key, **values))
    wb.start(key)


def variants(wb: Workbench, key: str = "checkout", **more: object) -> list[str | None]:
    return [wb.assign(user_id=user, experiment=key, **more).variant for user in USERS]


def exposures(wb: Workbench) -> list[dict]:
    with wb._shared.events.reader() as reader:
        rows = reader.connection.execute(
            "SELECT user_id, variant, attributes FROM exposures ORDER BY user_id"
        ).fetchall()
    return [{"user_id": user, "variant": variant, **json.loads(attributes)} for user, variant, attributes in rows]


def test_exposed_units_of_a_sticky_experiment_keep_their_variant(wb: Workbench) -> None:
    """Paused, they keep theirs and new ones get none; with another seed or coverage, too."""
    begin(wb, sticky=True)
    before = variants(wb)
    wb.log_exposures([{"experiment": "checkout", "variant": before[0], "user_id": "u0"}])
    wb.pause("checkout")
    assert variants(wb) == [before[0], *[None] * 59]
    frame = wb.assign_frame(pd.DataFrame({"user_id": USERS}), experiment="checkout")
    assert [None if pd.isna(one) else one for one in frame["variant"]] == variants(wb)
    wb.resume("checkout")
    wb.traffic("checkout", coverage=0.0)
    assert variants(wb)[:2] == [before[0], None]
    wb.update("checkout", {"bucket_version": 1})
    assert variants(wb)[:2] == [None, None]


def test_what_a_caller_remembers_counts_where_nothing_is_known(wb: Workbench) -> None:
    """And what is stored counts more."""
    begin(wb, sticky=True)
    own = variants(wb)[0]
    other = {"control": "treatment", "treatment": "control"}[own or ""]
    told = {"user_id||u0": {"checkout__0": other}}
    assert wb.assign(user_id="u0", experiment="checkout", sticky=told).variant == other
    wb.log_exposures([{"experiment": "checkout", "variant": own, "user_id": "u0"}])
    assert wb.assign(user_id="u0", experiment="checkout", sticky=told).variant == own


def test_at_login_a_session_may_keep_its_variant(wb: Workbench) -> None:
    """Both ids are remembered, so that the user keeps it on another device."""
    begin(wb, at_login="keep")
    session = next(user for user, variant in zip(USERS, variants(wb), strict=True) if variant == "control")
    user = next(user for user, variant in zip(USERS, variants(wb), strict=True) if variant == "treatment")
    seen = wb.expose(experiment="checkout", session_id=session)
    assert seen is not None
    assert seen.variant == "control"
    assert wb.expose(experiment="checkout", user_id=user, session_id=session).variant == "control"
    assert wb.assign(user_id=user, experiment="checkout").variant == "control"


def test_an_override_is_audited_and_its_exposures_are_marked(wb: Workbench) -> None:
    """Whoever logs them: the workbench by itself, or a caller who knows nothing of it."""
    begin(wb)
    made = wb.override("checkout", "treatment", user_id="qa", hours=1, reason="release check")
    link = wb.override("checkout", "control", hours=1)
    assert wb.assign(user_id="qa", experiment="checkout").forced
    wb.expose(experiment="checkout", user_id="by-link", url=f"https://shop.example/?expkit={link.code}")
    wb.log_exposures([
        {"experiment": "checkout", "variant": "treatment", "user_id": "qa", "attributes": {"country": "DE"}},
        {"experiment": "checkout", "variant": "control", "user_id": "somebody"},
    ])  # fmt: skip
    forced = {row["user_id"]: row.get("assignment", {}).get("forced", False) for row in exposures(wb)}
    assert forced == {"by-link": True, "qa": True, "somebody": False}
    assert next(row for row in exposures(wb) if row["user_id"] == "qa")["country"] == "DE"
    wb.revoke_override(made.id, "done")
    assert wb.revoke_override(made.id).revoked_at is not None
    assert not wb.assign(user_id="qa", experiment="checkout").forced
    told = [(entry["action"], entry["reason"]) for entry in wb.audit()]
    assert ("assign.override", "release check") in told
    assert ("assign.revoke_override", "done") in told


def test_forced_units_stay_out_of_the_analysis(wb: Workbench) -> None:
    """Also what they saw before they were forced."""
    begin(wb)
    rows = [{"experiment": "checkout", "variant": wb.assign(user_id=user, experiment="checkout").variant,
             "user_id": user} for user in USERS]  # fmt: skip
    wb.log_exposures(rows)
    wb.override("checkout", "treatment", user_id="u0")
    wb.expose(experiment="checkout", user_id="u0")
    assert sum(arm.n for arm in wb.analyze("checkout").arms) == 59


def test_impossible_overrides_are_refused(wb: Workbench) -> None:
    """Each with the way out."""
    begin(wb)
    with pytest.raises(InvalidInput, match=r"'tretment'.*did you mean 'treatment'"):
        wb.override("checkout", "tretment", user_id="u")
    with pytest.raises(InvalidInput, match="up to 744"):
        wb.override("checkout", "control", user_id="u", hours=1e6)
    with pytest.raises(InvalidInput, match="one user or for one session"):
        wb.override("checkout", "control", user_id="u", session_id="s")
    with pytest.raises(NotFound, match="no override 9"):
        wb.revoke_override(9)
    wb.stop("checkout", "done")
    with pytest.raises(Conflict, match="is stopped"):
        wb.override("checkout", "control", user_id="u")


def test_holdouts_and_groups_decide(wb: Workbench) -> None:
    """From the moment they are set; whom a holdout keeps out cannot be changed, only ended."""
    begin(wb, eligibility={"user_id": {"$inGroup": "beta"}})
    assert set(variants(wb)) == {None}
    wb.save_group({"key": "beta", "values": USERS})
    assert None not in variants(wb)
    holdout = wb.set_holdout({"key": "q1", "share": 0.3})
    rules = [wb.assign(user_id=user, experiment="checkout").rule for user in USERS]
    assert 5 < rules.count("holdout") < 35
    with pytest.raises(Conflict, match="cannot be changed any more"):
        wb.set_holdout(holdout.changed(share=0.1))
    wb.set_holdout(holdout.changed(ended=True))
    assert None not in variants(wb)
    assert ([one.ended for one in wb.holdouts()], [one.key for one in wb.groups()]) == ([True], ["beta"])


def test_a_replay_finds_every_answer_of_the_past(wb: Workbench) -> None:
    """Through changes of traffic, status, groups, holdouts, overrides and memory, from the history alone."""
    wb.create(EXPERIMENT.changed(sticky=True))
    steps = [
        lambda: wb.start("checkout"),
        lambda: wb.log_exposures([{"experiment": "checkout", "variant": variants(wb)[0], "user_id": "u0"}]),
        lambda: wb.traffic("checkout", coverage=0.5, shares={"control": 0.2, "treatment": 0.8}),
        lambda: wb.override("checkout", "control", user_id="u1"),
        lambda: wb.set_holdout({"key": "h", "share": 0.2}),
        lambda: wb.pause("checkout"),
        lambda: wb.revoke_override(1),
        lambda: wb.resume("checkout"),
        lambda: wb.stop("checkout", "done"),
        lambda: wb.promote("checkout", variant="treatment", share=0.4),
        lambda: wb.finish("checkout"),
    ]
    history = [(datetime.now(UTC), variants(wb))]
    for step in steps:
        step()
        history.append((datetime.now(UTC), variants(wb)))
    assert len({tuple(answers) for _, answers in history}) >= 8
    for moment, answers in history:
        assert [wb.replay(moment, user_id=user, experiment="checkout").variant for user in USERS] == answers
    told = wb.replay(history[3][0], user_id="u1", experiment="checkout")
    assert "version 2, active" in told.trace[0].detail
    with pytest.raises(NotFound):
        wb.replay(datetime.now(UTC) - timedelta(days=1), user_id="u", experiment="checkout")


def test_promoting_names_the_winner(wb: Workbench) -> None:
    """The only treatment by itself; one of several by its name; its share grows with the traffic."""
    three = [{"key": key} for key in ("control", "a", "b")]
    wb.create(EXPERIMENT.changed(variants=three))
    wb.start("checkout")
    wb.stop("checkout", "done")
    with pytest.raises(InvalidInput, match=r"which one won\? Hint: name it: 'a', 'b'"):
        wb.promote("checkout")
    wb.promote("checkout", variant="b", share=0.2)
    few = {user for user, variant in zip(USERS, variants(wb), strict=True) if variant == "b"}
    wb.traffic("checkout", coverage=0.6)
    many = {user for user, variant in zip(USERS, variants(wb), strict=True) if variant == "b"}
    assert few < many
    wb.finish("checkout")
    assert set(variants(wb)) == {"b"}


def test_new_weights_open_a_phase_and_choose_the_order(wb: Workbench) -> None:
    """Of all orders of the arms the one in which the most units keep their variant; here not the one as written."""
    three = [{"key": key, "weight": weight} for key, weight in (("control", 0.5), ("a", 0.4), ("b", 0.1))]
    wb.create(EXPERIMENT.changed(variants=three))
    before = wb.start("checkout")
    after = wb.traffic("checkout", shares={"control": 0.2, "a": 0.3, "b": 0.5})
    assert len(wb.phases("checkout")) == 2
    units = [f"u{number}" for number in range(2_000)]
    was = split(before, units)
    kept = {order: (split(after.changed(bucket_order=order), units) == was).mean()
            for order in permutations(after.shares)}  # fmt: skip
    assert after.bucket_order == max(kept, key=kept.__getitem__) == ("control", "b", "a")
    assert kept[after.bucket_order] > kept["control", "a", "b"] + 0.05
    assert [one.code for one in wb.lint()] == ["weights"]


def test_exposure_rules_decide_what_is_logged(wb: Workbench) -> None:
    """An exposure when the event happens, nothing before."""
    begin(wb, exposure_rule={"event": "cart_opened"})
    assert wb.expose(experiment="checkout", user_id="u1") is None
    seen = wb.expose(experiment="checkout", user_id="u1", session_id="s1", event="cart_opened")
    assert seen is not None
    assert (seen.user_id, seen.session_id) == ("u1", "s1")
    assert [row["user_id"] for row in exposures(wb)] == ["u1"]


def test_many_experiments_for_one_user(wb: Workbench) -> None:
    """Those that are active, each as alone."""
    for key in ("one", "two", "three"):
        begin(wb, key)
    wb.pause("three")
    every = wb.assign_all(user_id="u1")
    assert every == {key: wb.assign(user_id="u1", experiment=key) for key in ("one", "two")}
    assert list(wb.assign_all(user_id="u1", experiments=["three"])) == ["three"]
