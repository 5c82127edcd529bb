"""The metric catalogue: one definition of each KPI, versioned, owned, and never rewriting what was measured."""

from __future__ import annotations

import threading

import pytest
from drafts import ask, create, do, read

from expkit import registry
from expkit.domain import Metric
from expkit.errors import Conflict, ExpkitError, Forbidden, InvalidInput, NotFound
from expkit.storage import Store, read_audit

REVENUE = Metric(key="revenue", name="Revenue", kind="sum", unit="EUR")


def define(store: Store, metric: Metric, actor: str = "ann", **more: object) -> Metric:
    return do(store, lambda work: registry.define_metric(work, metric, **more), actor)  # type: ignore[arg-type]


def test_a_metric_has_an_owner_and_versions(store: Store) -> None:
    """Its owner is who defined it first; each change says who, why and what."""
    assert define(store, REVENUE).owner == "ann"
    assert define(store, REVENUE).owner == "ann"
    define(store, REVENUE.changed(window_days=7), reason="a week is enough")
    newest, oldest = ask(store, registry.metric_versions, "revenue")
    assert (newest.version, newest.author, newest.reason) == (2, "ann", "a week is enough")
    assert newest.changes == ("window_days: nothing → 7.0",)
    assert oldest.changes == ()
    assert ask(store, registry.metric, "revenue").window_days == 7
    assert [entry.action for entry in ask(store, read_audit)] == ["metric.define"] * 2


def test_somebody_else_s_metric_is_theirs(store: Store) -> None:
    """Their word, or an admin's; saying the same again is no change."""
    define(store, REVENUE)
    with pytest.raises(Forbidden, match=r"'revenue' belongs to 'ann'.*another key"):
        define(store, REVENUE.changed(direction="decrease"), "bob")
    assert define(store, REVENUE, "bob").owner == "ann"
    assert define(store, REVENUE.changed(owner="bob"), "root", admin=True).owner == "bob"
    assert define(store, REVENUE.changed(unit="USD"), "bob").owner == "bob"


def test_a_newer_version_is_not_overwritten(store: Store) -> None:
    """Who saw an older one is told."""
    define(store, REVENUE)
    define(store, REVENUE.changed(unit="USD"), version=1)
    with pytest.raises(Conflict, match="at version 2, and you saw 1"):
        define(store, REVENUE.changed(unit="GBP"), version=1)


@pytest.mark.parametrize(
    "twin",
    [
        Metric(key="turnover", name="Turnover", kind="sum", event="revenue"),
        Metric(key="turnover", name="Turnover", kind="sum", event="revenue", unit="USD", owner="bob"),
        Metric(key="turnover", name="REVENUE", kind="sum"),
    ],
)
def test_one_kpi_is_defined_once(store: Store, twin: Metric) -> None:
    """Under another key, unit or owner it is still the same number; and one name is one metric's."""
    define(store, REVENUE)
    with pytest.raises((Conflict, InvalidInput), match="'revenue'"):
        define(store, twin, "bob")
    assert [metric.key for metric in ask(store, registry.metrics)] == ["revenue"]


def test_what_differs_is_another_kpi(store: Store) -> None:
    """Window, event, kind and direction decide the number; so does a ratio's denominator."""
    define(store, REVENUE)
    define(store, Metric(key="revenue_7d", kind="sum", event="revenue", window_days=7))
    define(store, Metric(key="purchases", kind="count", event="revenue"))
    define(store, Metric(key="aov", kind="ratio", event="revenue", denominator="order"))
    define(store, Metric(key="per_visit", kind="ratio", event="revenue", denominator="visit"))
    assert len(ask(store, registry.metrics)) == 5


def test_teams_who_define_one_kpi_at_once(store: Store) -> None:
    """One of them has it, the others are told."""
    told: list[str] = []

    def act(name: str) -> None:
        try:
            define(store, Metric(key=f"revenue_{name}", name=name, kind="sum", event="revenue"), name)
        except ExpkitError as error:
            told.append(type(error).__name__)

    threads = [threading.Thread(target=act, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (told, len(ask(store, registry.metrics))) == (["Conflict"] * 3, 1)


def test_an_unknown_metric_offers_the_nearest(store: Store) -> None:
    """Also when its versions are asked for."""
    define(store, REVENUE)
    for question in (registry.metric, registry.metric_versions):
        with pytest.raises(NotFound, match="did you mean 'revenue'"):
            ask(store, question, "revnue")


def test_an_owner_s_name_has_a_length(store: Store) -> None:
    """The same one on both databases."""
    with pytest.raises(InvalidInput, match="201 characters"):
        define(store, REVENUE.changed(owner="x" * 201))


def test_deviations_are_told_and_a_scorecard_is_never_rewritten(store: Store) -> None:
    """An experiment carries its own definitions; the catalogue's change shows as a deviation, and changes nothing."""
    define(store, REVENUE)
    create(store, metrics=[REVENUE.to_dict(), "clicks"], guardrails=[{"metric": "errors", "limit": 1}])
    do(store, lambda work: registry.save_look(work, "checkout", 1, {"look": 1, "estimates": [1.5]}))
    assert ask(store, registry.deviations, read(store)) == {"clicks": None, "errors": None}
    before = read(store)
    define(store, REVENUE.changed(window_days=7, name="Income"))
    found = ask(store, registry.deviations, read(store))["revenue"]
    assert found is not None
    assert [str(change) for change in found] == ["window_days: 7.0 → nothing"]
    assert read(store) == before
    assert ask(store, registry.latest_look, "checkout") == {"look": 1, "estimates": [1.5]}
