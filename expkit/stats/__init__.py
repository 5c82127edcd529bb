"""The numbers: arrays or summaries in, frozen answers out. Knows no experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expkit.stats.always_valid import (
    ConfidenceSequence,
    confidence_sequence,
    mixture_rho,
    mixture_sprt,
    mixture_tau,
)
from expkit.stats.arms import compare_arms, compare_pairs, compare_with_control
from expkit.stats.bayes import (
    ArmBelief,
    BayesEstimate,
    NormalPrior,
    bayes_arms,
    bayes_means,
    bayes_proportions,
    bayes_rates,
)
from expkit.stats.bootstraps import Bootstrap, bootstrap
from expkit.stats.caps import CAP_QUANTILE, Caps, cap_values, find_caps, summarize_capped
from expkit.stats.clustered import compare_clustered
from expkit.stats.equivalence import (
    equivalence,
    equivalence_proportions,
    non_inferiority,
    non_inferiority_proportions,
)
from expkit.stats.estimate import Arm, Check, Estimate, Interval, NotEstimable, SampleSize
from expkit.stats.exact import barnard, boschloo, fisher
from expkit.stats.factorial import FactorialDesign, FactorialEffect, factorial_design, factorial_effects
from expkit.stats.findings import Equivalence, Significance
from expkit.stats.health import SegmentRatio, blame_srm, check_balance, check_multiple_exposure
from expkit.stats.heterogeneity import Heterogeneity, LevelEffect, heterogeneous_effects
from expkit.stats.interactions import check_interaction
from expkit.stats.longevity import check_carry_over, check_novelty
from expkit.stats.looking import LookMethod, power_for_one_look, power_with_looks
from expkit.stats.matched import mcnemar, mcnemar_exact
from expkit.stats.means import compare_means
from expkit.stats.multiplicity import Adjustment, adjust, gatekeep, interval_levels
from expkit.stats.peeking import MethodOutcome, compare_methods, decisions_by_look, stops_by_method
from expkit.stats.permutations import Permutation, permutation
from expkit.stats.power import (
    mde_means,
    mde_proportions,
    power_means,
    power_proportions,
    size_means,
    size_proportions,
)
from expkit.stats.priors import PriorView, effect_prior, prior_sensitivity
from expkit.stats.proportions import compare_proportions
from expkit.stats.quantiles import compare_quantiles
from expkit.stats.ranks import rank_test
from expkit.stats.rates import compare_rates
from expkit.stats.ratios import compare_ratios
from expkit.stats.reached import mde_reached, power_reached
from expkit.stats.segments import Segment, Segments, compare_segments, segments_of
from expkit.stats.sequential import GroupSequential, Monitored, SequentialPlan, group_sequential
from expkit.stats.sequential_srm import check_srm_sequential, srm_evidence, srm_segments
from expkit.stats.shrinkage import Portfolio, Shrunken, correct_winner, correct_winners, shrink_effects
from expkit.stats.simulation import SimulatedPower, simulate_power
from expkit.stats.sizing import (
    History,
    history_of_means,
    history_of_quantile,
    history_of_ratios,
    power_non_inferiority,
    size_non_inferiority,
    size_non_inferiority_proportions,
    solve_size,
)
from expkit.stats.srm import check_srm
from expkit.stats.stratified import compare_stratified, summarize_strata
from expkit.stats.summary import Covariates, Summary
from expkit.stats.tables import cochran_mantel_haenszel, compare_shares
from expkit.stats.terms import ALPHA, POWER, SRM_ALPHA, Alternative, Values
from expkit.stats.variance_analysis import Anova, AnovaTerm, anova, simple_effects
from expkit.stats.wilson import proportion_interval

if TYPE_CHECKING:
    from expkit.stats.binary_sequences import betting_sequence, conversion_sequence, proportion_sequence
    from expkit.stats.quantile_sequences import quantile_sequence

__all__ = [
    "ALPHA",
    "CAP_QUANTILE",
    "POWER",
    "SRM_ALPHA",
    "Adjustment",
    "Alternative",
    "Anova",
    "AnovaTerm",
    "Arm",
    "ArmBelief",
    "BayesEstimate",
    "Bootstrap",
    "Caps",
    "Check",
    "ConfidenceSequence",
    "Covariates",
    "Equivalence",
    "Estimate",
    "FactorialDesign",
    "FactorialEffect",
    "GroupSequential",
    "Heterogeneity",
    "History",
    "Interval",
    "LevelEffect",
    "LookMethod",
    "MethodOutcome",
    "Monitored",
    "NormalPrior",
    "NotEstimable",
    "Permutation",
    "Portfolio",
    "PriorView",
    "SampleSize",
    "Segment",
    "SegmentRatio",
    "Segments",
    "SequentialPlan",
    "Shrunken",
    "Significance",
    "SimulatedPower",
    "Summary",
    "Values",
    "adjust",
    "anova",
    "barnard",
    "bayes_arms",
    "bayes_means",
    "bayes_proportions",
    "bayes_rates",
    "betting_sequence",
    "blame_srm",
    "bootstrap",
    "boschloo",
    "cap_values",
    "check_balance",
    "check_carry_over",
    "check_interaction",
    "check_multiple_exposure",
    "check_novelty",
    "check_srm",
    "check_srm_sequential",
    "cochran_mantel_haenszel",
    "compare_arms",
    "compare_clustered",
    "compare_means",
    "compare_methods",
    "compare_pairs",
    "compare_proportions",
    "compare_quantiles",
    "compare_rates",
    "compare_ratios",
    "compare_segments",
    "compare_shares",
    "compare_stratified",
    "compare_with_control",
    "confidence_sequence",
    "conversion_sequence",
    "correct_winner",
    "correct_winners",
    "decisions_by_look",
    "effect_prior",
    "equivalence",
    "equivalence_proportions",
    "factorial_design",
    "factorial_effects",
    "find_caps",
    "fisher",
    "gatekeep",
    "group_sequential",
    "heterogeneous_effects",
    "history_of_means",
    "history_of_quantile",
    "history_of_ratios",
    "interval_levels",
    "mcnemar",
    "mcnemar_exact",
    "mde_means",
    "mde_proportions",
    "mde_reached",
    "mixture_rho",
    "mixture_sprt",
    "mixture_tau",
    "non_inferiority",
    "non_inferiority_proportions",
    "permutation",
    "power_for_one_look",
    "power_means",
    "power_non_inferiority",
    "power_proportions",
    "power_reached",
    "power_with_looks",
    "prior_sensitivity",
    "proportion_interval",
    "proportion_sequence",
    "quantile_sequence",
    "rank_test",
    "segments_of",
    "shrink_effects",
    "simple_effects",
    "simulate_power",
    "size_means",
    "size_non_inferiority",
    "size_non_inferiority_proportions",
    "size_proportions",
    "solve_size",
    "srm_evidence",
    "srm_segments",
    "stops_by_method",
    "summarize_capped",
    "summarize_strata",
]

# these load numpy and scipy when first asked for
_LATER = {
    "betting_sequence": "binary_sequences",
    "conversion_sequence": "binary_sequences",
    "proportion_sequence": "binary_sequences",
    "quantile_sequence": "quantile_sequences",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
