"""A factorial design, its effects and its analysis of variance, as sentences and accessible tables."""

from __future__ import annotations

import math
from html import escape

from expkit.stats import FactorialDesign, NotEstimable
from expkit.view import format as fmt
from expkit.view.factors import Measured

__all__ = ["anova_table", "design_html", "effects_table", "sentence"]

SHOWN_RUNS = 32
ROMAN = {2: "II", 3: "III", 4: "IV", 5: "V", 6: "VI", 7: "VII", 8: "VIII"}
MEANS = {
    3: "main effects cannot be told from interactions of two factors",
    4: "main effects are clear of interactions of two; those cannot be told from each other",
    5: "main effects and interactions of two are clear of each other",
}


def design_html(design: FactorialDesign) -> tuple[str, str]:
    """The design in a sentence, and its aliases and runs."""
    runs, full = len(design.runs), math.prod(map(len, design.factors.values()))
    told = f"{runs} runs: every combination of the levels, so every effect can be told from every other."
    if design.relation:
        resolution = design.resolution or 0
        what = MEANS.get(resolution, MEANS[5])
        told = f"{runs} runs instead of {full}: resolution {ROMAN.get(resolution, resolution)}, {what}."
    lead = f'<div role="status" aria-live="polite"><p class="expkit-lead">{escape(told)}</p></div>'
    return lead, f"{_aliases(design)}{_runs(design)}"


def sentence(found: Measured) -> str:
    """What the factors did, in words."""
    if isinstance(found.anova, NotEstimable):
        return f"The factors cannot be taken apart: {found.anova.reason} {found.anova.hint}"
    mains = sorted((found.anova.terms[name] for name in found.cells.factors), key=lambda term: term.p_value)
    moved = [term.name for term in mains if term.p_value < found.alpha]
    told = f"{_listed(moved)} {'changes' if len(moved) == 1 else 'change'} {found.cells.metric}" if moved else (
        f"No factor by itself is shown to change {found.cells.metric}")  # fmt: skip
    if found.interactions:
        pair = _listed([name.replace(":", " and ") for name in found.interactions])
        return f"{told}; {pair} interact, so read the lines below rather than the factors one by one."
    if len(found.cells.factors) < 2 or not any(":" in name for name in found.anova.terms):
        return f"{told}."
    return f"{told}; no interaction is shown, so each factor may be read by itself."


def effects_table(found: Measured) -> str:
    """Main effects and interactions of a two-level design, and what each cannot be told from."""
    if isinstance(found.effects, NotEstimable):
        return f'<p class="expkit-note">Effects of high against low: {escape(str(found.effects))}</p>'
    aliased = any(one.aliases for one in found.effects.values())
    rows = "".join(
        f'<tr><th scope="row" class="expkit-words">{escape(name)}</th><td>{_amount(found, one.effect)}</td>'
        f"<td>{fmt.interval(_amount(found, one.ci.lower), _amount(found, one.ci.upper))}</td>"
        f"<td>{escape(fmt.p_value(one.p_value))}</td>"
        + (f'<td class="expkit-words">{escape(", ".join(one.aliases)) or "none"}</td>' if aliased else "")
        + "</tr>"
        for name, one in found.effects.items()
    )
    first = ", ".join(f"{name}: {levels[1]} against {levels[0]}" for name, levels in found.design.factors.items())
    columns = ("Effect", "High − low", fmt.confidence(found.alpha), "p-value", *(["Same number as"] if aliased else []))
    return f'{_table("Effects", columns, rows)}<p class="expkit-note">{escape(first)}.</p>'


def anova_table(found: Measured) -> str:
    """Every term, and what is left."""
    if isinstance(found.anova, NotEstimable):
        return f'<p class="expkit-note">Analysis of variance: {escape(str(found.anova))}</p>'
    rows = "".join(
        f'<tr><th scope="row" class="expkit-words">{escape(name)}</th><td>{term.df:g}</td><td>{term.statistic:.2f}</td>'
        f"<td>{escape(fmt.p_value(term.p_value))}</td><td>{fmt.percent(term.share)}</td></tr>"
        for name, term in found.anova.terms.items()
    )
    rows += (
        f'<tr><th scope="row" class="expkit-words">left over</th><td>{found.anova.residual_df:,.0f}</td>'
        "<td></td><td></td><td></td></tr>"
    )
    label = f"Analysis of variance, {found.anova.method}, {found.anova.n:,} units"
    return _table(label, ("Term", "df", "F", "p-value", "Partial η²"), rows)


def _aliases(design: FactorialDesign) -> str:
    if not design.relation:
        return ""
    names = list(design.factors)
    terms = [*names, *(f"{a}:{b}" for at, a in enumerate(names) for b in names[at + 1 :])]
    rows = "".join(
        f'<tr><th scope="row" class="expkit-words">{escape(term)}</th><td class="expkit-words">'
        f"{escape(', '.join(design.aliases(term)))}</td></tr>"
        for term in terms
    )
    relation = escape(", ".join(design.relation))
    note = f'<p class="expkit-note">Defining relation: {relation} = 1.</p>'
    return _table("What cannot be told apart", ("Effect", "Its aliases"), rows) + note


def _runs(design: FactorialDesign) -> str:
    rows = "".join(
        f'<tr><th scope="row" class="expkit-words">{number}</th>'
        + "".join(f'<td class="expkit-words">{escape(str(run[name]))}</td>' for name in design.factors)
        + "</tr>"
        for number, run in enumerate(design.runs[:SHOWN_RUNS], 1)
    )
    rest = len(design.runs) - SHOWN_RUNS
    more = f'<p class="expkit-note">and {rest} more: <code>explorer.design.runs</code></p>' if rest > 0 else ""
    return _table("Runs", ("Run", *design.factors), rows) + more


def _amount(found: Measured, value: float) -> str:
    return escape(fmt.amount(value, "conversion" if found.cells.binary else "", found.cells.unit, signed=True))


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _table(label: str, columns: tuple[str, ...], rows: str) -> str:
    words = {"Effect", "Term", "Its aliases", "Same number as", *columns} if columns[0] == "Run" else {
        "Effect", "Term", "Its aliases", "Same number as"}  # fmt: skip
    head = "".join(
        f'<th scope="col"{" class=expkit-words" if name in words else ""}>{escape(name)}</th>' for name in columns
    )
    name = escape(label, quote=True)
    return (
        f'<div class="expkit-scroll" role="region" tabindex="0" aria-label="{name}"><table class="expkit-table">'
        f"<caption>{name}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
