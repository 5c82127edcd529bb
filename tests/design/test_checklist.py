"""The pre-launch checklist: each item in order and not, and what the policy makes of it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from expkit import registry
from expkit.design.checklist import checklist, refuse_unready
from expkit.domain import Experiment
from expkit.domain.policy import CHECKLIST, ChecklistItem, Policy
from expkit.errors import Conflict
from expkit.storage import Store


@pytest.fixture
def store() -> Iterator[Store]:
    """In memory: what databases do differently is the registry's matter."""
    store = Store.open("sqlite://")
    yield store
    store.close()


def make(key: str = "checkout", **values: Any) -> Experiment:
    return Experiment.parse({
        "key": key, "name": key, "hypothesis": "If, then", "metrics": [f"m-{key}"],
        "variants": [{"key": "control"}, {"key": "treatment"}], **values,
    })  # fmt: skip


def create(store: Store, key: str = "checkout", *verbs: str, **values: Any) -> None:
    with store.begin(actor="ann") as work:
        registry.create(work, make(key, **values))
        for verb in verbs:
            registry.move(work, key, verb, "because")


def items(store: Store, key: str = "checkout") -> dict[str, ChecklistItem]:
    with store.read() as connection:
        return {item.name: item for item in checklist(connection, registry.get(connection, key))}


def found(store: Store, name: str) -> tuple[bool, str]:
    item = items(store)[name]
    return item.ok, item.detail


def test_all_items_in_their_order_with_their_titles(store: Store) -> None:
    """Those that the policy looks at: by default all but the calendar, as warnings."""
    create(store)
    assert list(items(store)) == [name for name in CHECKLIST if name != "schedule"]
    assert {item.strictness for item in items(store).values()} == {"warn"}
    assert not any(item.blocks for item in items(store).values())


def test_power(store: Store) -> None:
    """A size, and the change it could find."""
    create(store)
    assert found(store, "power") == (False, "no sample size is planned: size it, and set sample_size")
    for changes, ok, word in (
        ({"sample_size": 1000}, False, "minimum_effect"),
        ({"plan": {"minimum_effect": 0.02}}, True, "1,000 units per variant for a change of 2.0%"),
    ):
        with store.begin(actor="ann") as work:
            registry.update(work, "checkout", changes)
        assert found(store, "power")[0] is ok
        assert word in found(store, "power")[1]


def look(store: Store, key: str, mean: float, n: int, kind: str = "conversion") -> None:
    """One look at the metric `m-checkout`, as scorecards are kept."""
    arm = {"n": n, "mean": mean}
    se = (2 * mean * (1 - mean) / n) ** 0.5
    row = {"metric": "m-checkout", "kind": kind, "variant": "treatment",
           "estimate": {"kind": "estimate", "se": se, "control": arm, "treatment": arm}}  # fmt: skip
    with store.begin(actor="ann") as work:
        number = registry.next_look(work.connection, key)
        registry.save_look(work, key, 1, {"look": number, "estimates": [row]}, "", "insufficient")


def test_power_is_reckoned_from_what_others_saw(store: Store) -> None:
    """The newest look that any experiment has taken at the primary metric says how many units the plan takes."""
    create(store, sample_size=14_000, plan={"minimum_effect": 0.1})
    create(store, "before", "start")
    for mean, n, kind, told in (
        (0.1, 50, "conversion", None),  # too few to plan with
        (0.1, 5000, "count", None),  # another kind of number
        (0.1, 5000, "conversion", "14,751"),
        (0.2, 5000, "conversion", "6,510"),
    ):
        look(store, "before", mean, n, kind)
        ok, detail = found(store, "power")
        assert ok is (told != "14,751")
        assert detail.endswith(f"; what before saw of m-checkout asks for {told}" if told else "a change of 10.0%")


def test_metrics(store: Store) -> None:
    """Known to the catalogue, and as it defines them."""
    create(store, metrics=["buy"])
    assert found(store, "metrics") == (False, "not in the catalogue: buy")
    with store.begin(actor="ann") as work:
        registry.define_metric(work, make(metrics=["buy"]).metrics[0])
    assert found(store, "metrics") == (True, "")
    with store.begin(actor="ann") as work:
        registry.define_metric(work, make(metrics=[{"key": "buy", "window_days": 7}]).metrics[0])
    assert found(store, "metrics") == (False, "other than in the catalogue: buy (window_days: 7.0 → nothing)")


def test_guardrails(store: Store) -> None:
    """At least one."""
    create(store)
    assert found(store, "guardrails") == (False, "none is set")
    with store.begin(actor="ann") as work:
        registry.update(work, "checkout", {"guardrails": [{"metric": "error", "limit": 1}]})
    assert found(store, "guardrails") == (True, "")


def test_the_same_seed_is_found(store: Store) -> None:
    """Its units would fall the same way; drafts and stopped experiments do not count."""
    create(store, seed="s")
    create(store, "draft", seed="s")
    create(store, "stopped", "start", "stop", seed="s")
    assert found(store, "hash") == (True, "")
    create(store, "runs", "start", seed="s")
    ok, detail = found(store, "hash")
    assert not ok
    assert "runs has the same seed 's'" in detail


def test_different_seeds_are_independent(store: Store) -> None:
    """Among many that run, with all kinds of allocations, none is called dependent by chance."""
    for number in range(12):
        weights = [0.1, 0.9] if number % 3 else [0.5, 0.5]
        variants = [{"key": key, "weight": weight} for key, weight in zip("ct", weights, strict=True)]
        create(store, f"e{number}", "start", variants=variants, coverage=(number % 4) / 3)
    create(store)
    assert found(store, "hash") == (True, "compared with 12 that run")


def test_units_that_fall_alike_under_other_seeds_are_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pearson's test sees what comparing seeds does not."""
    module = importlib.import_module("expkit.design.checklist")  # the room's `checklist` is the function
    create(store)
    create(store, "runs", "start")
    same = module.split(make(seed="one"), [f"probe-{number}" for number in range(module.PROBES)])
    monkeypatch.setattr(module, "split", lambda *_: same)
    ok, detail = found(store, "hash")
    assert not ok
    assert "units fall in runs much as they do here" in detail


@pytest.mark.parametrize(
    ("own", "other", "ok"),
    [
        ({}, {}, False),
        ({"placements": ["home"]}, {"placements": ["cart"]}, True),
        ({"placements": ["home"]}, {"placements": ["cart", "home"]}, False),
        ({"placements": ["home"]}, {}, False),
        ({}, {"metrics": ["other"]}, True),
    ],
)
def test_overlap(store: Store, own: dict[str, Any], other: dict[str, Any], ok: bool) -> None:
    """Who runs in the same place and moves the same metric is named."""
    create(store, **{"metrics": ["buy"], **own})
    create(store, "runs", "start", **{"metrics": ["buy"], **other})
    assert found(store, "overlap") == (
        ok, "" if ok else "runs runs in the same place and moves buy, too",
    )  # fmt: skip


def test_a_layer_keeps_experiments_apart(store: Store) -> None:
    """Neither the same metric nor the same seed matters to units that are never in both; shared ranges are told."""
    one, two = {"name": "page", "ranges": [[0, 0.5]]}, {"name": "page", "ranges": [[0.5, 1]]}
    create(store, metrics=["buy"], seed="s", layer=one)
    create(store, "runs", "start", metrics=["buy"], seed="s", layer=two)
    assert (found(store, "overlap"), found(store, "hash")) == ((True, ""), (True, ""))
    create(store, "wide", "start", layer={"name": "page", "ranges": [[0.4, 0.45]]})
    assert found(store, "overlap") == (False, "wide takes 5.0% of layer 'page' that this one takes, too")


def test_review(store: Store) -> None:
    """As many approvals of this version as the policy wants."""
    with store.begin(actor="ann") as work:
        registry.set_policy(work, Policy(approvals=2))
    create(store)
    with store.begin(actor="ann") as work:
        number = registry.request_review(work, "checkout", ["zoe"]).id
    for name, said in (("zoe", (False, "1 of 2 approvals of version 1")), ("bob", (True, "approved by bob, zoe"))):
        with store.begin(actor=name) as work:
            registry.answer_review(work, number, "approve", needed=2)
        assert found(store, "review") == said
    with store.begin(actor="ann") as work:
        registry.update(work, "checkout", {"name": "New"})
    assert found(store, "review") == (False, "0 of 2 approvals of version 2")


def test_plan(store: Store) -> None:
    """Signed, and not changed since."""
    create(store)
    assert found(store, "plan") == (False, "nobody has signed it")
    with store.begin(actor="ann") as work:
        registry.sign_plan(work, "checkout")
    assert found(store, "plan") == (True, "signed by ann")
    with store.begin(actor="bob") as work:
        registry.update(work, "checkout", {"plan": {"alpha": 0.1}})
    assert found(store, "plan") == (False, "it was changed since ann signed it")


def test_schedule(store: Store) -> None:
    """Looked at where the policy wants it: a planned start, in the definition or on the calendar."""
    with store.begin(actor="ann") as work:
        registry.set_policy(work, Policy(schedule="block"))
    create(store)
    create(store, "planned", schedule={"start": "2100-01-01T00:00:00Z"})
    assert found(store, "schedule") == (False, "no start is planned")
    assert items(store, "planned")["schedule"].ok
    with store.begin(actor="ann") as work:
        registry.schedule_move(work, "checkout", "start", registry.local_time("2100-01-01T00:00"))
    assert found(store, "schedule") == (True, "")


def test_only_what_the_policy_makes_a_condition_blocks(store: Store) -> None:
    """All of it is named at once; a warning is none, and what is off is not looked at."""
    create(store)
    with store.begin(actor="ann") as work:
        registry.set_policy(work, Policy(project="default", power="block", plan="block", review="off"))
        registry.create(work, make("elsewhere", project="other"))
    assert "review" not in items(store)
    with store.read() as connection:
        with pytest.raises(Conflict, match=r"sample size is planned.*; The analysis plan is signed: nobody"):
            refuse_unready(connection, registry.get(connection, "checkout"))
        refuse_unready(connection, registry.get(connection, "elsewhere"))
