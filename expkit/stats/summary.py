"""Sufficient statistics of one arm, which add.

Everything above is closed form over these, so a SQL engine, partial results and a stream of looks
share one engine. Sums of squares are taken about a value close to the data and merged pairwise
(Chan, Golub & LeVeque 1983, The American Statistician 37, 242-247), so means near 1e9 keep their
variance.
"""

# Annotations stay real objects here: pydantic reads them when a summary is a field of a model.

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from expkit.errors import InvalidInput
from expkit.stats.columns import column
from expkit.stats.terms import Values, count, finite, word

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["Covariates", "NoHistory", "Summary", "two_sum"]

Row = tuple[float, ...]

NoHistory = Literal["drop", "indicator"]

# A variance that is smaller than this share of the squared size of the data is rounding noise.
_ROUNDING = (4 * 2.0**-52) ** 2

# Squares and quotients of numbers beyond these would leave the range of a float.
_LARGEST, _SMALLEST = 1e100, 1e-100


@dataclass(frozen=True, slots=True)
class Covariates:
    """Further numbers of the same units: their means, (co)variances, and covariances with the value."""

    mean: Row
    var: tuple[Row, ...]
    cov: Row
    low: Row = field(default=(), compare=False, repr=False)
    """What rounding took from each mean; none where nothing is known of it."""

    def minus(self, other: "Covariates") -> list[float]:
        """These means less the other's, to the last digit."""
        gaps = [x - y for x, y in zip(self.mean, other.mean, strict=True)]
        lows = self.low or (0.0,) * len(gaps), other.low or (0.0,) * len(gaps)
        return [gap + (x - y) for gap, x, y in zip(gaps, *lows, strict=True)]


@dataclass(frozen=True, slots=True)
class Summary:
    """Number of units, their mean and sample variance (over n - 1); covariates where there are any.

    `Summary.of(a) + Summary.of(b)` is the summary of all values of a and b. `Summary(0, 0, 0)` is
    the empty one.
    """

    n: int
    mean: float
    var: float
    covariates: Covariates | None = None
    low: float = field(default=0.0, compare=False, repr=False)
    """What rounding took from the mean: means near 1e9 keep the digits of their difference."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", count("n", self.n))
        object.__setattr__(self, "mean", finite("mean", self.mean))
        object.__setattr__(self, "var", finite("var", self.var))
        if max(abs(self.mean), math.sqrt(abs(self.var))) > _LARGEST:
            raise InvalidInput("The values are beyond 1e100.", hint="measure them in a larger unit.")
        if self.var < 0:
            raise InvalidInput(f"var is {self.var:g}.", hint="a variance is at least 0.")

    @classmethod
    def of(cls, values: "Values", covariates: "Values | None" = None, *, no_history: NoHistory = "drop") -> Self:
        """Summarise one value per unit, with none, one or (as columns) several covariates.

        None and NaN are missing: such a unit is not counted. One that lacks a covariate is dropped, or, with
        `no_history="indicator"`, kept: a further covariate then says that it lacks it, so that new users
        count and have a mean of their own.
        """
        import numpy as np

        columns = [column("values", values)]
        word("no_history", no_history, get_args(NoHistory))
        if covariates is not None:
            found = _covariate_columns(covariates, columns[0].size)
            columns += found if no_history == "drop" else _with_indicators(found)
        table = np.column_stack(columns)
        table = table[~np.isnan(table).any(axis=1)]
        return cls._of_table(table)

    @classmethod
    def from_sums(cls, n: int, total: float, total_squares: float, shift: float = 0.0) -> Self:
        """From the sum of (value - shift) and of its square, as one SQL query gives them.

        A shift close to the mean keeps the digits that subtracting two large sums would lose.
        """
        n = count("n", n)
        if n == 0:
            return cls(0, 0.0, 0.0)
        total, squares = finite("total", total), finite("total_squares", total_squares)
        about_mean = squares - total * total / n
        if about_mean < -1e-9 * abs(squares) or squares < 0:
            raise InvalidInput("The sum of squares is too small for that sum.", hint="check both sums.")
        if n == 1 or about_mean < 8 * 2.0**-52 * squares:
            about_mean = 0.0
        mean, low = two_sum(finite("shift", shift), total / n)
        return cls(n, mean, about_mean / max(n - 1, 1), None, low)

    @property
    def constant(self) -> bool:
        """Whether the values do not vary beyond rounding."""
        return self.var <= max(_ROUNDING * self.mean**2, _SMALLEST**2)

    def minus(self, other: "Summary") -> float:
        """This mean less the other's, to the last digit."""
        return (self.mean - other.mean) + (self.low - other.low)

    def __add__(self, other: "Summary") -> "Summary":
        if not isinstance(other, Summary):
            return NotImplemented
        if not self.n or not other.n:
            return self if self.n else other
        if _width(self) != _width(other):
            raise InvalidInput(
                f"Summaries with {_width(self)} and {_width(other)} covariates do not add.",
                hint="give every part the same covariates.",
            )
        return _merge(self, other)

    def __radd__(self, other: int) -> "Summary":
        # sum(parts) starts from 0
        return self if other == 0 else NotImplemented

    @classmethod
    def _of_table(cls, table: "Floats") -> Self:
        import numpy as np

        n, width = table.shape
        if n == 0:
            return cls(0, 0.0, 0.0)
        with np.errstate(over="ignore", invalid="ignore"):
            off = (table - table[0]).mean(axis=0)
            mean = table[0] + off
            residuals = table - mean
            gram = residuals.T @ residuals - n * np.outer(residuals.mean(axis=0), residuals.mean(axis=0))
            gram /= max(n - 1, 1)
        var = max(float(gram[0, 0]), 0.0) if np.isfinite(gram[0, 0]) else math.inf
        lows = [two_sum(float(first), float(rest))[1] for first, rest in zip(table[0], off, strict=True)]
        low, *others = (low if math.isfinite(low) else 0.0 for low in lows)
        rest = _covariates(mean[1:].tolist(), gram[1:, 1:].tolist(), gram[0, 1:].tolist(), others)
        return cls(n, float(mean[0]), var, rest if width > 1 else None, low)


def _merge(a: Summary, b: Summary) -> Summary:
    n = a.n + b.n
    weight = a.n * b.n / n / (n - 1)

    def moment(x: float, y: float, step: float) -> float:
        return ((a.n - 1) * x + (b.n - 1) * y) / (n - 1) + weight * step

    dv = b.minus(a)
    whole, low = two_sum(a.mean, a.low + dv * (b.n / n))
    if a.covariates is None or b.covariates is None:
        return Summary(n, whole, moment(a.var, b.var, dv * dv), None, low)
    ca, cb = a.covariates, b.covariates
    steps = cb.minus(ca)
    lows = ca.low or (0.0,) * len(steps)
    means = [two_sum(x, low + step * (b.n / n)) for x, low, step in zip(ca.mean, lows, steps, strict=True)]
    merged = _covariates(
        [one for one, _ in means],
        [
            [moment(x, y, di * dj) for x, y, dj in zip(row_a, row_b, steps, strict=True)]
            for row_a, row_b, di in zip(ca.var, cb.var, steps, strict=True)
        ],
        [moment(x, y, dv * d) for x, y, d in zip(ca.cov, cb.cov, steps, strict=True)],
        [low for _, low in means],
    )
    return Summary(n, whole, moment(a.var, b.var, dv * dv), merged, low)


def two_sum(a: float, b: float) -> tuple[float, float]:
    """The rounded sum, and exactly what rounding took from it (Knuth, The Art of Computer Programming 2, 4.2.2)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _covariates(mean: list[float], var: list[list[float]], cov: list[float], low: list[float]) -> Covariates:
    return Covariates(tuple(mean), tuple(tuple(row) for row in var), tuple(cov), tuple(low))


def _width(summary: Summary) -> int:
    return len(summary.covariates.mean) if summary.covariates else 0


def _covariate_columns(covariates: Any, n: int) -> "list[Floats]":
    import numpy as np

    two_dimensional = np.ndim(covariates) == 2  # a table, one column per covariate
    parts = list(np.asarray(covariates).T) if two_dimensional else [covariates]
    found = [column("covariates", part) for part in parts]
    if any(one.size != n for one in found):
        raise InvalidInput(f"{n} values but {found[0].size} covariate rows.", hint="give one row for every value.")
    return found


def _with_indicators(columns: "list[Floats]") -> "list[Floats]":
    """Zero where a covariate is missing, and after it a column of its own that says so.

    Every covariate gets one, missing or not, so that the summaries of all parts and arms add.
    """
    import numpy as np

    return [part for one in columns for part in (np.nan_to_num(one), np.isnan(one).astype(float))]
