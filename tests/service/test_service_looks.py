"""A look over HTTP: analysed, kept, shown."""

from __future__ import annotations

import httpx
import pytest

from expkit.workbench import Workbench


@pytest.fixture(scope="module")
def seen(service: httpx.Client, workbench: Workbench, active: str) -> str:
    """The active experiment, with 400 units of whom some convert."""
    units = [f"u{number}" for number in range(400)]
    shown = {unit: workbench.assign(user_id=unit, experiment=active).variant for unit in units}
    workbench.log_exposures([{"experiment": active, "variant": shown[unit], "user_id": unit} for unit in units])
    workbench.log_outcomes([{"event": "conversion", "user_id": unit} for unit in units[::3]])
    assert service.post(f"/experiments/{active}/analyze").status_code == 200
    return active


def test_the_newest_scorecard_is_what_was_analysed(service: httpx.Client, workbench: Workbench, seen: str) -> None:
    """Number for number what the workbench keeps."""
    answer = service.get(f"/experiments/{seen}/results")
    assert answer.json() == workbench.scorecard(seen).model_dump(mode="json")
    assert sum(arm["n"] for arm in answer.json()["arms"]) == 400


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_figure_embeds(service: httpx.Client, seen: str, theme: str) -> None:
    """As BokehJS takes it."""
    assert {"doc", "root_id"} <= set(service.get(f"/experiments/{seen}/figure?theme={theme}").json())


def test_an_unknown_theme_is_the_callers_mistake(service: httpx.Client, seen: str) -> None:
    """With the known ones."""
    answer = service.get(f"/experiments/{seen}/figure?theme=lihgt")
    assert answer.status_code == 422
    assert answer.json()["hint"] == "did you mean 'light'?"


def test_the_report_is_a_sandboxed_page(service: httpx.Client, seen: str) -> None:
    """Its scripts cannot reach the origin that served it."""
    answer = service.get(f"/experiments/{seen}/report")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert "allow-same-origin" not in answer.headers["Content-Security-Policy"]
    assert service.get(f"/experiments/{seen}/report?format=docx").status_code == 422
