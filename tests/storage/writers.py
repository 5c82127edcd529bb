"""Many processes that write at once, and say what was acknowledged: `python writers.py URL PROCESSES WRITES NAME`.

Each line is the correlation id of a unit of work that has returned, or `error` and what it said. One program forks the
processes, so that they are real ones and yet start within a second.
"""

from __future__ import annotations

import os
import sys

from expkit import registry
from expkit.domain import Experiment
from expkit.storage import Store, Work


def make(key: str) -> Experiment:
    return Experiment.parse({
        "key": key, "name": f"Experiment {key}", "hypothesis": "If, then", "metrics": ["conversion"],
        "variants": [{"key": "control"}, {"key": "treatment"}],
    })  # fmt: skip


def act(work: Work, name: str, number: int) -> None:
    """Five kinds of writes, some of them on one experiment of all; each has one entry in the audit."""
    match number % 5:
        case 0:
            registry.create(work, make(f"{name}-{number}"))
        case 1:
            registry.update(work, "shared", {"description": f"by {name}-{number}"})
        case 2:
            registry.move(work, f"{name}-{number - 2}", "start")
        case 3:
            registry.add_note(work, "shared", f"{name}-{number}")
        case _:
            work.audit("word", f"{name}-{number}")


def write(url: str, name: str, writes: int) -> None:
    store = Store.open(url)
    for number in range(writes):
        said = f"{name}-{number}"
        try:
            with store.begin(actor=name, correlation_id=said) as work:
                act(work, name, number)
        except Exception as error:
            said = f"error {said}: {error!r}"
        os.write(1, f"{said}\n".encode())
    store.close()


def main() -> None:
    url, processes, writes, name = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    os.write(1, b"ready\n")
    sys.stdin.readline()
    children = []
    for place in range(processes):
        child = os.fork()
        if child == 0:
            write(url, f"{name}-{place}", writes)
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
