"""What decides besides the hash: overrides, memory and login, layers, holdouts, prerequisites, ramps, schedules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from expkit.assign import Assigner, bucket, circle, code_in, remember
from expkit.domain import Experiment, Holdout, Override
from expkit.errors import InvalidDefinition

NOW = datetime(2026, 3, 1, tzinfo=UTC)
UNITS = [f"u{number}" for number in range(2000)]


def experiment(key: str = "e", **values: object) -> Experiment:
    return Experiment.parse({
        "key": key, "name": key, "hypothesis": "If, then.", "metrics": ["m"], "status": "active",
        "variants": [{"key": "control"}, {"key": "a"}], **values,
    })  # fmt: skip


def unit_of(variant: str, key: str = "e") -> str:
    return next(unit for unit in UNITS if (bucket(key, unit) >= 0.5) == (variant == "a"))


def force(**values: object) -> Override:
    return Override.parse({
        "id": 1, "experiment": "e", "variant": "a", "created_at": NOW, "expires_at": NOW + timedelta(hours=1), **values,
    })  # fmt: skip


def test_an_override_forces_until_it_expires() -> None:
    """By user, by session, by code; in a draft as in a paused experiment; not once it has expired or was revoked."""
    ours = unit_of("control")
    for who, asked in (
        ({"user_id": ours}, {"user_id": ours}), ({"session_id": "s"}, {"user_id": ours, "session_id": "s"}),
        ({"code": "secret"}, {"user_id": ours, "code": "secret"}), ({"code": "secret"}, {"code": "secret"}),
    ):  # fmt: skip
        for status in ("draft", "active", "paused"):
            assigner = Assigner.compile([experiment(status=status)], overrides=[force(**who)])
            answer = assigner.assign(**asked, experiment="e", at=NOW)
            assert (answer.variant, answer.forced, answer.rule) == ("a", True, "override")
            assert not assigner.assign(**asked, experiment="e", at=NOW + timedelta(hours=2)).forced
            assert not assigner.assign(user_id="else", experiment="e", at=NOW).forced
    for off in ([force(user_id=ours, revoked_at=NOW)], [force(user_id=ours, variant="gone")]):
        assert not Assigner.compile([experiment()], overrides=off).assign(ours, experiment="e", at=NOW).forced
    ended = Assigner.compile([experiment(status="stopped")], overrides=[force(user_id=ours)])
    assert ended.assign(ours, experiment="e", at=NOW).variant is None


def test_the_newest_override_goes_first() -> None:
    """And one that names nobody, or two, is none."""
    two = [force(user_id="u", id=2, variant="control"), force(user_id="u", id=1)]
    assert Assigner.compile([experiment()], overrides=two).assign("u", experiment="e", at=NOW).variant == "control"
    for who in ({}, {"user_id": "u", "code": "c"}):
        with pytest.raises(InvalidDefinition, match="one user_id, or one session_id, or one code"):
            force(**who)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://shop.example/cart?expkit=abc&x=1", "abc"), ("/cart?a=1&expkit=abc#top", "abc"), ("?expkit=", None),
        ("https://shop.example/?x=expkit", None), (None, None), ("", None), ("http://[expkit", None),
    ],
)  # fmt: skip
def test_the_code_in_an_address(url: str | None, code: str | None) -> None:
    """The query parameter `expkit`; what is no address has none."""
    assert code_in(url) == code


def test_sticky_units_keep_their_variant() -> None:
    """Whatever changes: coverage, eligibility, even the hash; a raised bucket version forgets, a minimum shuts out."""
    unit = unit_of("control")
    first = Assigner.compile([experiment(sticky=True)])
    memory = remember(first.experiments["e"], first.assign(unit, experiment="e"))
    assert memory == {f"user_id||{unit}": {"e__0": "control"}}

    def now(**values: object) -> tuple[str | None, bool]:
        found = Assigner.compile([experiment(**values)]).assign(unit, experiment="e", sticky=memory)
        return found.variant, found.sticky

    assert now(sticky=True, coverage=0.0, eligibility={"never": 1}) == ("control", True)
    assert now(sticky=False, coverage=0.0) == (None, False)
    assert now(sticky=True, bucket_version=1, coverage=0.0) == (None, False)
    assert now(sticky=True, bucket_version=1) == ("control", False)
    assert now(sticky=True, bucket_version=2, min_bucket_version=1) == (None, False)
    assert now(sticky=True, bucket_version=0, variants=[{"key": "x"}, {"key": "y"}])[1] is False
    assert now(status="paused") == ("control", True)
    assert now(sticky=True, status="stopped") == (None, False)


def test_paused_takes_no_new_units() -> None:
    """Who is not remembered gets none."""
    paused = Assigner.compile([experiment(status="paused", sticky=True)])
    assert paused.assign("new", experiment="e").reason == "Experiment 'e' is paused: it takes no new units."


@pytest.mark.parametrize(
    ("at_login", "variant", "rule", "attribute"),
    [("rebucket", "a", "allocation", "user_id"), ("keep", "control", "sticky", "session_id"),
     ("exclude", None, "login", "user_id")],
)  # fmt: skip
def test_what_happens_at_login(at_login: str, variant: str | None, rule: str, attribute: str) -> None:
    """A session that had control becomes a user who would have a: bucketed anew, kept, or left out."""
    assigner = Assigner.compile([experiment(at_login=at_login)])
    session, user = unit_of("control"), unit_of("a")
    anonymous = assigner.assign(session_id=session, experiment="e")
    assert (anonymous.variant, anonymous.hash_attribute) == ("control", "session_id")
    memory = remember(assigner.experiments["e"], anonymous)
    answer = assigner.assign(user, session, experiment="e", sticky=memory)
    assert (answer.variant, answer.rule, answer.hash_attribute) == (variant, rule, attribute)
    assert (answer.user_id, answer.session_id) == (user, session)
    same = assigner.assign(unit_of("control"), session, experiment="e", sticky=memory)
    assert same.variant == "control"


def test_a_users_own_memory_goes_first() -> None:
    """What the user had counts before what the session had."""
    assigner = Assigner.compile([experiment(at_login="keep")])
    memory = {"user_id||u": {"e__0": "a"}, "session_id||s": {"e__0": "control"}}
    assert assigner.assign("u", "s", experiment="e", sticky=memory).variant == "a"
    kept = remember(assigner.experiments["e"], assigner.assign("u", "s", experiment="e"))
    assert set(kept) == {"user_id||u", "session_id||s"}
    assert remember(assigner.experiments["e"], assigner.assign(experiment="e")) == {}


def test_experiments_of_a_layer_share_no_unit() -> None:
    """Units in a gap are in none of them; a gap can be given to another experiment."""
    first = experiment("first", layer={"name": "l", "ranges": [[0, 0.3]]})
    second = experiment("second", layer={"name": "l", "ranges": [[0.5, 0.8]]})
    third = experiment("third", layer={"name": "l", "ranges": [[0.8, 1], [0.3, 0.5]]})
    every = [Assigner.compile([first, second, third]).assign_all(unit) for unit in UNITS]
    taken = [[key for key, answer in one.items() if answer.variant] for one in every]
    assert all(len(keys) == 1 for keys in taken)
    assert sum(keys == ["third"] for keys in taken) / len(UNITS) == pytest.approx(0.4, abs=0.04)
    outside = next(one["first"] for one in every if one["first"].variant is None)
    assert outside.reason == "The unit's place in layer 'l' is not one of 'first'."
    assert outside.rule == "layer"
    for wrong, why in (([[0.5, 0.4]], "empty"), ([[0, 0.5], [0.4, 1]], "overlap"), ([[0, 1.5]], "less than or equal")):
        with pytest.raises(InvalidDefinition, match=why):
            experiment(layer={"name": "l", "ranges": wrong})


def test_held_out_units_are_in_no_experiment() -> None:
    """A share of them, the same in all experiments of its projects; what is rolled out to all reaches them."""
    fleet = [experiment("one"), experiment("two"), experiment("other", project="x")]
    shipped = experiment("shipped", status="rolled_out")
    assigner = Assigner.compile([*fleet, shipped], holdouts=[Holdout(key="h", share=0.2, projects=("default",))])
    every = [assigner.assign_all(unit) for unit in UNITS]
    held = [one for one in every if one["one"].rule == "holdout"]
    assert len(held) / len(UNITS) == pytest.approx(0.2, abs=0.04)
    assert all(one["two"].rule == "holdout" and one["other"].variant and one["shipped"].variant for one in held)
    strict = Assigner.compile([shipped], holdouts=[Holdout(key="h", share=0.2, releases=False)])
    rules = {strict.assign(unit, experiment="shipped").rule for unit in UNITS}
    assert rules == {"holdout", "rollout"}
    ended = Assigner.compile(fleet, holdouts=[Holdout(key="h", share=0.2, ended=True)])
    assert all(ended.assign(unit, experiment="one").variant for unit in UNITS)


def test_a_prerequisite_asks_for_another_experiments_variant() -> None:
    """Named ones, or any; through a chain."""
    base, some = experiment("base", coverage=0.5), {"prerequisites": [{"experiment": "base", "variants": ["a"]}]}
    fleet = [base, experiment("needs", **some), experiment("any", prerequisites=[{"experiment": "needs"}])]
    assigner = Assigner.compile(fleet)
    for unit in UNITS[:200]:
        had = assigner.assign(unit, experiment="base").variant
        assert (assigner.assign(unit, experiment="needs").variant is not None) == (had == "a")
        assert (assigner.assign(unit, experiment="any").variant is not None) == (had == "a")
    left_out = next(unit for unit in UNITS if assigner.assign(unit, experiment="base").variant == "control")
    assert assigner.assign(left_out, experiment="needs").reason == "The unit has 'control' in 'base', not 'a'."


def test_prerequisites_that_go_in_a_circle_are_told() -> None:
    """Nobody gets a variant, and the answer names the way round; so it does for one that is not there."""
    ring = [experiment(key, prerequisites=[{"experiment": other}]) for key, other in ("ab", "bc", "ca")]
    assigner = Assigner.compile([*ring, experiment("d", prerequisites=[{"experiment": "a"}]), experiment("free")])
    assert assigner.assign("u", experiment="a").reason == (
        "The prerequisites of 'a' go round in a circle: a -> b -> c -> a."
    )
    assert "circle: a -> b -> c -> a" in assigner.assign("u", experiment="d").reason
    assert assigner.assign("u", experiment="free").variant
    assert circle("free", assigner.experiments) == []
    alone = Assigner.compile([experiment(prerequisites=[{"experiment": "gone"}])])
    assert alone.assign("u", experiment="e").reason == "The prerequisite 'gone' of 'e' is not there."
    with pytest.raises(InvalidDefinition, match="its own prerequisite"):
        experiment("a", prerequisites=[{"experiment": "a"}])


def test_a_ramp_holds_coverage_down() -> None:
    """Nobody before its first step, then as much as its steps say, and never more than the coverage."""
    steps = [{"after_hours": 1, "coverage": 0.1}, {"after_hours": 24, "coverage": 1.0}]
    assigner = Assigner.compile([experiment(ramp=steps, coverage=0.5, started_at=NOW)])
    inside = [
        {unit for unit in UNITS if assigner.assign(unit, experiment="e", at=NOW + timedelta(hours=hours)).variant}
        for hours in (0, 1, 23.9, 24, 999)
    ]
    assert [len(units) / len(UNITS) for units in inside] == pytest.approx([0, 0.1, 0.1, 0.5, 0.5], abs=0.04)
    assert inside[1] == inside[2] <= inside[3]
    for wrong in ([{"after_hours": 2, "coverage": 0.1}] * 2,
                  [{"after_hours": 1, "coverage": 0.2}, {"after_hours": 2, "coverage": 0.1}]):  # fmt: skip
        with pytest.raises(InvalidDefinition, match="follow each other in time"):
            experiment(ramp=wrong)


def test_a_schedule_bounds_an_active_experiment() -> None:
    """Also where no server has moved it yet."""
    window = {"start": NOW, "end": NOW + timedelta(days=1)}
    assigner = Assigner.compile([experiment(schedule=window)])
    found = [assigner.assign("u", experiment="e", at=NOW + timedelta(hours=hours)) for hours in (-1, 0, 24)]
    assert [answer.variant is None for answer in found] == [True, False, True]
    assert (found[0].reason, found[2].reason) == (
        "Experiment 'e' begins at 2026-03-01 00:00 UTC.", "Experiment 'e' has ended at 2026-03-02 00:00 UTC.",
    )  # fmt: skip


def test_an_explanation_says_what_each_check_saw() -> None:
    """Which version of the config, which rule, which bucket, and why not."""
    found = experiment(version=4, layer={"name": "l"}, eligibility={"country": "DE"}, prerequisites=[])
    assigner = Assigner.compile([found], holdouts=[Holdout(key="h", share=0.0001)])
    answer = assigner.assign("u1", attributes={"country": "DE"}, experiment="e", explain=True)
    checks = [step.check for step in answer.trace]
    assert checks == ["config", "unit", "holdout", "layer", "eligibility", "allocation"]
    assert "e version 4, active" in answer.trace[0].detail
    assert f"Its bucket is {bucket('e', 'u1'):.4f}." in answer.trace[-1].detail
    refused = assigner.assign("u1", experiment="e", explain=True)
    assert (refused.trace[-1].check, refused.trace[-1].ok) == ("eligibility", False)
    nobody = assigner.assign("u1", explain=True)
    assert (nobody.experiment, nobody.trace[-1].check) == (None, "eligibility")


def test_the_exposure_rule_decides_what_is_logged() -> None:
    """An event, a placement, a condition; what is recorded says how the variant came about."""
    rule = {"event": "cart_opened", "placements": ["cart"], "condition": {"items": {"$gt": 0}}}
    assigner = Assigner.compile([experiment(exposure_rule=rule)])
    answer = assigner.assign("u", "s", experiment="e")
    met = {"event": "cart_opened", "attributes": {"items": 2}, "placement": "cart"}
    found = assigner.exposure(answer, **met)
    assert found is not None
    assert (found.user_id, found.session_id, found.variant, found.placement) == ("u", "s", answer.variant, "cart")
    assert found.attributes["items"] == 2
    assert found.attributes["assignment"] == {
        "rule": "allocation", "version": 1, "bucket": answer.bucket, "hash_attribute": "user_id",
        "event": "cart_opened",
    }  # fmt: skip
    for other in ({"event": "x"}, {"placement": "home"}, {"attributes": {}}):
        assert assigner.exposure(answer, **{**met, **other}) is None
    assert assigner.exposure(answer.changed(variant=None), **met) is None
