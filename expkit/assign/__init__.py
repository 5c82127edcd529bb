"""Which unit gets which variant: hashing, conditions and the compiled `Assigner`; no I/O."""

from __future__ import annotations

from expkit.assign.assigner import Assigner
from expkit.assign.columns import buckets
from expkit.assign.conditions import matches
from expkit.assign.hashing import bucket
from expkit.assign.ranges import Range, ranges, rollout_ranges, split

__all__ = ["Assigner", "Range", "bucket", "buckets", "matches", "ranges", "rollout_ranges", "split"]
