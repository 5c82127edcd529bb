"""What every method decides at one look, and what the segments say there, as accessible tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from expkit.stats import NotEstimable, adjust, shrink_effects
from expkit.view import format as fmt
from expkit.view.table import badge

if TYPE_CHECKING:
    from expkit.view.hindsight import Hindsight, Seen
    from expkit.view.looks import LookPath

__all__ = ["decision_table", "segment_table", "stop_table"]

YES, NOT_YET, NO = ("better", "yes", "✓"), ("inconclusive", "not yet", "…"), ("unknown", "no", "!")
NEVER = {"naive", "bayes"}
"""Rules whose decisions at a look before the end carry no promise about errors."""
MIN_SHRUNKEN = 4


def decision_table(found: Hindsight, look: int) -> str:
    """One row per method: what it sees, what it decides, whether that is final."""
    label = escape(f"What each method decides on {found.label(look)}", quote=True)
    body = "".join(map(_method, found.rows(look)))
    return _table(label, ("Method", "Decision", "May one act on it?"), body)


def stop_table(found: Hindsight) -> str:
    """Over all looks: where each method stopped. For places where nothing can be scrubbed."""
    last = len(found.path.labels)
    rows = "".join(
        f'<tr><th scope="row" class="expkit-words">{escape(row.title)}</th>'
        f'<td class="expkit-words">{escape(row.decision)}</td></tr>'
        for row in found.rows(last)
    )
    return _table("Where each method stopped", ("Method", "Decision"), rows)


def segment_table(paths: Sequence[LookPath], look: int, attribute: str) -> str:
    """The segments of one attribute at a look; adjusted and shrunken, because the largest of many is luck."""
    there = [path for path in paths if path.part[0] == attribute and look <= len(path.labels)]
    known = [path for path in there if math.isfinite(path.z[look - 1])]
    adjusted: Any = adjust([float(path.p_value[look - 1]) for path in known], "bh") if known else []
    shrunken = _shrunken(known, look)
    by_name = {path.part[1]: (p, best) for path, p, best in zip(known, adjusted, shrunken, strict=True)}
    body = "".join(_segment(path, look, by_name.get(path.part[1])) for path in there)
    columns = ("Segment", "Units", "Effect", "p, adjusted", "Shrunken effect")
    label = escape(f"By {attribute}", quote=True)
    note = (
        "p-values are adjusted over the segments (Benjamini and Hochberg); shrunken effects are what to expect again."
    )
    return f'{_table(label, columns, body)}<p class="expkit-note">{note}</p>'


def _shrunken(paths: Sequence[LookPath], look: int) -> list[float]:
    if len(paths) < MIN_SHRUNKEN:
        return [math.nan] * len(paths)
    effects, ses = ([float(values[look - 1]) for values in column] for column in zip(
        *((path.effect, path.se) for path in paths), strict=True))  # fmt: skip
    found = shrink_effects(effects, ses)
    return [math.nan] * len(paths) if isinstance(found, NotEstimable) else [one.effect for one in found]


def _segment(path: LookPath, look: int, known: tuple[Any, float] | None) -> str:
    name = f'<tr><th scope="row" class="expkit-words">{escape(path.part[1])}</th>'
    if known is None:
        return f'{name}<td colspan="4" class="expkit-words">no estimate yet: too few units</td></tr>'
    place, (p, best) = look - 1, known
    ends = fmt.interval(*(_amount(path, float(end[place])) for end in (path.lower, path.upper)))
    told = _amount(path, best) if math.isfinite(best) else "needs four segments"
    return (
        f"{name}<td>{fmt.count(float(path.units[place]))}</td><td>{_amount(path, float(path.effect[place]))}"
        f"<small>{ends}</small></td><td>{fmt.p_value(float(p))}</td><td>{told}</td></tr>"
    )


def _amount(path: LookPath, value: float) -> str:
    return escape(fmt.amount(value, path.kind, path.unit, signed=True))


def _method(row: Seen) -> str:
    word = escape(row.decision)
    decision = badge(row.verdict, row.decision) if row.verdict in {"better", "worse"} else word
    act = YES if row.final else NO if row.method in NEVER else NOT_YET
    return (
        f'<tr data-method="{row.method}"><th scope="row" class="expkit-words">{escape(row.title)}'
        f'<small>{escape(row.sees)}</small></th><td class="expkit-words">{decision}</td>'
        f'<td class="expkit-words">{badge(*act)}<small>{escape(row.why)}</small></td></tr>'
    )


def _table(label: str, columns: Sequence[str], body: str) -> str:
    head = "".join(f'<th scope="col" class="expkit-words">{escape(name)}</th>' for name in columns)
    return (
        f'<div class="expkit-scroll" role="region" tabindex="0" aria-label="{label}"><table class="expkit-table">'
        f"<caption>{label}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
