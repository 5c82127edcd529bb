"""Notebooks of a few words, and patience for what other processes do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from expkit.batch.marks import mark_of, marked

MakeTemplate = Callable[..., str]
"""Puts a template with these cells beside the shipped ones and gives its key."""


def notebook(*cells: str, parameters: str = "x: int = 0") -> str:
    def code(source: str, tags: list[str]) -> dict[str, Any]:
        cell = {"cell_type": "code", "execution_count": None, "outputs": [], "source": source}
        return {**cell, "id": f"c{abs(hash(source))}", "metadata": {"tags": tags}}

    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    body = [code(parameters, ["parameters"]), *(code(source, []) for source in cells)]
    return json.dumps({"cells": body, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})


def eventually(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Wait for something that another thread or process brings about."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.05)
    return found


def processes_of(job_id: str) -> list[Any]:
    return list(marked(mark_of(job_id)))


def kernel_of(job_id: str) -> Any:
    return next((one for one in processes_of(job_id) if "ipykernel_launcher" in " ".join(one.cmdline())), None)
