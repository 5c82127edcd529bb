"""`expkit size`: every kind of question, each answered as `expkit.design.solve` and `expkit.stats` answer it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from expkit.stats import (
    group_sequential,
    history_of_means,
    history_of_quantile,
    history_of_ratios,
    size_means,
    size_non_inferiority_proportions,
    size_proportions,
)

Run = Any
RNG = np.random.default_rng(3)


@pytest.fixture
def past() -> pa.Table:
    """A past month: revenue with its history, clicks and views, rows in sessions."""
    before = RNG.exponential(10, 3000)
    views = RNG.poisson(5, 3000) + 1
    table = pa.table({
        "revenue": before + RNG.exponential(5, 3000), "before": before, "bought": (before > 12).astype(int),
        "views": views, "clicks": RNG.binomial(views, 0.2), "user": [f"u{i // 3}" for i in range(3000)],
    })  # fmt: skip
    pq.write_table(table, "past.parquet")
    pyarrow.csv.write_csv(table, "past.csv")
    return table


def test_each_kind_is_sized_with_everything_that_matters(run: Run) -> None:
    """Unequal shares, covariates, clusters and several tests reach the formula, for every kind."""
    options = ["--lift", "0.1", "--shares", "2,1,1", "--rho", "0.5", "--icc", "0.02", "--cluster-size", "10",
               "--comparisons", "2", "--power", "0.9", "--alternative", "greater", "--json"]  # fmt: skip
    same: dict[str, Any] = {
        "relative": True, "shares": (2, 1, 1), "rho": 0.5, "icc": 0.02, "cluster_size": 10, "comparisons": 2,
        "power": 0.9, "alternative": "greater",
    }  # fmt: skip
    found = run("size", "proportion", "--baseline", "0.2", *options)
    assert found.code == 0, found.err
    assert tuple(found.json["per_arm"]) == size_proportions(0.2, 0.1, **same).per_arm
    for kind in ("mean", "ratio", "quantile"):
        found = run("size", kind, "--baseline", "4", "--sd", "3", *options)
        assert tuple(found.json["per_arm"]) == size_means(4, 3, 0.1, **same).per_arm


def test_any_one_from_the_others(run: Run) -> None:
    """With units: the power of a change, or the smallest change; all three at once are too many."""
    units = ["size", "mean", "--sd", "3", "--units", "4000", "--json"]
    power = run(*units, "--effect", "0.2").json["power"]
    assert run(*units, "--baseline", "1", "--power", str(power)).json["effect_absolute"] == pytest.approx(0.2)
    refused = run(*units, "--effect", "0.2", "--power", "0.8")
    assert (refused.code, "Nothing is unknown" in refused.err) == (2, True)
    assert "Which change is worth finding?" in run("size", "mean", "--sd", "3").err


def test_a_margin_instead_of_a_change(run: Run) -> None:
    """Non-inferiority, in the direction that is better."""
    found = run("size", "proportion", "--baseline", "0.3", "--margin", "0.05", "--better", "decrease")
    expected = size_non_inferiority_proportions(0.3, 0.05, relative=True, better="decrease")
    assert f"{expected.per_arm[0]:,} units per variant" in found.out
    assert "to rule out a harm of 0.015 with power 80% at alpha 0.05 (one-sided)" in found.out


def test_looks_cost_units(run: Run) -> None:
    """Group-sequential by its inflation; always valid more; the plan's method and the looks have to fit."""
    asked = ["size", "mean", "--sd", "10", "--effect", "0.1"]
    plain = run(*asked, "--json").json["per_arm"][0]
    looked = run(*asked, "--looks", "14", "--json").json["per_arm"][0]
    assert looked / plain == pytest.approx(group_sequential(14).plan().inflation, rel=1e-4)
    assert run(*asked, "--looks", "14", "--method", "always_valid", "--json").json["per_arm"][0] > 1.5 * plain
    assert "looked at 14 times (group sequential)" in run(*asked, "--looks", "14").out
    refused = run(*asked, "--looks", "14", "--method", "fixed")
    assert (refused.code, "A fixed plan has one look" in refused.err) == (2, True)


def test_traffic_in_days_and_dates(run: Run) -> None:
    """Thousands have their separator; a week has its days; a start has its last day."""
    asked = ["size", "proportion", "--baseline", "0.05", "--lift", "0.1"]
    assert "about 16 days at 4,000 units a day" in run(*asked, "--daily-units", "4000").out
    week = ["--daily-units", "6000,6000,6000,6000,6000,2000,2000", "--coverage", "0.5", "--start", "2026-11-23"]
    told = run(*asked, *week).out
    assert "about 25 days at 6,000, 6,000, 6,000, 6,000, 6,000, 2,000, 2,000 units from Monday to Sunday" in told
    assert "in whole weeks 4, up to Sunday, 2026-12-20" in told
    assert "seven from Monday to Sunday" in run(*asked, "--daily-units", "5,5").err
    assert "is not a day" in run(*asked, "--daily-units", "5", "--start", "tomorrow").err


@pytest.mark.parametrize("file", ["past.parquet", "past.csv"])
def test_from_past_data(run: Run, past: pa.Table, file: str) -> None:
    """Baseline, spread and what covariates save are the data's, for means, shares, ratios and quantiles."""
    columns = {name: past.column(name).to_numpy() for name in ("revenue", "before", "bought", "clicks", "views")}
    for words, known in (
        (["-m", "revenue", "--covariate", "before"], history_of_means(columns["revenue"], columns["before"])),
        (["-m", "clicks/views"], history_of_ratios((columns["clicks"], columns["views"]))),
        (["-m", "revenue", "--quantile", "0.9"], history_of_quantile(columns["revenue"], 0.9)),
    ):
        expected = size_means(known.baseline, known.sd, 0.1, relative=True, rho=known.rho)
        assert tuple(run("size", "data", file, *words, "--lift", "0.1", "--json").json["per_arm"]) == expected.per_arm
    share = run("size", "data", file, "-m", "bought", "--lift", "0.1", "--json").json
    assert tuple(share["per_arm"]) == size_proportions(columns["bought"].mean(), 0.1, relative=True).per_arm
    clusters = ["--quantile", "0.9", "--cluster", "user"]
    assert run("size", "data", file, "-m", "revenue", *clusters, "--lift", "0.1", "--json").code == 0


def test_past_data_are_drawn_from(run: Run, past: pa.Table) -> None:
    """A simulation beside the formula; where it would answer another question, it is refused."""
    asked = ["size", "data", "past.parquet", "-m", "revenue", "--lift", "0.1", "--simulate", "2000"]
    assert run(*asked, "--json").json["simulated"]["power"] == pytest.approx(0.8, abs=0.05)
    assert "drawn 2,000 times from the data: power" in run(*asked).out
    for other in (["--looks", "5"], ["--quantile", "0.9"]):
        refused = run(*asked, *other)
        assert (refused.code, "This cannot be simulated" in refused.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [(["-m", "revenu"], "did you mean 'revenue'"), (["-m", "user"], "holds no numbers"),
     (["-m", "revenue", "--quantile", "2"], "q"), (["-m", "revenue", "--shares", "a,b"], "not a list of numbers")],
)  # fmt: skip
def test_past_data_that_will_not_do(run: Run, past: pa.Table, words: list[str], told: str) -> None:
    """A reason and a hint, no number."""
    refused = run("size", "data", "past.parquet", *words, "--lift", "0.1")
    assert (refused.code, refused.out) == (2, "")
    assert told in refused.err
