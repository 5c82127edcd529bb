"""Which unit gets which variant: hashing, conditions and the compiled `Assigner`; no I/O."""

from __future__ import annotations

from expkit.assign.assigner import Assigner
from expkit.assign.columns import buckets
from expkit.assign.conditions import matches
from expkit.assign.exposures import RECORD
from expkit.assign.hashing import bucket
from expkit.assign.linter import lint
from expkit.assign.memory import memory_key, remember
from expkit.assign.prerequisites import circle
from expkit.assign.ranges import Range, ranges, rollout_ranges, split
from expkit.assign.requests import Memory, code_in

__all__ = [
    "RECORD",
    "Assigner",
    "Memory",
    "Range",
    "bucket",
    "buckets",
    "circle",
    "code_in",
    "lint",
    "matches",
    "memory_key",
    "ranges",
    "remember",
    "rollout_ranges",
    "split",
]
