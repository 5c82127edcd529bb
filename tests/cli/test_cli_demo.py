"""`expkit demo`: its scorecard agrees with the simulated truth, and with statsmodels on the raw events."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.stats import norm
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from expkit.analysis import Scorecard
from expkit.cli.demo import SEED
from expkit.datasets import recommender
from expkit.events import Events
from expkit.storage import Store

Run = Any
USERS = 20_000
KEY = "reco_ymal_v1"
TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a demo that `expkit demo` made, as a program of its own."""
    home = tmp_path_factory.mktemp("demo") / "home"
    words = [sys.executable, "-m", "expkit", "--home", home, "demo", "--users", str(USERS)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert "You may also like" in done.stdout
    assert "outside the interval" not in done.stdout
    return home


@pytest.fixture(scope="module")
def scorecard(seeded: Path) -> Scorecard:
    words = [sys.executable, "-m", "expkit", "--home", seeded, "analyze", KEY, "--latest", "--json"]
    return Scorecard.from_json(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def _frame(relation: Any) -> pd.DataFrame:
    return relation.to_arrow_table().to_pandas()


@pytest.fixture(scope="module")
def units(seeded: Path) -> Iterator[pd.DataFrame]:
    """One row per exposed unit, put together by pandas from the raw events."""
    store = Store.open(f"sqlite:///{seeded / 'expkit.db'}")
    with Events(store, str(seeded / "lake")).reader() as reader:
        seen, done = (_frame(reader.connection.table(kind)) for kind in ("exposures", "outcomes"))
    for frame in (seen, done):
        frame["unit"] = frame["user_id"].fillna(frame["session_id"])
    first = (
        seen[seen["experiment"] == KEY].groupby("unit").agg(variant=("variant", "first"), since=("timestamp", "min"))
    )
    done = done.join(first, on="unit", how="inner")
    done = done[done["timestamp"] >= done["since"]]
    counts = done.pivot_table(index="unit", columns="event", values="value", aggfunc="count", fill_value=0)
    revenue = done[done["event"] == "purchase"].groupby("unit")["value"].sum().rename("revenue")
    yield first.join(counts).join(revenue).fillna(0.0)
    store.close()


def arms(units: pd.DataFrame, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Control's and treatment's values."""
    found = [units.loc[units["variant"] == variant, column].to_numpy(float) for variant in ("control", "treatment")]
    return found[0], found[1]


@pytest.mark.parametrize("metric", ["add_to_cart", "ctr", "purchase", "revenue", "page_load", "bounce"])
def test_the_intervals_cover_the_truth(scorecard: Scorecard, metric: str) -> None:
    """What the simulation knows lies inside each interval, absolute and relative."""
    truth = recommender(USERS, SEED).truth[metric]["treatment"]
    estimate = scorecard.estimate(metric)
    assert truth.effect in estimate.ci
    assert truth.lift in estimate.lift_ci


def test_counts_are_those_of_the_events(scorecard: Scorecard, units: pd.DataFrame) -> None:
    """Every exposed unit counts once."""
    assert {arm.key: arm.n for arm in scorecard.arms} == units["variant"].value_counts().to_dict()
    assert sum(arm.n for arm in scorecard.arms) == USERS


@pytest.mark.parametrize("metric", ["add_to_cart", "purchase", "bounce"])
def test_proportions_agree_with_statsmodels(scorecard: Scorecard, units: pd.DataFrame, metric: str) -> None:
    """Pooled z and the ratio's score interval agree; at the ends of the difference's interval p is alpha; to 1e-9."""
    control, treatment = ((values > 0) for values in arms(units, metric))
    (x_c, n_c), (x_t, n_t) = ((int(arm.sum()), len(arm)) for arm in (control, treatment))
    found = scorecard.estimate(metric)
    statistic, p_value = proportions_ztest([x_t, x_c], [n_t, n_c])
    assert found.statistic == pytest.approx(statistic, rel=TOLERANCE)
    assert found.p_value == pytest.approx(p_value, rel=TOLERANCE)
    theirs = confint_proportions_2indep(x_t, n_t, x_c, n_c, compare="ratio", method="score", correction=False)
    assert np.add(found.lift_ci, 1) == pytest.approx(theirs, abs=TOLERANCE)
    assert [_p_value(end, x_c, n_c, x_t, n_t) for end in found.ci] == pytest.approx([0.05, 0.05], abs=TOLERANCE)


def _p_value(difference: float, x_c: int, n_c: int, x_t: int, n_t: int) -> float:
    """Of the score test against a difference, with the likelihood's maximum under it found numerically.

    statsmodels' closed form for this maximum has a count where Miettinen and Nurminen (1985) have a size.
    """

    def slope(p: float) -> float:
        q = p + difference
        return x_c / p - (n_c - x_c) / (1 - p) + x_t / q - (n_t - x_t) / (1 - q)

    p = brentq(slope, max(1e-9, 1e-9 - difference), min(1 - 1e-9, 1 - 1e-9 - difference), xtol=1e-15)
    q = p + difference
    z = (x_t / n_t - x_c / n_c - difference) / np.sqrt(p * (1 - p) / n_c + q * (1 - q) / n_t)
    return float(2 * norm.sf(abs(z)))


def test_means_agree_with_statsmodels(scorecard: Scorecard, units: pd.DataFrame) -> None:
    """Welch's t and its interval, to 1e-9."""
    control, treatment = arms(units, "revenue")
    theirs = CompareMeans(DescrStatsW(treatment), DescrStatsW(control))
    statistic, p_value, df = theirs.ttest_ind(usevar="unequal")
    found = scorecard.estimate("revenue")
    assert (found.statistic, found.p_value, found.df) == pytest.approx((statistic, p_value, df), rel=TOLERANCE)
    assert tuple(found.ci) == pytest.approx(theirs.tconfint_diff(usevar="unequal"), rel=TOLERANCE)


def test_a_second_run_changes_nothing(seeded: Path, run: Run) -> None:
    """It shows what is there: no new look, no new event, no new entry in the audit table."""
    before = run("--home", seeded, "audit", "--json").json["items"][0]["id"]
    shown = run("--home", seeded, "demo", "--users", USERS, "--json").json
    assert (shown["experiment"], shown["look"]) == (KEY, 1)
    assert run("--home", seeded, "audit", "--json").json["items"][0]["id"] == before


def test_the_other_experiments(seeded: Path, run: Run) -> None:
    """A draft, one that runs, one paused over its guardrail and one stopped over its sample ratio."""
    items = run("--home", seeded, "experiments", "list", "--json").json["items"]
    assert {item["key"]: item["status"] for item in items} == {
        KEY: "active",
        "answers_v3": "active",
        "checkout_canary": "paused",
        "reco_srm": "stopped",
        "landing_mvt": "draft",
    }
    srm = run("--home", seeded, "analyze", "reco_srm", "--latest", "--json").json
    assert [check["name"] for check in srm["checks"] if not check["ok"]] == ["srm"]


def test_somebody_else_s_experiment_is_left_alone(run: Run) -> None:
    """A key that is taken by another experiment is a conflict, and that experiment stays as it was."""
    text = "{key: landing_mvt, name: Mine, hypothesis: h, variants: [{key: a}, {key: b}], metrics: [m]}"
    Path("mine.yaml").write_text(text, encoding="utf-8")
    run("experiments", "create", "-f", "mine.yaml")
    refused = run("demo")
    assert refused.code == 2
    assert "not the demo's" in refused.err
    assert run("experiments", "show", "landing_mvt", "--json").json["name"] == "Mine"
