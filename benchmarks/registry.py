"""How fast a full registry answers, on SQLite and on a real PostgreSQL: `python benchmarks/registry.py [experiments]`.

The aims: a filtered page and a search among 10,000 experiments under 50 ms, the plan of 1,000 files under 5 s, the
verification of 100,000 audit entries under 5 s. Each line gives the best and the median of several calls (three where
they take seconds), and the processor's time per call, the database server's included: on a machine that does other
things as well, that is what the work takes.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from databases import running_postgres

from expkit.domain import Experiment
from expkit.settings import Settings
from expkit.storage import Store
from expkit.workbench import Workbench

TYPES = ("feature", "model", "prompt", "infrastructure", "cost", "recommender", "canary", "multivariate")
WORDS = ("checkout", "search", "banner", "price", "shipping", "ranking", "email", "basket", "reviews", "onboarding")
ENTRIES = 100_000
FILES = 1000


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{folder}/expkit.db", Path(folder), count)
        with running_postgres() as url:
            measure("PostgreSQL", url, Path(folder), count)


def measure(name: str, url: str, home: Path, count: int) -> None:
    settings = Settings(home=home, database_url=url, actor="bench")
    with Workbench.open(settings) as wb:
        seconds = fill(wb, count)
        print(f"== {name}: {count:,} experiments made in {seconds:.1f} s")
        print(f"{'':42} {'best':>8} {'median':>8} {'processor':>10}")
        told = Meter(url)
        middle = count // 2
        calls: dict[str, Callable[[], object]] = {
            "a page of 50": lambda: wb.list(limit=50),
            "a page of 50, by department and type": lambda: wb.list(limit=50, department="D3", type="model"),
            "a page of 50, all six filters": lambda: wb.list(
                limit=50, department="D3", type="model", status="active", days="30d", outcome="In Progress"
            ),
            "the page in the middle": lambda: wb.list(limit=50, offset=middle),
            "how many match a filter": lambda: wb.count(department="D3"),
            "a search for two words": lambda: wb.list(limit=50, text="Banner ranking"),
            "a search for one experiment": lambda: wb.list(limit=50, text=f"number {middle}"),
            "a search that finds nothing": lambda: wb.list(limit=50, text="nothing like it"),
            "how many a search finds": lambda: wb.count(text="banner"),
            "by tag": lambda: wb.list(limit=50, tag="t7"),
            "by RICE score": lambda: wb.list(limit=50, order="rice"),
            "by name": lambda: wb.list(limit=50, order="name"),
            "by last change": lambda: wb.list(limit=50, order="changed"),
        }
        for what, call in calls.items():
            print(f"{what:42} {told(call, 25, 1000)} ms", flush=True)
        texts = [wb.get(f"e{number}").changed(coverage=0.4).to_yaml() for number in range(FILES)]
        plan = told(lambda: wb.plan([Experiment.from_yaml(text) for text in texts]), 3)
        print(f"{f'the plan of {FILES:,} files':42} {plan} s", flush=True)
        talk(wb._store, ENTRIES - wb.audit(limit=1)[0]["id"])
        assert wb.verify_audit().ok
        print(f"{f'verify {ENTRIES:,} audit entries':42} {told(wb.verify_audit, 3)} s", flush=True)


def fill(wb: Workbench, count: int) -> float:
    began = time.perf_counter()
    for start in range(0, count, 500):
        wb.apply(make(number) for number in range(start, min(start + 500, count)))
    for number in range(0, count, 200):
        wb.start(f"e{number}")
    return time.perf_counter() - began


def make(number: int) -> Experiment:
    words = [WORDS[(number * step) % len(WORDS)] for step in (1, 3, 7)]
    return Experiment.parse({
        "key": f"e{number}", "name": f"Experiment number {number}: {' '.join(words)}", "owner": f"o{number % 40}",
        "hypothesis": {"if": f"we change the {words[0]}", "then": "more people buy", "because": "it was in their way"},
        "description": " ".join(f"word{number * step % 9973:04}" for step in range(1, 60)),
        "department": f"D{number % 12}", "project": f"p{number % 7}", "type": TYPES[number % 8],
        "tags": [f"t{number % 20}", f"t{number % 33}"], "coverage": 0.5, "sample_size": 20_000,
        "variants": [{"key": "control", "params": {"color": "blue"}}, {"key": "t", "params": {"color": "green"}}],
        "metrics": ["conversion", {"key": "revenue", "kind": "sum", "unit": "EUR"}],
        "guardrails": [{"metric": {"key": "error", "direction": "decrease"}, "max_change": 0.05}],
        "plan": {"minimum_effect": 0.02},
        "rice": {"impact": 1 + number % 3, "confidence": 0.8, "effort": 1 + number % 9},
    })  # fmt: skip


def talk(store: Store, entries: int) -> None:
    for part in parts(entries, 1000):
        with store.begin(actor="bench") as work:
            for number in range(part):
                after = {"version": number, "changes": {"coverage": [0.1, 0.5], "name": ["Before", "After"]}}
                work.audit("experiment.update", f"e{number}", before={"version": number - 1}, after=after, reason="why")


def parts(whole: int, size: int) -> Iterator[int]:
    for start in range(0, whole, size):
        yield min(size, whole - start)


class Meter:
    """Times calls by the clock and by the processor, the server's processes included."""

    def __init__(self, url: str) -> None:
        folder = url.partition("host=")[2]
        self.server = (Path(folder) / "data" / "postmaster.pid").read_text().split()[0] if folder else None

    def __call__(self, call: Callable[[], Any], times: int, unit: float = 1.0) -> str:
        found, busy = [], self.busy()
        for _ in range(times):
            began = time.perf_counter()
            call()
            found.append(unit * (time.perf_counter() - began))
        each = unit * (self.busy() - busy) / times
        return f"{min(found):8.2f} {median(found):8.2f} {each:10.2f}"

    def busy(self) -> float:
        if self.server is None:
            return time.process_time()
        children = Path(f"/proc/{self.server}/task/{self.server}/children").read_text().split()
        return time.process_time() + sum(map(processor_seconds, children))


def processor_seconds(process: str) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
