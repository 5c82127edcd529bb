"""What a Dask worker does for one trial: start its process, watch over it, bring everything back.

The notebook never runs in the worker's own process. Template and parameters come with the task and the executed
notebook goes back with its outcome, so that workers need expkit but no disk in common with anyone.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from expkit.batch.marks import MARK, kill_marked, mark_of

__all__ = ["TrialDied", "abort_here", "allow_here", "run_trial"]

POLL_SECONDS = 0.05
MEMORY_POLL_SECONDS = 1.0
_aborted: set[str] = set()
# Dask runs a trial per core already; libraries that start a thread per core would fight over them.
_ONE_THREAD = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"], "1")


class TrialDied(Exception):
    """The trial's process or kernel is gone without a word. Raised, not returned: Dask then tries it again."""

    def __init__(self, evidence: dict[str, Any]) -> None:
        super().__init__(evidence)
        self.evidence = evidence

    def __str__(self) -> str:
        return f"{self.evidence['ename']}: {self.evidence['evalue']}"


def run_trial(
    job_id: str, number: int, source: str, parameters: dict[str, Any], limits: Mapping[str, Any]
) -> dict[str, Any]:
    """The outcome: result, error (or None), seconds, aborted, and the executed notebook's text (or None)."""
    mark = mark_of(job_id, number)
    if job_id in _aborted:
        return _outcome(aborted=True)
    _announce(job_id, number)
    kill_marked(mark)  # an earlier try whose worker died may not have noticed yet
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="expkit-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _lay_out(folder, source, parameters)
        process = _start(folder, mark)
        try:
            cut_short = _watch(process, job_id, limits)
        finally:
            kill_marked(mark)  # the kernel, and whatever the notebook left running
            process.wait()
        return _collect(folder, cut_short, process.returncode, time.monotonic() - started)


def abort_here(job_id: str) -> int:
    """Abort the batch on this machine: nothing of it starts any more, and what runs is killed."""
    _aborted.add(job_id)
    return kill_marked(mark_of(job_id))


def allow_here(job_id: str) -> None:
    """A batch that was aborted is being resumed."""
    _aborted.discard(job_id)


def _announce(job_id: str, number: int) -> None:
    from distributed import get_worker

    with contextlib.suppress(ValueError):  # not on a worker
        get_worker().log_event(f"expkit-{job_id}", number)


def _lay_out(folder: Path, source: str, parameters: dict[str, Any]) -> None:
    (folder / "template.ipynb").write_text(source, encoding="utf-8")
    (folder / "trial.json").write_text(json.dumps({"parameters": parameters}), encoding="utf-8")
    (folder / "work").mkdir()


def _start(folder: Path, mark: str) -> subprocess.Popen[bytes]:
    environment = {**_ONE_THREAD, **os.environ, MARK: mark, "JUPYTER_RUNTIME_DIR": str(folder), "TQDM_DISABLE": "1"}
    with (folder / "stderr.txt").open("wb") as errors:
        return subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-m", "expkit.batch.trial", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=environment,
            start_new_session=True,
        )


def _watch(process: subprocess.Popen[bytes], job_id: str, limits: Mapping[str, Any]) -> str:
    """Wait for the end; the name of the reason when it was brought about from here."""
    deadline = time.monotonic() + (limits.get("seconds") or float("inf"))
    memory = (limits.get("memory_mb") or float("inf")) * 2**20
    weighed = time.monotonic()
    while process.poll() is None:
        if job_id in _aborted:
            return "aborted"
        if time.monotonic() > deadline:
            return "TimeLimit"
        if memory < float("inf") and time.monotonic() > weighed + MEMORY_POLL_SECONDS:
            weighed = time.monotonic()
            if _memory_of(process) > memory:
                return "MemoryLimit"
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(POLL_SECONDS)
    return "aborted" if job_id in _aborted else ""


def _memory_of(process: subprocess.Popen[bytes]) -> int:
    import psutil  # type: ignore[import-untyped]

    total = 0
    with contextlib.suppress(psutil.Error):
        top = psutil.Process(process.pid)
        for one in (top, *top.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += one.memory_info().rss
    return total


def _collect(folder: Path, cut_short: str, returncode: int, seconds: float) -> dict[str, Any]:
    notebook = _read_notebook(folder / "output.ipynb")
    if cut_short == "aborted":
        return _outcome(aborted=True, seconds=seconds, notebook=notebook)
    if cut_short:
        error = {"ename": cut_short, "evalue": f"stopped after {seconds:.1f} s", "source": _running_cell(notebook)}
        return _outcome(error=error, seconds=seconds, notebook=notebook)
    try:
        outcome = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        said = (folder / "stderr.txt").read_text(encoding="utf-8", errors="replace")
        evidence = {"ename": "TrialDied", "evalue": f"its process ended with {returncode}", "traceback": said}
        raise TrialDied({**evidence, "notebook": notebook}) from None
    if outcome["error"] and "cell" not in outcome["error"]:  # no cell's fault: the kernel died, or never came
        raise TrialDied({**outcome["error"], "source": _running_cell(notebook), "notebook": notebook})
    return _outcome(**{**outcome, "seconds": seconds}, notebook=notebook)


def _read_notebook(path: Path) -> str | None:
    """The notebook as far as it was saved; None when its writer was killed in mid-sentence."""
    try:
        text = path.read_text(encoding="utf-8")
        json.loads(text)
    except (OSError, ValueError):
        return None
    return text


def _running_cell(notebook: str | None) -> str:
    """The source of the cell that papermill had marked as running when the file was last saved."""
    for cell in json.loads(notebook or "{}").get("cells", []):
        if cell.get("metadata", {}).get("papermill", {}).get("status") == "running":
            return "".join(cell["source"])
    return ""


def _outcome(
    *,
    result: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
    seconds: float = 0.0,
    notebook: str | None = None,
    aborted: bool = False,
) -> dict[str, Any]:
    return {"result": result or {}, "error": error, "seconds": seconds, "notebook": notebook, "aborted": aborted}
