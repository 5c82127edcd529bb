"""Simulated experiments with a known truth, for the demo, the docs, the tests and the benchmarks."""

from __future__ import annotations

from expkit.datasets.calls import model_comparison
from expkit.datasets.factorial import multivariate
from expkit.datasets.faults import srm_fault
from expkit.datasets.past import PastExperiment, history
from expkit.datasets.release import canary
from expkit.datasets.shop import recommender, recommender_experiment
from expkit.datasets.simulation import Simulation, Truth

__all__ = [
    "PastExperiment",
    "Simulation",
    "Truth",
    "canary",
    "history",
    "model_comparison",
    "multivariate",
    "recommender",
    "recommender_experiment",
    "srm_fault",
]
