"""A/A replay: the units of a log are dealt out anew under fresh seeds, as assignment would; nothing differs but luck.

The share of deals that still find a difference is the error rate that an experiment on such units will have, for its
metrics and its method, before it is launched. Kohavi, Tang & Xu (2020), Trustworthy Online Controlled Experiments,
ch. 19. Only the sums of each arm are taken, deal by deal (`expkit.design.dealing`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from pydantic import Field

from expkit.design.dealing import deal
from expkit.domain.noun import Noun, Text
from expkit.errors import InvalidInput
from expkit.stats import ALPHA, SRM_ALPHA, Alternative, Interval, NotEstimable, proportion_interval, stops_by_method
from expkit.stats.peeking import PeekingMethod
from expkit.stats.terms import alternative_of, probability, word

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["AAReplay", "AARow", "replay_aa"]

REHASHES = 1000
LEAST = 100
MOST = 100_000
MIN_UNITS = 100
SURE = 0.001


class AARow(Noun):
    """How often one metric, judged by one method, found a difference where there is none."""

    metric: Text
    variant: Text
    method: Text
    alpha: float
    """The rate that was promised."""
    found: int
    rate: float
    ci: Interval
    """Of the rate, at 95 %: what so many deals can tell (Wilson)."""
    ok: bool
    """False where so many are out of reach of luck (p < 0.001) at the rate that was promised."""


class AAReplay(Noun):
    """The realised error rates. `srm` rows are those of the sample ratio check, which tests the hash itself."""

    experiment: Text = ""
    log: Text = ""
    units: int
    rehashes: int
    looks: int
    rows: tuple[AARow, ...] = Field(default=())

    @property
    def ok(self) -> bool:
        return all(row.ok for row in self.rows)


def replay_aa(
    units: Sequence[str],
    metrics: Mapping[str, Any],
    shares: Mapping[str, float],
    *,
    control: str | None = None,
    looks: int = 1,
    methods: Sequence[PeekingMethod] | None = None,
    rehashes: int = REHASHES,
    alpha: float = ALPHA,
    alternatives: Mapping[str, Alternative] | None = None,
    seed: str = "aa",
    experiment: str = "",
    log: str = "",
) -> AAReplay:
    """Deal `units` out by `shares` so many times. A metric is one number per unit, or two columns for a ratio.

    With several `looks` the units come in as many equal parts, in the order given, and every method of `methods` (all
    that `compare_methods` knows) is asked at each. `control` is the first of the shares by default.
    """
    import numpy as np

    level = probability("alpha", alpha)
    if not LEAST <= rehashes <= MOST:
        raise InvalidInput(f"{rehashes} deals.", hint=f"give from {LEAST} to {MOST:,}; 1,000 tell 5% from 7%.")
    if len(units) < MIN_UNITS * max(looks, 1) or looks < 1:
        raise InvalidInput(f"{len(units)} units for {looks} looks.", hint=f"give {MIN_UNITS} or more for each look.")
    arms = _arms(shares, control)
    chosen: Sequence[PeekingMethod] = _methods(methods, looks)
    columns = {name: _column(name, values, len(units)) for name, values in metrics.items()}
    seeds = [f"{experiment or 'experiment'}:{seed}:{i}" for i in range(rehashes)]
    deals = deal(list(units), columns, list(arms.values()), seeds, looks)
    times = [(i + 1) / looks for i in range(looks)]
    rows = []
    for at, arm in enumerate(list(arms)[1:], start=1):
        for name in columns:
            side = alternative_of((alternatives or {}).get(name, "two-sided"))
            z = deals.z(name, at)
            for method, stops in stops_by_method(z, times, methods=chosen, alpha=level, alternative=side).items():
                rows.append(_row(name, arm, method, level, int(np.count_nonzero(stops)), rehashes))
    mismatches = int(np.count_nonzero(deals.srm() < SRM_ALPHA))
    rows.append(_row("srm", "", "chi-square", SRM_ALPHA, mismatches, rehashes))
    return AAReplay(experiment=experiment, log=log, units=len(units), rehashes=rehashes, looks=looks, rows=tuple(rows))


def _row(metric: str, variant: str, method: str, alpha: float, found: int, rehashes: int) -> AARow:
    from scipy.special import bdtrc

    ci = proportion_interval(found, rehashes)
    if isinstance(ci, NotEstimable):  # there are deals
        raise InvalidInput(ci.reason, hint=ci.hint)
    return AARow(
        metric=metric, variant=variant, method=method, alpha=alpha, found=found, rate=found / rehashes, ci=ci,
        ok=found == 0 or float(bdtrc(found - 1, rehashes, alpha)) >= SURE,
    )  # fmt: skip


def _methods(methods: Sequence[PeekingMethod] | None, looks: int) -> Sequence[PeekingMethod]:
    known = get_args(PeekingMethod)
    if methods is None:
        return ["fixed"] if looks == 1 else list(known)
    return [word("method", method, known) for method in methods]


def _arms(shares: Mapping[str, float], control: str | None) -> dict[str, float]:
    """Normalised, control first; an arm without a share gets nobody."""
    given = {name: float(share) for name, share in shares.items() if share > 0}
    first = control if control is not None else next(iter(given), "")
    if len(given) < 2 or first not in given:
        hint = "give two arms or more, control among them."
        raise InvalidInput(f"Shares {dict(shares)} with control {first!r}.", hint=hint)
    total = sum(given.values())
    return {name: given[name] / total for name in sorted(given, key=lambda name: name != first)}


def _column(name: str, values: Any, units: int) -> Floats:
    import numpy as np

    found: Floats = np.asarray(values, dtype=float)
    if found.shape not in {(units,), (units, 2)}:
        hint = f"one number, or two for a ratio, for each of {units} units."
        raise InvalidInput(f"{name} has the shape {found.shape}.", hint=hint)
    if np.isinf(found).any():
        raise InvalidInput(f"{name}: infinite values have no mean.", hint="drop or cap them first.")
    return found
