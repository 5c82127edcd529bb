"""Why trials fail, and whether trying again can help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expkit.domain.batch import TrialError

__all__ = ["trial_error"]

_AGAIN = "it may pass: resume the batch with retry_failed=True."
_ADVICE: dict[str, tuple[bool, str]] = {
    "ModuleNotFoundError": (False, "install the package where the trials run, then resume with retry_failed=True."),
    "ImportError": (False, "install the package where the trials run, then resume with retry_failed=True."),
    "MemoryError": (False, "give each trial more memory (limits.memory_mb, fewer workers) or make it smaller."),
    "MemoryLimit": (False, "raise limits.memory_mb, use fewer workers, or make the trial smaller."),
    "TimeLimit": (False, "raise limits.seconds or make the trial smaller."),
    "MissingScore": (False, "record the scored field in the template: record(name=value), a finite number."),
    "DeadKernelError": (True, f"the kernel died, often for want of memory; with fewer workers {_AGAIN}"),
    "TrialDied": (True, f"the trial's process died, often for want of memory; with fewer workers {_AGAIN}"),
    "KilledWorker": (True, f"workers died while running it, often for want of memory; with fewer workers {_AGAIN}"),
    "ClusterUnavailable": (True, f"check that the Dask scheduler runs and answers; then {_AGAIN}"),
    "ConnectionError": (True, f"a service did not answer; when it does, {_AGAIN}"),
    "TimeoutError": (True, f"something answered too late; {_AGAIN}"),
    "URLError": (True, f"a service did not answer; when it does, {_AGAIN}"),
}
_NO_CELL = (True, f"the kernel could not do its work, the notebook is not to blame; {_AGAIN}")
_OTHERWISE = (False, "the same parameters will fail again: correct the template or the parameters.")


def trial_error(found: Mapping[str, Any]) -> TrialError:
    """The evidence with its advice. Texts are cut to what a row can hold; the notebook has them whole."""
    retry, advice = _ADVICE.get(str(found["ename"]), _NO_CELL if found.get("cell") is None else _OTHERWISE)
    return TrialError(
        ename=str(found["ename"])[:500],
        evalue=str(found.get("evalue", ""))[:5_000],
        cell=found.get("cell"),
        source=str(found.get("source", ""))[:10_000],
        traceback=str(found.get("traceback", ""))[-20_000:],
        retry=retry,
        advice=advice,
    )
