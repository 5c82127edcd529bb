"""How fast a variant is found, beside the peers: `python benchmarks/assign.py`.

1. One evaluation with eligibility, among 1, 100 and 1,000 experiments: the assigner, GrowthBook's Python SDK with one
   instance that is kept (its best case: attributes are set and the feature is evaluated), and a bare loop that hashes
   and looks the variant up, as one would write it by hand without conditions, params or reasons.
2. All of 1,000 experiments for one user, and the compilation of 1,000.
3. A million ids in an Arrow column: the frame with its variants, the hash alone, and FNV-1a in bare NumPy on a matrix
   of equally long ids, which is the least that could be done.
All in turn in one process, A B A B; the ratios are those of the shortest of many short rounds, which other work on the
machine disturbs least.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from fnv_hash_fast import fnv1a_32
from growthbook import GrowthBook

from expkit.assign import Assigner, buckets
from expkit.domain import Experiment

ROUNDS = 25
ASKED = 5000
IDS = 1_000_000
COUNTRIES = {"country": {"$in": ["DE", "FR", "AT"]}}
ARMS = [
    {"key": "control", "params": {"model": "v2", "weight": 0.1}},
    {"key": "treatment", "params": {"model": "v3", "weight": 0.2}},
]
random.seed(1)
UNITS = [f"user-{random.getrandbits(48):014x}" for _ in range(ASKED)]  # no secret


def experiment(key: str) -> Experiment:
    return Experiment.parse({
        "key": key, "name": key, "hypothesis": "If, then.", "metrics": ["conversion"], "status": "active",
        "variants": ARMS, "eligibility": COUNTRIES,
    })  # fmt: skip


def feature(key: str) -> dict[str, Any]:
    rule = {
        "key": key, "variations": [arm["params"] for arm in ARMS], "weights": [0.5, 0.5], "coverage": 1, "seed": key,
        "hashAttribute": "user_id", "hashVersion": 2, "meta": [{"key": arm["key"]} for arm in ARMS],
        "condition": COUNTRIES,
    }  # fmt: skip
    return {"defaultValue": ARMS[0]["params"], "rules": [rule]}


def in_turn(*contenders: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """The seconds of each, in its quickest round."""
    times: list[list[float]] = [[] for _ in contenders]
    for contender in contenders:
        contender()
    for _ in range(rounds):
        for run, own in zip(contenders, times, strict=True):
            began = time.perf_counter()
            run()
            own.append(time.perf_counter() - began)
    return [min(own) for own in times]


def one_evaluation(count: int) -> None:
    keys = [f"experiment-{number}" for number in range(count)]
    assigner = Assigner.compile(map(experiment, keys))
    peer = GrowthBook(features={key: feature(key) for key in keys})
    asked = [(random.choice(keys), unit) for unit in UNITS]  # noqa: S311  # no secret
    given = {"country": "DE"}
    table = {key: (key, ((0.5, "control"), (1.0, "treatment"))) for key in keys}

    def ours() -> None:
        for key, unit in asked:
            assigner.assign(user_id=unit, attributes=given, experiment=key)

    def variant() -> None:
        for key, unit in asked:
            assigner.variant(key, unit, attributes=given)

    def theirs() -> None:
        for key, unit in asked:
            peer.set_attributes({"user_id": unit, "country": "DE"})
            peer.eval_feature(key)

    def bare() -> None:
        for key, unit in asked:
            lookup(table, key, unit)

    fast, key_only, slow, least = (seconds / ASKED * 1e6 for seconds in in_turn(ours, variant, theirs, bare))
    assert [assigner.variant(key, unit, attributes=given) for key, unit in asked] == bare_answers(table, asked)
    print(f"one evaluation among {count:,}: GrowthBook {slow:.2f} us, a bare hash and look-up {least:.2f} us")
    for name, own in (("assign, the whole answer", fast), ("variant, its key alone", key_only)):
        told = f"{slow / own:4.1f} times faster (the aim: 8), {own / least:.2f} x the bare one (the aim: 2.5)"
        print(f"  {name:<25}{own:.2f} us: {told}")


def bare_answers(table: dict[str, Any], asked: list[tuple[str, str]]) -> list[str | None]:
    return [lookup(table, key, unit) for key, unit in asked]


def lookup(table: dict[str, Any], key: str, unit: str) -> str | None:
    """The least that answers: no condition, no params, no reason, no check of the id."""
    seed, arms = table[key]
    place = fnv1a_32(b"%d" % fnv1a_32((seed + unit).encode())) % 10_000 / 10_000
    for end, name in arms:
        if place < end:
            found: str = name
            return found
    return None


def many_at_once() -> None:
    keys = [f"experiment-{number}" for number in range(1000)]
    nouns = [experiment(key) for key in keys]
    assigner = Assigner.compile(nouns)
    peer = GrowthBook(features={key: feature(key) for key in keys})
    peer.set_attributes({"user_id": UNITS[0], "country": "DE"})

    def ours() -> object:
        return assigner.assign_all(user_id=UNITS[0], attributes={"country": "DE"})

    def theirs() -> object:
        return {key: peer.eval_feature(key) for key in keys}

    fast, slow = (seconds * 1e3 for seconds in in_turn(ours, theirs))
    (made,) = (seconds * 1e3 for seconds in in_turn(lambda: Assigner.compile(nouns)))
    print(f"all of 1,000 for one user: expkit {fast:.2f} ms, GrowthBook {slow:.2f} ms")
    print(f"  {slow / fast:.1f} times faster (the aim: 12); 1,000 compiled in {made:.0f} ms (the aim: below 100)")


def bare_numpy(ids: np.ndarray[Any, Any], seed: str) -> np.ndarray[Any, Any]:
    """Both rounds of FNV-1a, the second over ten digits, on a matrix of bytes."""
    prime, state = np.uint32(0x01000193), fnv1a_32(seed.encode())
    found = np.empty(len(ids), np.uint32)
    for first in range(0, len(ids), 16_384):
        block = ids[first : first + 16_384]
        states = np.full(len(block), state, np.uint32)
        for column in block.T:
            states = (states ^ column) * prime
        digits, rest = np.full(len(block), 0x811C9DC5, np.uint32), states
        for power in (10**9, 10**8, 10**7, 10**6, 10**5, 10**4, 1000, 100, 10, 1):
            digit, rest = np.divmod(rest, np.uint32(power))
            following = (digits ^ (digit + np.uint32(48))) * prime
            digits = np.where((states >= power) | (power == 1), following, digits)
        found[first : first + 16_384] = digits % np.uint32(10_000)
    return found


def a_column() -> None:
    alike = [f"user-{number * 2654435761 % 10**14:014d}" for number in range(IDS)]
    mixed = [f"user-{number}" for number in range(IDS)]
    plain = Assigner.compile([experiment("checkout").changed(eligibility={})])
    matrix = np.frombuffer("".join(alike).encode(), np.uint8).reshape(IDS, -1)
    assert (buckets("checkout", pa.array(alike)) * 10_000).round().astype(int).tolist() == bare_numpy(
        matrix, "checkout"
    ).tolist()
    same, different = pa.table({"user_id": alike}), pa.table({"user_id": mixed})
    names = ("the frame with its variants", "the same, ids of several lengths", "the hash of the column", "bare NumPy")
    found = in_turn(
        lambda: plain.assign_frame(same, "checkout"),
        lambda: plain.assign_frame(different, "checkout"),
        lambda: buckets("checkout", same["user_id"]),
        lambda: bare_numpy(matrix, "checkout"),
        rounds=8,
    )
    print(f"{IDS:,} ids in an Arrow column (the aim: 10 million a second, or half of bare NumPy)")
    for name, seconds in zip(names, found, strict=True):
        print(f"  {name:<33} {IDS / seconds / 1e6:5.1f} million ids/s, {found[-1] / seconds:.2f} x bare NumPy")


def spread() -> None:
    """200 near-identical keys over a million ids: are they uniform, and independent of each other?"""
    from scipy.stats import chi2, norm

    units = pa.array([f"user-{number}" for number in range(IDS)])
    halves, statistics_ = [], []
    for key in range(200):
        where = buckets(f"checkout-{key}", units)
        counts = np.bincount((where * 10).astype(int), minlength=10)
        statistics_.append(((counts - IDS / 10) ** 2 / (IDS / 10)).sum())
        halves.append(where < 0.5)
    worst = chi2.sf(max(statistics_), 9) * 200
    signs = np.stack(halves).astype(np.float32) * 2 - 1
    pairs = np.abs(signs @ signs.T)[np.triu_indices(200, 1)] / IDS**0.5
    suspicious = int((2 * norm.sf(pairs) < 0.05 / len(pairs)).sum())
    often = (pairs > norm.isf(0.025)).mean()
    print(f"200 near-identical keys, {IDS:,} ids: the least uniform has p = {min(1, worst):.2f} after correction")
    print(f"  correlated pairs after correction: {suspicious} of {len(pairs):,}; at 5 % without it: {often:.1%}")


if __name__ == "__main__":
    for experiments in (1, 100, 1000):
        one_evaluation(experiments)
    many_at_once()
    a_column()
    spread()
