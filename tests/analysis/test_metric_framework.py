"""Windows, filters, properties, covariates and sessions: each metric is what pandas and statsmodels make of the log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_experiments import START, did, experiment, seen

from expkit.domain import Metric
from expkit.stats import NotEstimable, Summary, compare_means, compare_proportions, compare_ratios

DAY = 24.0


def log(n: int = 400, seed: int = 3) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Units of two arms with visits and buys from 20 days before their exposure to 20 days after it."""
    rng = np.random.default_rng(seed)
    exposures, outcomes = [], []
    for unit in range(n):
        arm, first, taste = ("control", "treatment")[unit % 2], float(rng.uniform(0, 48)), rng.lognormal(0, 0.8)
        exposures.append(seen(arm, f"u{unit}", hours=first))
        for k in range(rng.poisson(6 * taste)):
            session = f"u{unit}-{rng.integers(0, 5)}" if rng.random() < 0.9 else None
            bag = {"place": str(rng.choice(["pdp", "feed"])), "basket": {"items": int(rng.integers(1, 9))}}
            if rng.random() < 0.1:
                bag = {"place": None}
            outcomes.append(
                did(
                    str(rng.choice(["visit", "buy", "view"])),
                    f"u{unit}",
                    hours=first + float(rng.uniform(-20, 20)) * DAY,
                    value=float(rng.gamma(2, 10)),
                    session_id=session,
                    properties=bag,
                    event_id=f"{unit}-{k}",
                )
            )
    return exposures, outcomes


EXPOSURES, OUTCOMES = log()


def table() -> pd.DataFrame:
    """One row per event, with its age in days, its unit and arm."""
    first = pd.DataFrame(EXPOSURES).set_index("user_id")
    rows = pd.DataFrame(OUTCOMES)
    rows["arm"] = rows["user_id"].map(first["variant"])
    rows["age"] = (rows["timestamp"] - rows["user_id"].map(first["timestamp"])) / timedelta(days=1)
    rows["place"] = [bag["place"] for bag in rows["properties"]]
    rows["items"] = [bag.get("basket", {}).get("items") for bag in rows["properties"]]
    return rows


def per_unit(rows: pd.Series | pd.DataFrame) -> dict[str, np.ndarray]:
    """By arm one number for every unit, in their order; zero for those who have none."""
    arms: dict[str, list[float]] = {"control": [], "treatment": []}
    for row in EXPOSURES:
        arms[row["variant"]].append(float(rows.get(row["user_id"], 0.0)))
    return {arm: np.array(found) for arm, found in arms.items()}


def same(found: Any, wanted: Any) -> None:
    assert (found.effect, found.se, found.p_value) == pytest.approx(
        (wanted.effect, wanted.se, wanted.p_value), rel=1e-9
    )
    assert tuple(found.ci) == pytest.approx(tuple(wanted.ci), rel=1e-9)


def means(values: dict[str, np.ndarray], covariates: dict[str, np.ndarray] | None = None) -> Any:
    sides = [Summary.of(values[arm], covariates[arm] if covariates else None) for arm in ("control", "treatment")]
    return compare_means(*sides)


def ratios(above: dict[str, np.ndarray], below: dict[str, np.ndarray], *more: dict[str, np.ndarray]) -> Any:
    sides = [
        Summary.of(above[arm], np.column_stack([below[arm], *(one[arm] for one in more)]))
        for arm in ("control", "treatment")
    ]
    return compare_ratios(*sides)


def analysed(analyze: Any, *metrics: Any, **more: Any) -> Any:
    return analyze(experiment(metrics, **more), EXPOSURES, OUTCOMES)


def test_retention_counts_from_a_day_on(analyze):
    """Back on day 7: any event, or one of a kind, between 7 and 8 days after the exposure."""
    late = {"key": "back", "event": "visit", "start_days": 7, "window_days": 8}
    found = analysed(analyze, late, "web.retention.d7", {"key": "ever", "event": "buy", "start_days": 10})
    rows = table()
    for key, events, ages in (
        ("back", {"visit"}, (7, 8)),
        ("web.retention.d7", {"visit", "buy", "view"}, (7, 8)),
        ("ever", {"buy"}, (10, 99)),
    ):
        there = rows[rows["event"].isin(events) & rows["age"].between(*ages)]
        flags = per_unit(there.groupby("user_id").size().clip(upper=1))
        c, t = flags["control"], flags["treatment"]
        same(found.estimate(key), compare_proportions(int(c.sum()), c.size, int(t.sum()), t.size))


def test_filters_and_properties(analyze):
    """Only events that meet the condition count, and a number of theirs may stand for the value."""
    where = {"place": {"$in": ["pdp"]}}
    found = analysed(
        analyze,
        {"key": "pdp", "kind": "count", "event": "view", "where": where},
        {"key": "items", "kind": "sum", "event": "buy", "property": "basket.items", "window_days": 15},
        {"key": "ctr", "kind": "ratio", "event": "buy", "measure": "count", "denominator": "view", "where": where},
        {"key": "share", "kind": "ratio", "event": "buy", "measure": "count", "where": where, "denominator_where": {}},
        {"key": "mean_items", "kind": "ratio", "event": "buy", "property": "basket.items"},
    )
    rows = table()
    rows = rows[rows["age"] >= 0]
    pdp, buys = rows[rows["place"] == "pdp"], rows[rows["event"] == "buy"]
    count = lambda part: per_unit(part.groupby("user_id").size())  # noqa: E731
    same(found.estimate("pdp"), means(count(pdp[pdp["event"] == "view"])))
    same(found.estimate("items"), means(per_unit(buys[buys["age"] <= 15].groupby("user_id")["items"].sum())))
    bought = pdp[pdp["event"] == "buy"]
    same(found.estimate("ctr"), ratios(count(bought), count(pdp[pdp["event"] == "view"])))
    same(found.estimate("share"), ratios(count(bought), count(buys)))
    known = buys[buys["items"].notna()]
    same(found.estimate("mean_items"), ratios(per_unit(known.groupby("user_id")["items"].sum()), count(known)))


def test_cuped_from_the_log_itself(analyze):
    """The same metric in the days before the first exposure is the covariate; of a ratio, both of its parts."""
    revenue = {"key": "revenue", "kind": "sum", "event": "buy", "window_days": 10}
    ctr = {"key": "ctr", "kind": "ratio", "event": "buy", "measure": "count", "denominator": "view"}
    earlier = {"covariate_days": 14}
    found = analysed(analyze, {**revenue, **earlier}, {**ctr, **earlier}, {**revenue, "key": "plain"})
    rows = table()
    after, before = rows[rows["age"] >= 0], rows[(rows["age"] < 0) & (rows["age"] >= -14)]
    total = lambda part: per_unit(part[part["event"] == "buy"].groupby("user_id")["value"].sum())  # noqa: E731
    count = lambda part, event: per_unit(part[part["event"] == event].groupby("user_id").size())  # noqa: E731
    same(found.estimate("revenue"), means(total(after[after["age"] <= 10]), total(before)))
    same(found.estimate("plain"), means(total(after[after["age"] <= 10])))
    parts = [count(after, "buy"), count(after, "view"), count(before, "buy"), count(before, "view")]
    same(found.estimate("ctr"), ratios(*parts))
    assert found.estimate("revenue").variance_saved > 0


def test_caps_are_told_on_the_row(analyze):
    """A cap by its value, and one by the quantile of what is not zero over all arms."""
    revenue = {"kind": "sum", "event": "buy"}
    found = analysed(
        analyze, {"key": "capped", "cap": 40, **revenue}, {"key": "winsorized", "winsorize": 0.9, **revenue}
    )
    rows = table()
    total = per_unit(rows[(rows["event"] == "buy") & (rows["age"] >= 0)].groupby("user_id")["value"].sum())
    every = np.concatenate(list(total.values()))
    level = float(np.quantile(every[every > 0], 0.9, method="inverted_cdf"))
    for key, cap in (("capped", 40.0), ("winsorized", level)):
        same(found.estimate(key), means({arm: values.clip(max=cap) for arm, values in total.items()}))
        assert found.row(key).note == f"values above {cap:.6g} count as {cap:.6g}: {(every > cap).sum()} of both arms"


def test_per_session(analyze):
    """Revenue per session and bounces are ratios over users; what has no session counts with none."""
    found = analysed(
        analyze,
        {"key": "rps", "kind": "ratio", "event": "buy", "per": "session"},
        "web.bounce_rate",
        {
            "key": "visits",
            "kind": "ratio",
            "event": "buy",
            "measure": "count",
            "per": "session",
            "denominator": "visit",
        },
    )
    rows = table()
    rows = rows[(rows["age"] >= 0) & rows["session_id"].notna()]
    sessions = lambda part: per_unit(part.groupby("user_id")["session_id"].nunique())  # noqa: E731
    buys, sizes = rows[rows["event"] == "buy"], rows.groupby(["user_id", "session_id"]).size()
    same(found.estimate("rps"), ratios(per_unit(buys.groupby("user_id")["value"].sum()), sessions(rows)))
    single = per_unit((sizes == 1).groupby("user_id").sum())
    same(found.estimate("web.bounce_rate"), ratios(single, sessions(rows)))
    same(
        found.estimate("visits"),
        ratios(per_unit(buys.groupby("user_id").size()), sessions(rows[rows["event"] == "visit"])),
    )


def test_throughput_is_per_day_since_the_exposure(analyze):
    """Up to the look, or to the end of the window where that is sooner."""
    moment = START + timedelta(days=12)
    metric = {"key": "pace", "kind": "ratio", "event": "*", "measure": "count", "per": "day", "window_days": 11.5}
    found = analyze(experiment([metric]), EXPOSURES, OUTCOMES, at=moment).estimate("pace")
    rows = table()
    rows = rows[(rows["age"] >= 0) & (rows["age"] <= 11.5) & (rows["timestamp"] <= moment)]
    days = pd.Series({row["user_id"]: min((moment - row["timestamp"]) / timedelta(days=1), 11.5) for row in EXPOSURES})
    same(found, ratios(per_unit(rows.groupby("user_id").size()), per_unit(days)))


def test_model_calls_by_their_properties(events):
    """What a call says of itself is among its properties: its model, its tokens."""
    from expkit.analysis import analyze_experiment

    cost = {"key": "cost", "kind": "ratio", "event": "trace.cost", "where": {"model": {"$ne": "small"}}}
    tokens = {"key": "tokens", "kind": "ratio", "event": "trace.call", "property": "tokens"}
    wanted = experiment([cost, tokens, "trace.throughput"])
    calls = [
        {
            "model": ("big", "small")[n % 2],
            "cost": 1.0 + n % 3,
            "user_id": f"{arm[0]}{n % 5 if n else 1}",
            "properties": {"tokens": n},
            "timestamp": START + timedelta(hours=1),
        }
        for arm in ("control", "treatment")
        for n in range(20)
    ]
    with events._store.begin(actor="ann") as work:
        events.log_exposures(work, [seen(arm, f"{arm[0]}{n}") for arm in ("control", "treatment") for n in range(5)])
        events.log_traces(work, calls)
    with events.reader(experiment="exp") as reader:
        found = analyze_experiment(wanted, reader, at=START + timedelta(days=2))
    big = [1.0 + n % 3 for n in range(0, 20, 2)]
    assert found.estimate("cost").control.mean == pytest.approx(sum(big) / 10)
    assert found.estimate("tokens").control.mean == pytest.approx(9.5)
    assert found.estimate("trace.throughput").control.mean == pytest.approx(20 / 10)


def test_plans_of_looks_wait_for_the_end_of_late_windows(analyze):
    """A unit counts once the last day of its window is over, whenever the window starts."""
    plan = {"method": "group_sequential", "looks": 2}
    metric = {"key": "back", "event": "visit", "start_days": 7, "window_days": 8}
    found = analyze(experiment([metric], plan=plan), EXPOSURES, OUTCOMES, at=START + timedelta(days=9))
    old = sum(row["timestamp"] <= START + timedelta(days=1) for row in EXPOSURES)
    row = found.row("back")
    assert row.estimate.control.n + row.estimate.treatment.n == old
    assert f"{len(EXPOSURES) - old:,} units do not count yet" in row.note


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"start_days": 8, "window_days": 7}, "ends before start_days"),
        ({"per": "session"}, "add kind: ratio"),
        ({"kind": "ratio", "measure": "bounce"}, "add per: session"),
        ({"kind": "quantile"}, "need each other"),
        ({"quantile": 0.5}, "need each other"),
        ({"kind": "evenness"}, "name it, property"),
        ({"kind": "quantile", "quantile": 0.5, "covariate_days": 7}, "no covariate"),
        ({"kind": "quantile", "quantile": 0.5, "event": "*"}, "is of one event"),
        ({"kind": "count", "property": "a"}, "use kind: sum"),
        ({"kind": "sum", "cap": 5, "winsorize": 0.99}, "give one"),
        ({"cap": 5}, "nothing to cap"),
        ({"denominator": "view"}, "only a ratio has a denominator"),
        ({"kind": "ratio", "per": "day", "denominator": "view"}, "days are no events"),
    ],
)
def test_fields_that_do_not_go_together(fields, told):
    """Are refused, with the way out, rather than ignored."""
    from expkit.errors import InvalidDefinition

    with pytest.raises(InvalidDefinition, match=told):
        Metric(key="m", **fields)


def test_ready_made_names_say_it_all():
    """Each is a metric that could have been written out, and a name that nobody knows is that event's conversion."""
    from expkit.domain import READY_METRICS

    for name in [*READY_METRICS, "web.retention.d30"]:
        metric = Metric.model_validate(name)
        assert (metric.key, Metric.parse(metric.to_dict())) == (name, metric)
    assert Metric.model_validate("ctr") == Metric(key="ctr")
    assert Metric.model_validate("web.retention.d0") == Metric(key="web.retention.d0")
    assert Metric.model_validate("trace.latency.p99").quantile == 0.99


def test_nothing_is_lost_when_nobody_did_anything(analyze):
    """Every kind of metric has an answer, or says why it has none."""
    names = [
        "web.ctr",
        "web.bounce_rate",
        "web.throughput",
        "web.page_load.p95",
        "web.inventory_balance",
        "web.retention.d1",
    ]
    found = analyze(
        experiment([*names, {"key": "r", "kind": "sum", "covariate_days": 7, "winsorize": 0.9}]), EXPOSURES, []
    )
    for row in found.estimates:
        assert row.estimate or (isinstance(row.estimate, NotEstimable) and row.estimate.hint), row.metric


def test_an_effect_that_fades_is_found_among_the_events_that_count(analyze):
    """The check of novelty sees what the metric sees: what was before the exposure, or filtered out, fades nothing."""
    rng = np.random.default_rng(8)
    exposures, outcomes = [], []
    for unit in range(600):
        exposures.append(seen(("control", "treatment")[unit % 2], f"u{unit}"))
        for day in range(-5, 10):
            fading = (3 - day) * (unit % 2) if 0 <= day < 3 else 0
            counts = {"kind": "real", "n": float(rng.poisson(1 + fading))}
            bots = {"kind": "bot", "n": 40.0 * (day < 2) * (unit % 2)}
            outcomes += [did("view", f"u{unit}", hours=24 * day + 1, properties=bag) for bag in (counts, bots)]
    views = {"key": "views", "kind": "sum", "event": "view", "property": "n", "covariate_days": 5}

    def slope(where: dict[str, Any], logged: Any = (), done: Any = ()) -> Any:
        card = analyze(experiment([{**views, "where": where}]), logged, done)
        return next(check for check in card.checks if check.name == "novelty")

    real = slope({"kind": "real"}, exposures, outcomes)
    assert not real.ok
    assert abs(slope({}).statistic) > 2 * abs(real.statistic)  # with all that the bots did
    later = analyze(experiment([{**views, "start_days": 2}]))
    assert not any(check.name == "novelty" for check in later.checks)


def test_a_frame_is_not_asked_for_events():
    """One row per unit has no sessions, no properties and no time: named columns and caps it has."""
    from expkit.analysis import analyze_frame
    from expkit.errors import InvalidInput

    frame = pd.DataFrame({"variant": ["control", "treatment"] * 4, "buy": range(8)})
    for odd in ({"where": {"a": 1}}, {"kind": "quantile", "quantile": 0.5}, {"start_days": 7}):
        with pytest.raises(InvalidInput, match="one row per unit"):
            analyze_frame(frame, metrics=[Metric(key="buy", **odd)])
    found = analyze_frame(frame, metrics=[Metric(key="buy", kind="sum", cap=3)])
    assert found.row("buy").note.startswith("values above 3 count as 3: 4 ")


def test_arms_that_were_not_alike_before_are_told(analyze):
    """The metric in the days before the exposure is compared between the arms, as attributes are."""
    revenue = {"key": "revenue", "kind": "sum", "event": "buy", "covariate_days": 14}
    ctr = {
        "key": "ctr",
        "kind": "ratio",
        "event": "buy",
        "measure": "count",
        "denominator": "view",
        "covariate_days": 9,
    }

    def balance(card: Any) -> Any:
        return next(check for check in card.checks if check.name == "balance")

    both = balance(analysed(analyze, revenue, ctr))
    assert both.ok
    assert "2 covariates looked at" in both.detail
    rows = table()
    before = rows[(rows["age"] < 0) & (rows["age"] >= -14) & (rows["event"] == "buy")]
    wanted = means(per_unit(before.groupby("user_id")["value"].sum()))
    assert balance(analyze(experiment([revenue]))).p_value == pytest.approx(wanted.p_value, rel=1e-9)
    treated = {row["user_id"] for row in EXPOSURES if row["variant"] == "treatment"}
    mine = [row for row in OUTCOMES if row["user_id"] in treated and row["event"] == "buy"]
    told = balance(analyze(experiment([revenue]), (), [{**row, "event_id": f"more{row['event_id']}"} for row in mine]))
    assert not told.ok
    assert "'revenue before' differs most" in told.detail


def test_plain_metrics_pay_for_nothing():
    """No property is read, no session carried and nothing from before the exposure asked for, unless a metric does."""
    from expkit.analysis.hit_columns import hit_columns

    plain = [Metric(key="buy"), Metric(key="ctr", kind="ratio", event="click", measure="count", denominator="view")]
    asked = hit_columns(
        [*plain, Metric(key="spend", kind="sum", event="buy", window_days=7, cap=5, covariate="before")]
    )
    assert (asked.more, asked.bring(), asked.bring(calls=True), asked.before, asked.parameters) == ("", "", "", 0, {})
    assert asked.events == ("buy", "click", "view")
    read = hit_columns([*plain, Metric(key="pdp", kind="count", event="view", where={"place": "pdp"})])
    assert list(read.columns) == ["w0"]
    assert ["view"] in read.parameters.values()  # of views alone
