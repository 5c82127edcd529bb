"""The query: every metric's sums by variant, by variant and stratum, or by cluster and then by variant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from expkit.analysis.clusters import cluster_query, read_clusters, refuse_crossed, sandwich
from expkit.analysis.columns import text
from expkit.analysis.digits import LOST, WASTED, is_far, near
from expkit.analysis.moments import statistic
from expkit.analysis.statistics import ArmStatistic
from expkit.analysis.sums import Found, Sums, read, terms, varying

__all__ = ["Grouping", "Groups"]

Stratum = str | None


class Groups(NamedTuple):
    """The answer: rows per variant, rows left out, the sums of each metric by variant and stratum; clusters."""

    counts: dict[str, int]
    missing: int
    found: list[dict[tuple[str, Stratum], Found]]
    clusters: dict[str, int] | None = None

    def binary(self, i: int) -> bool:
        """Whether all values of a metric are 0 or 1, and there are some."""
        parts = [one for one in self.found[i].values() if one.n]
        return bool(parts) and all(one.binary for one in parts)

    def far(self, i: int, sums: Sums, most: float = WASTED) -> set[str]:
        """The variants whose own mean is far from what the sums were taken about."""
        groups, binary = self.found[i], sums.binary and self.binary(i)
        arms = {variant: [one for (arm, _), one in groups.items() if arm == variant] for variant in self.counts}
        return {variant for variant, parts in arms.items() if is_far(sums, parts, binary, most)}

    def arms(self, i: int, sums: Sums) -> dict[str, dict[Stratum, ArmStatistic]]:
        groups, binary, lost = self.found[i], self.binary(i), self.far(i, sums, LOST)
        keep = varying(sums, groups.values())
        arms: dict[str, dict[Stratum, ArmStatistic]] = {variant: {} for variant in self.counts}
        for (variant, stratum), one in groups.items():
            clustered = one.clusters is not None
            found = sandwich(sums, one, keep) if clustered else statistic(sums, one, binary, keep)
            arms[variant][stratum] = found._replace(summary=None, lost=True) if variant in lost else found
        return arms


class Grouping(NamedTuple):
    """The columns that say which group a row is in; `floating` variants are missing where they are NaN."""

    variant: str
    strata: str | None = None
    cluster: str | None = None
    floating: bool = False

    def ask(self, ask: Any, plan: Sequence[Sums]) -> Groups:
        keys = [self.there(), *([text(self.strata)] if self.strata else [])]
        relation = near(plan, keys)
        if self.cluster is not None:
            return self._by_cluster(ask, plan, relation)
        wanted = [*keys, "count(*)", *(term for sums in plan for term in terms(sums))]
        order = ", ".join(str(at + 1) for at in range(len(keys)))
        rows = ask(f"SELECT {', '.join(wanted)} FROM {relation} GROUP BY {order} ORDER BY {order}")  # noqa: S608
        # a key that is always null would cost a third of the time
        return self._gathered(rows if self.strata else [(row[0], None, *row[1:]) for row in rows], plan)

    def _by_cluster(self, ask: Any, plan: Sequence[Sums], relation: str) -> Groups:
        cluster = self.cluster or ""
        rows = ask(cluster_query(self.there(), text(cluster), plan, relation))
        counts: dict[str, int] = {}
        clusters: dict[str, int] = {}
        left_out = 0
        found: list[dict[tuple[str, Stratum], Found]] = [{} for _ in plan]
        for variant, several, missing, n, groups, *rest in rows:
            refuse_crossed(cluster, several)
            left_out = int(missing)
            counts[variant], clusters[variant] = int(n), int(groups)
            answers: Iterator[Any] = iter(rest)
            for i, sums in enumerate(plan):
                found[i][variant, None] = read_clusters(sums, answers)
        return Groups(counts, left_out, found, clusters)

    def there(self) -> str:
        """The variant as text, null where there is none."""
        return f"nullif({text(self.variant)}, 'nan')" if self.floating else text(self.variant)

    def _gathered(self, rows: Sequence[tuple[Any, ...]], plan: Sequence[Sums]) -> Groups:
        counts: dict[str, int] = {}
        missing = 0
        found: list[dict[tuple[str, Stratum], Found]] = [{} for _ in plan]
        for variant, stratum, n, *rest in rows:
            if variant is None:
                missing += n
                continue
            counts[variant] = counts.get(variant, 0) + n
            answers: Iterator[Any] = iter(rest)
            for i, sums in enumerate(plan):
                found[i][variant, stratum] = read(sums, answers)
        return Groups(counts, missing, found)
