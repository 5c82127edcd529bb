"""Sessions that are analysed, or randomised: errors are those of what was randomised."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_experiments import START, experiment

from expkit.errors import InvalidInput
from expkit.stats import NotEstimable, compare_clustered, compare_proportions

METRICS: list[Any] = [
    "buy",
    {"key": "spend", "kind": "sum", "event": "buy"},
    {"key": "basket", "kind": "ratio", "event": "buy"},
    {"key": "p90", "kind": "quantile", "event": "buy", "quantile": 0.9},
    {"key": "even", "kind": "evenness", "event": "buy", "property": "item"},
]


def log(users: int = 120, seed: int = 2, by: str = "user") -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Users with several sessions that are alike; each has one variant, or each session."""
    rng = np.random.default_rng(seed)
    exposures, outcomes, dealt = [], [], 0
    for user in range(users):
        taste = rng.gamma(2, 0.5)
        for k in range(1 + rng.poisson(3)):
            dealt += 1
            arm = ("control", "treatment")[(user if by == "user" else dealt) % 2]
            ids = {"user_id": f"u{user}", "session_id": f"u{user}-{k}"}
            at = START + timedelta(hours=float(rng.uniform(0, 200)))
            exposures.append({**ids, "experiment": "exp", "variant": arm, "timestamp": at})
            outcomes += [
                {**ids, "event": "buy", "value": float(rng.gamma(2, 5 * taste)), "properties": {"item": item},
                 "timestamp": at + timedelta(minutes=5)}
                for item in rng.integers(0, 4, rng.poisson(taste)).tolist()
            ]  # fmt: skip
    return exposures, outcomes


def per_session(exposures: Any, outcomes: Any) -> pd.DataFrame:
    done = pd.DataFrame(outcomes).groupby("session_id")["value"].agg(["sum", "size"])
    table = pd.DataFrame(exposures).set_index("session_id").join(done).fillna({"sum": 0.0, "size": 0})
    return table.assign(buy=table["size"] > 0)


def test_users_are_randomised_and_sessions_analysed(analyze):
    """Rows are sessions, their users the clusters: CR2, and the sample ratio counts users."""
    exposures, outcomes = log()
    card = analyze(experiment(METRICS, plan={"analysed": "session"}), exposures, outcomes)
    table = per_session(exposures, outcomes)
    sides = dict(list(table.groupby("variant")))
    assert {arm.key: arm.n for arm in card.arms} == {arm: len(part) for arm, part in sides.items()}
    for key, column in (("buy", "buy"), ("spend", "sum")):
        arms = [(sides[arm][column].astype(float).tolist(), sides[arm]["user_id"].tolist()) for arm in sorted(sides)]
        wanted, found = compare_clustered(*arms), card.estimate(key)
        for name in ("effect", "se", "p_value", "df"):
            assert getattr(found, name) == pytest.approx(getattr(wanted, name), rel=1e-9), name
        assert found.method == "cr2"
    ratio = next(check for check in card.checks if check.name == "srm")
    assert ratio.p_value == 1  # 60 users each, whatever their sessions are


def test_the_errors_of_statsmodels_are_near(analyze):
    """Least squares with clusters has no small-sample correction by leverage; with so many clusters both agree."""
    import statsmodels.formula.api as smf

    exposures, outcomes = log(users=2000, seed=5)
    found = analyze(experiment(METRICS, plan={"analysed": "session"}), exposures, outcomes)
    table = per_session(exposures, outcomes).assign(t=lambda one: (one["variant"] == "treatment").astype(float))
    codes = table["user_id"].astype("category").cat.codes
    fit = smf.ols("Q('sum') ~ t", table).fit(cov_type="cluster", cov_kwds={"groups": codes})
    assert found.estimate("spend").effect == pytest.approx(fit.params["t"], rel=1e-9)
    assert found.estimate("spend").se == pytest.approx(fit.bse["t"], rel=0.01)
    buys = pd.DataFrame(outcomes).merge(pd.DataFrame(exposures)[["session_id", "variant"]])
    variance = 0.0
    for arm in ("control", "treatment"):
        users = buys[buys["variant"] == arm].groupby("user_id")["value"].agg(["sum", "size"])
        rest = users["sum"] - users["sum"].sum() / users["size"].sum() * users["size"]
        variance += float((rest**2).sum()) / users["size"].sum() ** 2
    assert found.estimate("basket").se == pytest.approx(variance**0.5, rel=0.01)


def test_quantiles_and_evenness_have_clusters_too(analyze):
    """Wider than if sessions were independent, because a user's are alike."""
    exposures, outcomes = log(users=600, seed=7)
    clustered = analyze(experiment(METRICS, plan={"analysed": "session"}), exposures, outcomes)
    alone = analyze(experiment(METRICS, plan={"randomised": "session"}))
    for key, more in (("p90", 1.1), ("even", 0.8), ("spend", 1.1)):
        assert clustered.estimate(key).effect == pytest.approx(alone.estimate(key).effect, rel=1e-9, abs=2e-4)
        assert clustered.estimate(key).se > more * alone.estimate(key).se


def test_sessions_are_randomised_and_analysed(analyze):
    """Each by itself, also where one user's sessions are in both arms; by user most would have been left out."""
    exposures, outcomes = log(by="session")
    card = analyze(experiment(METRICS, plan={"randomised": "session"}), exposures, outcomes)
    table = per_session(exposures, outcomes)
    c, t = (table[table["variant"] == arm]["buy"] for arm in ("control", "treatment"))
    wanted = compare_proportions(int(c.sum()), len(c), int(t.sum()), len(t))
    assert card.estimate("buy").p_value == pytest.approx(wanted.p_value, rel=1e-9)
    assert sum(arm.n for arm in card.arms) == len(table)
    by_user = analyze(experiment(METRICS))
    assert sum(arm.n for arm in by_user.arms) < 60


def test_sessions_are_randomised_and_users_analysed(analyze):
    """Several users of one session are a cluster: the family on its tablet."""
    rng = np.random.default_rng(4)
    exposures, outcomes, values, clusters = [], [], ([], []), ([], [])
    for session in range(80):
        side, taste = session % 2, float(rng.normal(0, 2))
        for member in range(1 + rng.integers(4)):
            ids = {"user_id": f"{session}.{member}", "session_id": f"s{session}", "timestamp": START}
            exposures.append({**ids, "experiment": "exp", "variant": ("control", "treatment")[side]})
            value = float(rng.normal(20 + taste, 1))
            outcomes.append({**ids, "event": "buy", "value": value, "session_id": f"later{session}"})
            values[side].append(value)
            clusters[side].append(session)
    plan = {"randomised": "session", "analysed": "user"}
    card = analyze(experiment([{"key": "spend", "kind": "sum", "event": "buy"}], plan=plan), exposures, outcomes)
    wanted = compare_clustered(*zip(values, clusters, strict=True))
    assert card.estimate("spend").se == pytest.approx(wanted.se, rel=1e-9)
    assert card.estimate("spend").p_value == pytest.approx(wanted.p_value, rel=1e-9)


def test_users_with_sessions_in_several_variants_are_left_out(analyze):
    """As units that saw several are, and told."""
    exposures, outcomes = log()
    first = [row for row in exposures if row["user_id"] == "u0"]
    stray = [{**row, "session_id": f"x{row['session_id']}", "variant": "treatment"} for row in first]
    card = analyze(experiment(METRICS, plan={"analysed": "session"}), [*exposures, *stray], outcomes)
    assert sum(arm.n for arm in card.arms) == len(exposures) - len(first)
    check = next(check for check in card.checks if check.name == "multiple_exposure")
    assert check.detail.startswith(f"{2 * len(first)} of ")


def test_false_alarms_where_users_are_dealt_out_and_sessions_compared(analyze):
    """Without an effect, rows that are taken for independent find one far too often; clusters do so in 5%."""
    rng, found, naive, rounds = np.random.default_rng(9), 0, 0, 300
    for _ in range(rounds):
        sizes = rng.integers(1, 12, 60)
        users = np.repeat(np.arange(60), sizes)
        values = rng.normal(0, 1, 60)[users] + rng.normal(0, 1, users.size)
        arms = [(values[users % 2 == side], users[users % 2 == side].tolist()) for side in range(2)]
        found += compare_clustered(*arms).p_value < 0.05
        spread = sum(arm.var(ddof=1) / arm.size for arm, _ in arms) ** 0.5
        naive += abs(arms[1][0].mean() - arms[0][0].mean()) > 1.96 * spread
    assert found / rounds < 0.05 + 4 * (0.05 * 0.95 / rounds) ** 0.5
    assert naive / rounds > 0.2


def test_what_is_not_asked_of_sessions(analyze, events):
    """Segments, overlaps and warehouses say so; nobody there is no mistake."""
    from expkit.analysis import break_down
    from expkit.analysis.overlap import check_overlap

    wanted = experiment(METRICS, plan={"analysed": "session"})
    card = analyze(wanted)
    assert all(isinstance(row.estimate, NotEstimable) for row in card.estimates)
    with events.reader(experiment="exp") as reader:
        with pytest.raises(InvalidInput, match="users only"):
            break_down(wanted, reader, ["country"])
        (found,) = check_overlap(wanted, wanted, reader)
        assert "users as rows" in found.reason


@pytest.mark.parametrize("by", ["session", "user"])
def test_sessions_that_were_not_dealt_out_one_by_one_are_told(analyze, by):
    """A plan that says sessions, and an assignment that knew the user: errors would be too small."""
    exposures, outcomes = log(by=by)
    card = analyze(experiment(METRICS, plan={"randomised": "session"}), exposures, outcomes)
    (check,) = (check for check in card.checks if check.name == "sessions_apart")
    sizes = pd.DataFrame(exposures).groupby("user_id")["variant"].agg(["size", "nunique"])
    several = sizes[sizes["size"] > 1]
    expected = float((2 * 0.5 ** several["size"]).sum())
    assert check.ok is (by == "session")
    assert f"{(several['nunique'] == 1).sum():,} of {len(several):,} users" in check.detail
    assert f"{expected:,.0f} expected" in check.detail
