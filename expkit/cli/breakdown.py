"""`expkit analyze KEY --by device` and `--looks`: effects by segment, every kept look side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from expkit.cli.output import say, say_json
from expkit.errors import InvalidInput

__all__ = ["say_breakdown", "say_series"]


def say_breakdown(
    workbench: Any,
    key: str,
    by: Sequence[str],
    within: Sequence[str],
    bins: Sequence[str],
    metrics: Sequence[str],
    values: int,
    *,
    as_json: bool,
) -> None:
    """Takes no look, and keeps nothing."""
    found = workbench.breakdown(
        key, by, within=_within(within), metrics=metrics, bins=dict(map(_edges, bins)), values=values
    )
    if as_json:
        say_json({"items": [one.model_dump(mode="json") for one in found]})
        return
    from expkit.view.segments import segments_text

    say(segments_text(found))


def say_series(workbench: Any, key: str, metrics: Sequence[str], *, as_json: bool) -> None:
    """Of all metrics, or of those that are named."""
    found = [one for one in workbench.look_series(key) if not metrics or one.metric in metrics]
    if as_json:
        say_json({"items": [one.model_dump(mode="json") for one in found]})
        return
    from expkit.view.series import series_text

    say(series_text(found))


def _within(texts: Sequence[str]) -> Mapping[str, str | None]:
    """`country=DE`, or `country` alone for those that lack it."""
    return {name: value if equals else None for name, equals, value in (text.partition("=") for text in texts)}


def _edges(text: str) -> tuple[str, tuple[float, ...]]:
    name, _, edges = text.partition("=")
    try:
        return name, tuple(float(edge) for edge in edges.split(","))
    except ValueError:
        raise InvalidInput(f"--bin {text} has no numbers.", hint="e.g. --bin age=18,30,50") from None
