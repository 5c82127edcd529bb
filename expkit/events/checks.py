"""What a row says about the world: when it happened, and whether there is such an experiment and variant."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from expkit.errors import shorten
from expkit.events.findings import Findings

__all__ = ["Variants", "check_times", "check_variants"]

Variants = Mapping[str, Collection[str]]
"""The variants of each experiment that there is."""

AHEAD = timedelta(hours=1)
"""So far may a sender's clock be ahead of ours; late events may be as late as they like."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Clocks that were never set say 1970."""


def check_times(table: Any, findings: Findings, at: datetime) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not table.num_rows:
        return
    times = table.column("timestamp")
    moment = pa.timestamp("us", "UTC")
    latest, earliest = pa.scalar(at + AHEAD, moment), pa.scalar(EARLIEST, moment)
    span = pc.min_max(times)
    if pc.greater(span["max"], latest).as_py():
        findings.add(
            pc.greater(times, latest),
            lambda row: f"timestamp {_told(times[row])} is in the future",
            f"it is {at:%Y-%m-%dT%H:%M:%S}Z here; check the sender's clock and time zone.",
            rule="timestamp is in the future",
        )
    if pc.less(span["min"], earliest).as_py():
        findings.add(
            pc.less(times, earliest),
            lambda row: f"timestamp {_told(times[row])} is before {EARLIEST.year}",
            "check the sender's clock, and whether seconds were sent as milliseconds.",
            rule=f"timestamp is before {EARLIEST.year}",
        )


def check_variants(table: Any, findings: Findings, known: Variants) -> None:
    seen = table.select(["experiment", "variant"]).group_by(["experiment", "variant"]).aggregate([])
    pairs = list(zip(seen.column("experiment").to_pylist(), seen.column("variant").to_pylist(), strict=True))
    if all(None in pair or pair[1] in known.get(pair[0], ()) for pair in pairs):
        return
    experiments, variants = table.column("experiment").to_pylist(), table.column("variant").to_pylist()
    strangers, strays = [], []
    for row, (experiment, variant) in enumerate(zip(experiments, variants, strict=True)):
        if experiment is None or variant is None:
            continue
        if experiment not in known:
            strangers.append(row)
        elif variant not in known[experiment]:
            strays.append(row)
    findings.add(
        strangers, lambda row: f"there is no experiment {shorten(experiments[row])}", rule="there is no such experiment"
    )
    findings.add(
        strays,
        lambda row: f"experiment {experiments[row]!r} has no variant {shorten(variants[row])}",
        rule="the experiment has no such variant",
    )


def _told(moment: Any) -> str:
    """Arrow can hold times that no calendar of Python's reaches."""
    return str(moment.cast("timestamp[us]"))[:19]
