"""Segments under peeking: how often some segment is found where nothing differs, over many looks.

    python benchmarks/segments.py [--experiments 200] [--looks 12]

Every experiment has 6,000 units of eight countries and three devices, and no effect. It is looked at twelve times; a
find is any segment whose adjusted p-value is below 0.05 at any look. Promised: at most 0.05 of the experiments. Naive
is whoever reads each segment's own test at every look. The same with an effect in one country shows what is left of
power: the share of experiments that find that country, and that find another one.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from expkit.analysis import break_down
from expkit.domain import Experiment
from expkit.events import Lake, Reader, arrow_schema, to_table
from expkit.stats import Estimate, compare_proportions

UNITS, DAYS = 6000, 12
COUNTRIES, DEVICES = np.array(["de", "fr", "us", "at", "ch", "it", "es", "pl"]), np.array(["phone", "desktop", "tv"])
EXPERIMENT = Experiment.parse({
    "key": "aa", "name": "A/A", "hypothesis": "Nothing happens.", "sample_size": 10**6,
    "metrics": ["buy"], "variants": [{"key": "control"}, {"key": "treatment"}],
})  # fmt: skip


def tables(seed: int, effect: float) -> dict[str, pa.Table]:
    rng = np.random.default_rng(seed)
    came = np.datetime64("2026-01-01", "us") + (np.sort(rng.uniform(0, DAYS, UNITS)) * 86400e6).astype(
        "timedelta64[us]"
    )
    unit, arm = np.char.add("u", np.arange(UNITS).astype(str)), rng.integers(0, 2, UNITS)
    country, device = rng.integers(0, 8, UNITS), rng.integers(0, 3, UNITS)
    bought = rng.random(UNITS) < 0.2 + effect * ((country == 0) & (arm == 1))
    attributes = [
        f'{{"country":"{c}","device":"{d}"}}' for c, d in zip(COUNTRIES[country], DEVICES[device], strict=True)
    ]
    exposures = pa.table({
        "event_id": np.char.add("e", np.arange(UNITS).astype(str)), "experiment": np.repeat("aa", UNITS),
        "variant": np.array(["control", "treatment"])[arm], "user_id": unit, "timestamp": came,
        "attributes": attributes,
    })  # fmt: skip
    outcomes = pa.table({
        "event_id": np.char.add("o", np.flatnonzero(bought).astype(str)), "user_id": unit[bought],
        "event": np.repeat("buy", int(bought.sum())), "timestamp": came[bought],
    })  # fmt: skip
    return {
        "exposures": to_table("exposures", exposures),
        "outcomes": to_table("outcomes", outcomes),
        "traces": arrow_schema("traces").empty_table(),
    }


def found(seed: int, effect: float, looks: int) -> tuple[set[str], bool]:
    """The segments that any look found, and whether anybody's own test of any segment did."""
    names: set[str] = set()
    naive = False
    with tempfile.TemporaryDirectory() as folder, Reader(Lake(folder), tables(seed, effect), {}, "aa") as reader:
        for look in range(1, looks + 1):
            at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=DAYS * look / looks, hours=1)
            for one in break_down(EXPERIMENT, reader, ["country", "device"], at=at):
                for segment in one.segments:
                    (told,) = segment.effects
                    if isinstance(told.estimate, Estimate):
                        names |= {segment.value} if (told.adjusted_p_value or 1.0) < 0.05 else set()
                        naive |= _own(told.estimate) < 0.05
    return names, naive


def _own(estimate: Estimate) -> float:
    c, t = estimate.control, estimate.treatment
    again = compare_proportions(round(c.n * c.mean), c.n, round(t.n * t.mean), t.n)
    return again.p_value if isinstance(again, Estimate) else 1.0


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--experiments", type=int, default=200)
    wanted.add_argument("--looks", type=int, default=12)
    asked = wanted.parse_args()
    error = math.sqrt(0.05 * 0.95 / asked.experiments)
    none = [found(seed, 0.0, asked.looks) for seed in range(asked.experiments)]
    rates = np.mean([bool(names) for names, _ in none]), np.mean([naive for _, naive in none])
    print(
        f"no effect: a find in {rates[0]:.3f} of the experiments, naive {rates[1]:.3f} (Monte Carlo error {error:.3f})"
    )
    some = [found(seed, 0.2, asked.looks)[0] for seed in range(asked.experiments)]
    power = np.mean(["de" in names for names in some])
    others = np.mean([bool(names - {"de", "phone", "desktop", "tv"}) for names in some])
    print(f"+20 points in one country: found in {power:.3f}, another country in {others:.3f}")


if __name__ == "__main__":
    main()
