"""A frame with one row per unit -> a scorecard, without a registry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from expkit import __version__
from expkit.analysis.checks import check_missing, check_ratio
from expkit.analysis.columns import FLOATS
from expkit.analysis.comparisons import Comparisons, tolerated_of
from expkit.analysis.groups import Grouping
from expkit.analysis.judgement import Correction, judge
from expkit.analysis.measures import CovariateNames, MetricLike, Winsorize, measures_of
from expkit.analysis.recommendation import Progress, recommend
from expkit.analysis.scan import Scan, scan
from expkit.analysis.scorecard import Arm, GuardrailFinding, MetricEstimate, Scorecard
from expkit.analysis.segments import find_culprit_among, told
from expkit.analysis.sources import open_source
from expkit.analysis.turns import would_change
from expkit.errors import InvalidInput, UnknownName, did_you_mean, shorten
from expkit.stats import ALPHA, Alternative, Check
from expkit.stats.terms import alternative_of, finite, probability, word

__all__ = ["analyze_frame", "frame_columns"]


def analyze_frame(
    frame: Any,
    *,
    variant: str = "variant",
    metrics: MetricLike | Iterable[MetricLike],
    control: object = "control",
    covariates: CovariateNames | None = None,
    caps: Mapping[str, float] | None = None,
    winsorize: Winsorize | None = None,
    cluster: str | None = None,
    strata: str | None = None,
    segments: str | Sequence[str] = (),
    shares: Mapping[str, float] | None = None,
    guardrails: Mapping[str, float] | None = None,
    alpha: float = ALPHA,
    alternative: Alternative = "two-sided",
    correction: Correction = "holm",
    gatekeeping: bool = False,
    name: str = "Frame",
) -> Scorecard:
    """The scorecard of a pandas, polars or Arrow frame, a DuckDB relation, or Parquet or CSV files.

    A metric is a column: true/false or 0/1 is compared as a proportion, other numbers by their means; missing
    values are not counted, and rows without a variant are left out. The first metric is primary; `alternative` is
    for it alone. A mapping or a `Metric` says more: `{"key": "ctr", "numerator": "clicks", "denominator": "views"}`
    is a ratio of totals.

    `covariates` from before the experiment take out what they explain (CUPED); a unit that lacks one stays in.
    `caps` are largest values, `winsorize` is the quantile of the values that are not zero to cap at (True: 99.9%),
    the same one in all variants. `cluster` names what was randomised, where units are not; `strata` a column to
    compare within. `shares` are those that the variants should have got; equal ones when left out. Where they were
    not got, the check names which of the `segments`, columns of few values, is most to blame. `guardrails` are
    metrics with the harm that is tolerated, as a share of control: `{"latency": 0.05}`. With `gatekeeping` the
    secondary metrics count only once the primary one is significant.

    >>> analyze_frame(df, metrics=["converted", "revenue"], covariates={"revenue": "pre_revenue"})
    """
    probability("alpha", alpha)
    alternative_of(alternative)
    word("correction", correction, get_args(Correction))
    if cluster is not None and strata is not None:
        raise InvalidInput("Clusters and strata do not go together.", hint="give cluster=... or strata=..., not both.")
    measures = measures_of(metrics, covariates, caps, winsorize)
    tolerated = tolerated_of(guardrails, measures)
    parts = [segments] if isinstance(segments, str) else list(segments)
    names = [variant, *(one for one in (strata, cluster) if one), *parts]
    columns = [*names, *(column for measure in measures for column in measure.columns)]
    twice = bool(parts) or any(measure.quantile is not None for measure in measures)
    with open_source(frame, columns, names=names, twice=twice) as source:
        found = scan(source, variant, measures, strata, cluster)
        reference = _control(variant, control, found.counts)
        wanted = _shares(found.counts, shares)
        arrived = {name: found.randomised.get(name, 0) for name in wanted}
        culprit = ""
        if parts and not all(check_ratio(arrived, wanted)):
            grouping = Grouping(variant, None, cluster, source.types[variant] in FLOATS)
            culprit = find_culprit_among(source, grouping, parts, wanted)
    ratio = told(check_ratio(arrived, wanted), culprit)  # once DuckDB has given its memory back: this loads scipy
    compared = Comparisons(found, measures, reference, tolerated, alternative, stratified=strata is not None)
    rows = judge(compared.rows(alpha), alpha, correction, gatekeeping=gatekeeping, again=compared.again())
    lacking = "no variant" if cluster is None else "no variant or no cluster"
    checks = (*ratio, *check_missing(found.missing, sum(found.counts.values()), lacking))
    return _scorecard(name, reference, found, wanted, rows, checks, alpha, compared.findings(rows, alpha))


def frame_columns(frame: Any) -> list[str]:
    """The names of a frame's columns, as `analyze_frame` finds them."""
    with open_source(frame, []) as source:
        return list(source.types)


def _control(variant: str, control: object, counts: Mapping[str, int]) -> str:
    """The control as the column's values read as text: `False` is found in a column of booleans."""
    text = str(control)
    if not isinstance(control, str):
        text = next((name for name in counts if name.casefold() in {text.casefold(), f"{text}.0"}), text)
    if not counts:
        raise InvalidInput(f"Column {variant!r} has no values.", hint="name the column of the variants.")
    if text not in counts:
        raise UnknownName(
            f"No unit of column {variant!r} is in the control {shorten(text)}.",
            hint=f"name it: control=...; {did_you_mean(text, counts)}",
        )
    if len(counts) == 1:
        raise InvalidInput(f"Column {variant!r} has only {text!r} in it.", hint="a comparison needs two variants.")
    return text


def _shares(counts: Mapping[str, int], shares: Mapping[str, float] | None) -> dict[str, float]:
    """Normalised; a variant that has no share is refused, one that nobody saw is not."""
    if shares is None:
        return dict.fromkeys(counts, 1 / len(counts))
    given = {str(key): finite("share", value) for key, value in shares.items()}
    for variant in counts:
        if variant not in given:
            raise UnknownName.among("variant", variant, given, "the shares")
    total = sum(given.values())
    if min(given.values()) < 0 or total <= 0:
        raise InvalidInput("Shares are at least 0, and not all 0.", hint='e.g. {"control": 0.5, "treatment": 0.5}.')
    return {variant: share / total for variant, share in given.items()}


def _scorecard(
    name: str,
    control: str,
    found: Scan,
    shares: Mapping[str, float],
    rows: tuple[MetricEstimate, ...],
    checks: tuple[Check, ...],
    alpha: float,
    guardrails: tuple[GuardrailFinding, ...],
) -> Scorecard:
    seen = {variant: found.counts.get(variant, 0) for variant in shares}
    units = min(n for variant, n in seen.items() if shares[variant] > 0)
    primary, progress = [row for row in rows if row.role == "primary"], Progress(units=units)
    advice = recommend(primary, checks, guardrails, progress)
    turns = would_change(advice, primary, checks, guardrails, progress)
    return Scorecard(
        experiment=name,
        name=name,
        control=control,
        alpha=alpha,
        arms=tuple(Arm(key=key, name=key, n=seen[key], share=share) for key, share in shares.items()),
        estimates=rows,
        checks=checks,
        guardrails=guardrails,
        recommendation=advice.model_copy(update={"would_change": turns}),
        code_version=__version__,
    )
