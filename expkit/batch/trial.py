"""One trial in a process of its own: `python -m expkit.batch.trial FOLDER`.

Reads `trial.json` and `template.ipynb` in the folder; papermill runs the notebook in a fresh kernel whose working
directory is `work/` there; writes `output.ipynb` (cell by cell, so that a trial cut short leaves what it did) and
`outcome.json`. The folder and every process started from here carry the trial's mark, by which they are found.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from pathlib import Path
from threading import Thread
from typing import Any

from expkit.batch.marks import MARK, kill_marked
from expkit.batch.scraps import read_record

NICE = 10
START_SECONDS = 180  # at this priority a kernel on a busy machine is slow to come
# A Unix socket's path may have 107 bytes, and the kernel manager adds a name of about 50 to its folder.
LONGEST_IPC_FOLDER = 50
# Imported by papermill's and nbformat's optional parts (HDFS, internationalised addresses) and never used by a trial;
# together they take longer than the kernel does.
UNUSED = ("pyarrow", "rfc3987_syntax")


def main(folder: Path) -> None:
    Thread(target=_die_with, args=(os.getppid(),), daemon=True).start()
    os.nice(NICE)
    trial = json.loads((folder / "trial.json").read_text(encoding="utf-8"))
    outcome = execute(folder, trial["parameters"])
    (folder / "outcome.json").write_text(json.dumps(outcome), encoding="utf-8")


def execute(folder: Path, parameters: dict[str, Any]) -> dict[str, Any]:
    """Run the notebook; a failing cell is an outcome too, with its evidence."""
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None makes the import fail, which they expect
    from papermill.exceptions import PapermillExecutionError

    started, error = time.perf_counter(), None
    try:
        _papermill(folder, parameters)
    except PapermillExecutionError as failure:
        error = _evidence(failure)
    except Exception as failure:  # noqa: BLE001, RUF100  # whatever ended it is this trial's evidence
        error = {"ename": type(failure).__name__, "evalue": str(failure)}
    output = folder / "output.ipynb"
    recorded = read_record(json.loads(output.read_text(encoding="utf-8"))) if output.exists() else {}
    return {"result": recorded, "error": error, "seconds": time.perf_counter() - started}


def _papermill(folder: Path, parameters: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about papermill's own house; the notebook's warnings stay in the notebook
        from jupyter_client.manager import AsyncKernelManager
        from papermill.execute import execute_notebook
        from traitlets import default

        class TrialKernelManager(AsyncKernelManager):
            """Sockets in the trial's own folder: no port to race for, nobody else can connect."""

            @default("transport")
            def _default_transport(self) -> str:
                return "ipc" if len(str(folder)) <= LONGEST_IPC_FOLDER else "tcp"

            @default("ip")
            def _default_ip(self) -> str:
                return str(folder / "kernel") if self.transport == "ipc" else "127.0.0.1"

        execute_notebook(
            str(folder / "template.ipynb"),
            str(folder / "output.ipynb"),
            parameters=parameters,
            cwd=str(folder / "work"),
            progress_bar=False,
            start_timeout=START_SECONDS,
            kernel_manager_class=TrialKernelManager,
            shutdown_kernel="immediate",
        )


def _evidence(failure: Any) -> dict[str, Any]:
    from papermill.exceptions import strip_color

    return {
        "ename": failure.ename,
        "evalue": failure.evalue,
        "cell": failure.cell_index,
        "source": failure.source,
        "traceback": strip_color("\n".join(failure.traceback)),
    }


def _die_with(parent: int) -> None:
    """A worker that is killed cannot stop its trial; the trial notices and ends itself and its kernel."""
    while os.getppid() == parent:
        time.sleep(0.2)
    kill_marked(os.environ[MARK], spare=os.getpid())
    os._exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
