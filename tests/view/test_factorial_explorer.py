from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from expkit.datasets import multivariate
from expkit.stats import Summary, anova, factorial_design, factorial_effects
from expkit.view import FactorialExplorer
from expkit.view.factors import means


@pytest.fixture(scope="module")
def units() -> pd.DataFrame:
    """A factorial of the datasets as one row per unit."""
    simulation = multivariate(6_000, 1)
    exposures, outcomes = simulation.exposures.to_pandas(), simulation.outcomes.to_pandas()
    for table in (exposures, outcomes):
        table["unit"] = table.user_id.fillna(table.session_id)
    values = outcomes.pivot_table(index="unit", columns="event", values="value", aggfunc="sum")
    params = {variant.key: variant.params for variant in simulation.experiment.variants}
    factors = pd.DataFrame([params[key] for key in exposures.variant])
    return pd.concat([factors, values.reindex(exposures.unit).fillna(0).reset_index(drop=True)], axis=1)


@pytest.fixture(scope="module")
def explorer(units: pd.DataFrame) -> FactorialExplorer:
    return FactorialExplorer(units, factors=["headline", "image"], metric=["signup", "time_on_page"])


def test_effects_are_those_of_the_statistics(units: pd.DataFrame, explorer: FactorialExplorer) -> None:
    """Cell by cell, from the rows."""
    design = factorial_design({"headline": ("plain", "question"), "image": ("drawing", "photo")})
    cells = [
        Summary.of(units.signup[(units.headline == run["headline"]) & (units.image == run["image"])])
        for run in design.runs
    ]
    expected, found = factorial_effects(design, cells), explorer.measured.effects
    assert [one.effect for one in found.values()] == pytest.approx([one.effect for one in expected.values()])
    assert [one.p_value for one in found.values()] == pytest.approx([one.p_value for one in expected.values()])


def test_the_analysis_of_variance_is_that_of_the_statistics(units: pd.DataFrame, explorer: FactorialExplorer) -> None:
    """Every term's F and p-value."""
    expected = anova(units.signup, {"headline": units.headline, "image": units.image})
    assert explorer.measured.anova == expected
    assert "Analysis of variance, type II, 6,000 units" in explorer._body.value


def test_means_weigh_cells_alike(units: pd.DataFrame, explorer: FactorialExplorer) -> None:
    """The mean of a level is the mean of its cells."""
    rates = units.groupby(["headline", "image"]).signup.mean()
    found = {one.levels[0]: one.mean for one in means(explorer.measured.cells, "headline")}
    assert found["plain"] == pytest.approx(rates["plain"].mean())


def test_an_experiment_gives_the_same_as_its_rows(units: pd.DataFrame) -> None:
    """Counts are enough for a conversion."""
    from expkit.view.factors import Cells, measure

    cells = {
        tuple(levels): Summary(len(part), part.mean(), part.var(ddof=1))
        for levels, part in units.groupby(["headline", "image"]).signup
    }
    counted = Cells({"headline": ("plain", "question"), "image": ("drawing", "photo")}, "signup", cells, binary=True)
    found, rows = measure(counted).anova, anova(units.signup, {"headline": units.headline, "image": units.image})
    for name, term in rows.terms.items():
        assert found.terms[name].p_value == pytest.approx(term.p_value, rel=1e-6)


def test_metrics_and_factors_can_be_picked(explorer: FactorialExplorer) -> None:
    """Another metric and another axis are drawn; the same factor twice is told."""
    explorer.metric.value = "time_on_page"
    assert explorer.measured.cells.metric == "time_on_page"
    explorer.axis.value = "image"
    assert "Choose two different factors" in explorer._plots.value
    explorer.lines.value = "headline"
    assert "image by headline" in explorer._plots.value
    explorer.metric.value, explorer.axis.value, explorer.lines.value = "signup", "headline", "image"


def test_levels_stand_in_the_order_that_is_given(units: pd.DataFrame) -> None:
    """Low and high are the reader's choice."""
    order = {"headline": ["question", "plain"], "image": ["photo", "drawing"]}
    found = FactorialExplorer(units, factors=order, metric="signup").measured
    assert found.cells.factors["headline"] == ("question", "plain")
    flipped = FactorialExplorer(units, factors=["headline", "image"], metric="signup").measured
    assert found.effects["headline"].effect == pytest.approx(-flipped.effects["headline"].effect)


def test_a_planned_fraction_shows_its_aliases() -> None:
    """Half of the runs: what shares a number is named, at the design and beside the data."""
    rng = np.random.default_rng(3)
    design = factorial_design(dict.fromkeys("ABCD", ("low", "high")), ["D=A:B:C"])
    rows = [{**run, "y": value + 2 * (run["A"] == "high")} for run in design.runs for value in rng.normal(size=40)]
    explorer = FactorialExplorer(
        pd.DataFrame(rows), factors={name: ["low", "high"] for name in "ABCD"}, metric="y", generators=["D=A:B:C"]
    )
    assert explorer.measured.effects["A"].aliases == ("B:C:D",)
    assert explorer.measured.effects["A"].effect == pytest.approx(2, abs=0.5)
    assert "B:C:D" in explorer._body.value


def test_cells_without_units_are_told() -> None:
    """Unless they are a fraction that was planned."""
    table = pd.DataFrame({"a": list("xxyy") * 5, "b": list("uuuv") * 5, "y": np.arange(20.0)})
    explorer = FactorialExplorer(table, factors=["a", "b"], metric="y")
    assert "1 of 4 cells have no units" in explorer._body.value
    assert "generators" in explorer._body.value


def test_the_planner_answers_every_change() -> None:
    """All runs; half of them with their aliases; a mistake with its hint; and back."""
    explorer = FactorialExplorer()
    assert len(explorer.design.runs) == 16
    explorer.generators.value = "price=headline:image:button"
    assert (len(explorer.design.runs), explorer.design.resolution) == (8, 4)
    assert "image:button:price" in explorer._body.value
    assert explorer.design.aliases("headline") == ("image:button:price",)
    explorer.generators.value = "prize=headline"
    assert explorer.design is None
    assert "did you mean &#x27;price&#x27;" in explorer._lead.value
    explorer.generators.value = ""
    assert len(explorer.design.runs) == 16


@pytest.mark.parametrize(
    ("lines", "told"),
    [("", "no factors"), ("a", "no &#x27;:&#x27;"), ("a: x", "1 level"), ("a: x, x", "a level twice"),
     ("a: x, y\na: u, v", "stands twice"), ("<b>: x", "&lt;b&gt;"),
     ("\n".join(f"f{i}: 0, 1" for i in range(13)), "runs")],
)  # fmt: skip
def test_a_bad_design_is_told_inside(lines: str, told: str) -> None:
    """An alert with a hint, escaped."""
    explorer = FactorialExplorer({"a": ["x", "y"]})
    explorer.factors.value = lines
    assert 'role="alert"' in explorer._lead.value
    assert told in explorer._lead.value
    assert "Hint" in explorer._lead.value


@pytest.mark.parametrize(
    ("asked", "told"),
    [({"factors": ["headlin"], "metric": "signup"}, "did you mean &#x27;headline&#x27;"),
     ({"factors": ["headline"]}, "No metric"), ({"factors": ["signup"], "metric": "signup"}, "named twice"),
     ({"factors": [], "metric": "signup"}, "no factors"), ({"factors": ["headline"], "metric": "image"}, "numbers"),
     ({"factors": ["headline", "time_on_page"], "metric": "signup"}, "levels"),
     ({"factors": {"headline": ["plain"]}, "metric": "signup"}, "question")],
)  # fmt: skip
def test_bad_data_are_told_inside(units: pd.DataFrame, asked: dict[str, object], told: str) -> None:
    """Wrong columns, wrong values, wrong levels."""
    explorer = FactorialExplorer(units, **asked)
    assert 'role="alert"' in explorer._lead.value
    assert told in explorer._lead.value


def test_one_factor_alone_has_no_interaction(units: pd.DataFrame) -> None:
    """A single factor is an analysis of variance all the same."""
    explorer = FactorialExplorer(units, factors=["headline"], metric="signup")
    assert list(explorer.measured.anova.terms) == ["headline"]
    assert "Two factors together" not in explorer._plots.value


def test_without_a_kernel_it_stays(explorer: FactorialExplorer) -> None:
    """Words, pictures and tables, without a script."""
    told = explorer.static()
    assert "Each factor by itself" in told
    assert "<script" not in told
