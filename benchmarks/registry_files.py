"""How long a thousand files in git take: `python benchmarks/registry_files.py [files]`. The aim: a diff under 5 s.

Export, the plan of an apply that has nothing to do, and of one in which every tenth file differs; as the command does
them, its own start included. On a busy machine the seconds on the processor say more than those on the clock.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import expkit
from expkit.domain import Experiment

MAIN = [sys.executable, "-c", "from expkit.cli import main; main()"]


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as folder:
        home, repo = Path(folder, "home"), Path(folder, "repo")
        with expkit.open(home) as workbench:
            workbench.apply(map(definition, range(count)))
        step(f"export {count:,}", home, "export", "--all", "-o", str(repo))
        step(f"diff {count:,}, nothing to do", home, "apply", "-f", str(repo), "--dry-run")
        for path in sorted(repo.iterdir())[::10]:
            path.write_text(path.read_text(encoding="utf-8") + "coverage: 0.5\n", encoding="utf-8")
        step(f"diff {count:,}, every tenth differs", home, "apply", "-f", str(repo), "--dry-run")
        step("apply them", home, "apply", "-f", str(repo), "--yes")


def definition(number: int) -> Experiment:
    return Experiment.parse({
        "key": f"experiment-{number:05}", "name": f"Experiment {number}", "owner": f"owner-{number % 50}",
        "hypothesis": {"if": "we change it", "then": "it gets better", "because": "we looked"},
        "description": "What we saw in the interviews. " * 10, "department": "Shop", "tags": ["a", "b"],
        "variants": [{"key": "control"}, {"key": "treatment", "params": {"color": "blue", "size": number}}],
        "metrics": ["purchase", {"key": "revenue", "kind": "sum", "unit": "EUR"}],
        "guardrails": [{"metric": {"key": "error", "direction": "decrease"}, "max_change": 0.1}],
        "plan": {"minimum_effect": 0.05}, "sample_size": 10_000,
    })  # fmt: skip


def step(what: str, home: Path, *words: str) -> None:
    began, busy = time.perf_counter(), processor()
    command = [*MAIN, "--home", str(home), "experiments", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # this command itself
    seconds, busy = time.perf_counter() - began, processor() - busy
    print(f"{what}: {seconds:.2f} s, {busy:.2f} s on the processor; {done.stdout.splitlines()[-1].split(': ', 1)[-1]}")


def processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
