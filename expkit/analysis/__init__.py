"""Exposures x outcomes -> summaries -> a scorecard with checks and a recommendation."""

from __future__ import annotations

from expkit.analysis.breakdown import break_down
from expkit.analysis.deviations import Promise
from expkit.analysis.experiment import analyze_experiment, analyze_tables
from expkit.analysis.frames import analyze_frame, frame_columns
from expkit.analysis.overlap import check_overlap
from expkit.analysis.parts import Breakdown, Reached
from expkit.analysis.scorecard import (
    Arm,
    Deviation,
    GuardrailFinding,
    LookDecision,
    MetricEstimate,
    Recommendation,
    Scorecard,
)
from expkit.analysis.standing import Risk, learning_of, risks, standing
from expkit.analysis.units import UnitValues, unit_values
from expkit.analysis.warehouse import Tables

__all__ = [
    "Arm",
    "Breakdown",
    "Deviation",
    "GuardrailFinding",
    "LookDecision",
    "MetricEstimate",
    "Promise",
    "Reached",
    "Recommendation",
    "Risk",
    "Scorecard",
    "Tables",
    "UnitValues",
    "analyze_experiment",
    "analyze_frame",
    "analyze_tables",
    "break_down",
    "check_overlap",
    "frame_columns",
    "learning_of",
    "risks",
    "standing",
    "unit_values",
]
