"""Advice under peeking: how often harmless or useless treatments are promoted or rolled back at any of many looks.

    python benchmarks/advice.py [--experiments 300] [--looks 15]

Nothing differs between the arms. Every plan is looked at after each fifteenth of its units, and a promotion, a
rollback or a stop for being worse at any look counts against it. Promised: each at most alpha (0.05) over all looks,
also for the fixed plan, which should be looked at once. The tolerated harm is next to none, so that every harm which
is found breaks the guardrail. Naive is whoever promotes at the first p < alpha of the same looks.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from expkit.analysis import Scorecard, analyze_experiment
from expkit.domain import Experiment
from expkit.events import Lake, Reader, arrow_schema, to_table

UNITS, DAYS = 3000, 15
PLANS: dict[str, dict[str, Any]] = {
    "fixed": {},
    "group_sequential": {"method": "group_sequential"},
    "always_valid": {"method": "always_valid"},
}


def experiment(plan: dict[str, Any], looks: int) -> Experiment:
    return Experiment.parse({
        "key": "aa", "name": "A/A", "hypothesis": "Nothing happens.", "sample_size": UNITS // 2,
        "metrics": [{"key": "buy", "window_days": 0.01}],
        "guardrails": [{"metric": {"key": "cost", "kind": "sum", "direction": "decrease", "window_days": 0.01},
                        "max_change": 1e-6, "action": "rollback"}],
        "variants": [{"key": "control"}, {"key": "treatment"}],
        "plan": {**plan, "looks": looks if plan.get("method") == "group_sequential" else 1},
    })  # fmt: skip


def tables(seed: int) -> dict[str, pa.Table]:
    rng = np.random.default_rng(seed)
    start = np.datetime64("2026-01-01", "us")
    came = start + (np.sort(rng.uniform(0, DAYS, UNITS)) * 86400e6).astype("timedelta64[us]")
    unit, arm = np.char.add("u", np.arange(UNITS).astype(str)), np.array(["control", "treatment"])
    bought = rng.random(UNITS) < 0.2
    cost = rng.lognormal(0, 1, UNITS)
    exposures = pa.table({
        "event_id": np.char.add("e", np.arange(UNITS).astype(str)), "experiment": np.repeat("aa", UNITS),
        "variant": arm[rng.permutation(np.arange(UNITS) % 2)], "user_id": unit, "timestamp": came,
    })  # fmt: skip
    users = np.concatenate([unit[bought], unit])
    outcomes = pa.table({
        "event_id": np.char.add("o", np.arange(users.size).astype(str)), "user_id": users,
        "event": np.array(["buy"] * int(bought.sum()) + ["cost"] * UNITS),
        "value": np.concatenate([np.ones(int(bought.sum())), cost]), "timestamp": np.concatenate([came[bought], came]),
    })  # fmt: skip
    return {
        "exposures": to_table("exposures", exposures),
        "outcomes": to_table("outcomes", outcomes),
        "traces": arrow_schema("traces").empty_table(),
    }


def advised(wanted: Experiment, waiting: dict[str, pa.Table], looks: int) -> dict[str, bool]:
    """What any look of one experiment said; `naive` from the estimates as anybody would compute them."""
    past: list[Scorecard] = []
    said = dict.fromkeys(("promote", "rollback", "worse", "naive"), False)
    with tempfile.TemporaryDirectory() as folder, Reader(Lake(folder), waiting, {}, "aa") as reader:
        for look in range(1, looks + 1):
            at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=DAYS * look / looks, hours=0.3)
            card = analyze_experiment(wanted, reader, at=at, look=look, past=past)
            past.append(card)
            advice, row = card.recommendation, card.row("buy")
            said["promote"] |= advice.action == "promote"
            said["rollback"] |= advice.action == "rollback"
            said["worse"] |= advice.headline.startswith("Worse")
            said["naive"] |= bool(row.estimate) and row.estimate.p_value < 0.05
    return said


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--experiments", type=int, default=300)
    wanted.add_argument("--looks", type=int, default=15)
    asked = wanted.parse_args()
    for name, plan in PLANS.items():
        found = [advised(experiment(plan, asked.looks), tables(seed), asked.looks) for seed in range(asked.experiments)]
        rates = {word: float(np.mean([one[word] for one in found])) for word in found[0]}
        error = math.sqrt(0.05 * 0.95 / asked.experiments)
        told = ", ".join(f"{word} {rate:.3f}" for word, rate in rates.items() if word != "naive" or name == "fixed")
        print(f"{name}: {told} (Monte Carlo error at 0.05: {error:.3f})", flush=True)


if __name__ == "__main__":
    main()
