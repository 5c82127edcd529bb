"""Guardrails under continuous watching: how often a harmless experiment is stopped, and how soon a harmful one is.

    python benchmarks/guardrails.py [--experiments 400] [--stops 11] [--rollouts 2000]

False alarms: every experiment has 6,000 units and nothing that harms; each unit comes back (its model calls trickle in
after it was counted, which is where the theory stops), and it is watched every day for 45 days with three guardrails.
At most alpha of the experiments may be stopped. Time to stop: `expkit serve` on SQLite takes events over HTTP,
200 units a second, and from a known moment on a third of the treatment's calls fail (5 % are allowed); measured is the
time from sending the first failing call to the status `stopped`.

Rollouts: a tolerated change is judged against control as an experiment of 2,000 units per arm has seen it. The winner
is exactly so much worse as is tolerated, and is watched after every hundred units up to 20,000: at most alpha may be
rolled back. Beside it the power to find twice that harm, and how often taking the older level for certain would err.
"""

from __future__ import annotations

import argparse
import math
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

import expkit
from expkit.analysis.levels import Reference, judge_against
from expkit.analysis.statistics import ArmStatistic
from expkit.analysis.watch import watch_experiment
from expkit.domain import Experiment, Guardrail
from expkit.events import Lake, Reader, arrow_schema, to_table
from expkit.stats import Summary

UNITS, WATCHES, ALPHA = 6000, 45, 0.05
TOKEN = "t"  # noqa: S105  # of a server that lives for a minute on loopback
EXPERIMENT = Experiment.parse({
    "key": "bot", "name": "Bot", "hypothesis": "If, then", "metrics": ["solved"],
    "variants": [{"key": "control"}, {"key": "treatment"}],
    "guardrails": [
        {"metric": "trace.error", "limit": 0.05, "action": "stop"},
        {"metric": "trace.quality", "max_change": 0.001, "action": "stop"},
        {"metric": "trace.cost", "max_change": 0.001, "action": "stop"},
    ],
})  # fmt: skip


def false_alarms(experiments: int) -> None:
    """The tolerated harm is next to none, and the error rate stands at its limit: the hardest case that is no harm."""
    stopped = sum(_stops(np.random.default_rng(seed)) for seed in range(experiments))
    rate = stopped / experiments
    error = math.sqrt(max(rate, 1 / experiments) * (1 - rate) / experiments)
    print(
        f"false alarms: {rate:.3f} (Monte Carlo error {error:.3f}) of {experiments} experiments, "
        f"{WATCHES} watches each; promised: at most {ALPHA}"
    )


def _stops(rng: np.random.Generator) -> bool:
    came = np.sort(rng.uniform(0, 30, UNITS))
    arm = rng.integers(0, 2, UNITS)
    taste = rng.gamma(2.0, 1.0, UNITS)  # some units call often, and theirs cost more
    calls = rng.poisson(taste * 2)
    unit = np.repeat(np.arange(UNITS), calls)
    at = came[unit] + rng.exponential(7, unit.size)
    cost = rng.lognormal(np.log(taste[unit]), 0.5)
    failed = rng.random(unit.size) < 0.05
    quality = rng.normal(0.8, 0.2, unit.size)
    names = np.array(["control", "treatment"])
    days = np.datetime64("2026-01-01", "us") + (np.array([0.0]) * 86400e6).astype("timedelta64[us]")
    exposures = to_table("exposures", pa.table({
        "event_id": np.char.add("e", np.arange(UNITS).astype(str)), "experiment": np.repeat("bot", UNITS),
        "variant": names[arm], "user_id": np.char.add("u", np.arange(UNITS).astype(str)),
        "timestamp": days + (came * 86400e6).astype("timedelta64[us]"),
    }))  # fmt: skip
    traces = to_table("traces", pa.table({
        "event_id": np.char.add("t", np.arange(unit.size).astype(str)), "model": np.repeat("m", unit.size),
        "user_id": np.char.add("u", unit.astype(str)), "cost": cost, "quality": quality,
        "error": np.where(failed, "timeout", ""), "timestamp": days + (at * 86400e6).astype("timedelta64[us]"),
    }))  # fmt: skip
    waiting = {"exposures": exposures, "outcomes": arrow_schema("outcomes").empty_table(), "traces": traces}
    with tempfile.TemporaryDirectory() as folder, Reader(Lake(folder), waiting, {}, "bot") as reader:
        for watch in range(1, WATCHES + 1):
            moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=45 * watch / WATCHES)
            if watch_experiment(EXPERIMENT, reader, at=moment).broken:
                return True
    return False


def rollouts(number: int) -> None:
    rng, most = np.random.default_rng(7), 0.1
    guardrail = Guardrail.parse({"metric": {"key": "bought"}, "max_change": most})
    for told, level in (("at the edge of what is tolerated", 1 - most), ("twice as bad", 1 - 2 * most)):
        broken = certain = 0
        for _ in range(number):
            seen = rng.binomial(2000, 0.2) / 2000
            reference = Reference(seen, math.sqrt(seen * (1 - seen) / 2000), "control at look 1")
            hits = np.cumsum(rng.binomial(100, 0.2 * level, 200))
            broken += _rolls_back(guardrail, hits, reference)
            certain += _rolls_back(guardrail, hits, reference._replace(se=0.0))
        print(
            f"rollouts {told}: {broken / number:.3f} rolled back, {certain / number:.3f} were control's level certain "
            f"({number} rollouts, 200 watches each; promised at the edge: at most {ALPHA})"
        )


def _rolls_back(guardrail: Guardrail, hits: np.ndarray[tuple[int], np.dtype[np.int64]], reference: Reference) -> bool:
    for watch, count in enumerate(hits.tolist(), 1):
        n, mean = 100 * watch, count / (100 * watch)
        arm = ArmStatistic(n, Summary(n, mean, mean * (1 - mean) * n / (n - 1)), count)
        if judge_against(guardrail, "treatment", arm, reference, ALPHA).breached:
            return True
    return False


def time_to_stop(stops: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        command = [sys.executable, "-m", "expkit", "--home", folder, "--token", TOKEN, "serve", "--port", str(port)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
        try:
            with expkit.connect(f"http://127.0.0.1:{port}", TOKEN) as wb:
                _await(wb)
                seconds = [_one_stop(wb, f"bot-{i}") for i in range(stops)]
        finally:
            server.terminate()
            server.wait()
    print(f"time to stop: median {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s of {stops}; aim: 5 s")


def _one_stop(wb: expkit.client.RemoteWorkbench, key: str) -> float:
    wb.create(EXPERIMENT.changed(key=key, guardrails=[EXPERIMENT.guardrails[0]]))
    wb.start(key)
    _log(wb, key, 0, 1000, failing=False)
    time.sleep(3)
    first, begun = 1000, time.monotonic()
    while wb.get(key).status != "stopped":
        _log(wb, key, first, first + 20, failing=True)
        first += 20
        time.sleep(0.1)
    return time.monotonic() - begun


def _log(wb: expkit.client.RemoteWorkbench, key: str, first: int, last: int, *, failing: bool) -> None:
    arms = [("control" if i % 2 else "treatment", f"{key}{i}", i) for i in range(first, last)]
    wb.log_exposures([{"experiment": key, "variant": arm, "user_id": user} for arm, user, _ in arms])
    wb.log_traces([
        {"model": "m", "user_id": user, "error": "timeout" if failing and arm == "treatment" and i % 3 == 0 else ""}
        for arm, user, i in arms
    ])  # fmt: skip


def _free_port() -> int:
    import socket

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _await(wb: expkit.client.RemoteWorkbench) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            wb.ready()
        except expkit.errors.ExpkitError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the service does not answer")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--experiments", type=int, default=400)
    parser.add_argument("--stops", type=int, default=11)
    parser.add_argument("--rollouts", type=int, default=2000)
    given = parser.parse_args()
    if given.stops:
        time_to_stop(given.stops)
    if given.experiments:
        false_alarms(given.experiments)
    if given.rollouts:
        rollouts(given.rollouts)


if __name__ == "__main__":
    main()
