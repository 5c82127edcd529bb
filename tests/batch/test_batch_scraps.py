from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from expkit.batch import record
from expkit.batch.scraps import MIME, read_record
from expkit.errors import InvalidInput


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    return shown


def test_records_are_plain_json(shown: list[dict[str, Any]]) -> None:
    """NumPy's types are taken apart, and a number that is none is null."""
    record(a=np.float64(1.5), b=np.array([1, 2]), c={"x": (True, None)}, d=float("nan"), e=np.bool_(True), f="text")
    assert shown[0][MIME] == {"a": 1.5, "b": [1, 2], "c": {"x": [True, None]}, "d": None, "e": True, "f": "text"}
    assert "a: 1.5" in shown[0]["text/plain"]


def test_what_json_cannot_hold_is_refused(shown: list[dict[str, Any]]) -> None:
    """The name and the type are told; nothing half recorded is left."""
    with pytest.raises(InvalidInput, match="model is a object"):
        record(ok=1, model=object())
    assert shown == []


def test_later_records_win() -> None:
    """All cells count, the last word of each name stays."""
    outputs = [{"data": {MIME: {"a": 1, "b": 1}}}, {"data": {"text/plain": "x"}}, {"output_type": "stream"}]
    cells = [{"outputs": outputs}, {"cell_type": "markdown"}, {"outputs": [{"data": {MIME: {"a": 2}}}]}]
    assert read_record({"cells": cells}) == {"a": 2, "b": 1}
