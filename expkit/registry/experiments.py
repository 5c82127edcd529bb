"""Create, read and find experiments. A writer passes its unit of work, a reader its connection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from expkit.domain import STATE_FIELDS, Experiment
from expkit.domain.events import now
from expkit.domain.filters import Filters
from expkit.domain.registry_view import statuses_of
from expkit.errors import Conflict, InvalidInput, NotFound, UnknownName, did_you_mean
from expkit.registry.tables import experiments, versions
from expkit.storage import Work, audit_end
from expkit.storage.audit import audit_table

__all__ = [
    "ORDERS",
    "count",
    "create",
    "definition_columns",
    "every",
    "experiment_of",
    "find",
    "find_one",
    "get",
    "keep_version",
    "lock_all",
    "locked",
    "project_of",
    "refuse_state",
    "revision",
    "touched_since",
]

MAX_PAGE = 1000
ORDERS: dict[str, tuple[Any, ...]] = {
    "newest": (experiments.c.created_at.desc(), experiments.c.key.desc()),
    "changed": (experiments.c.updated_at.desc(), experiments.c.key.desc()),
    "rice": (experiments.c.rice_score.desc().nulls_last(), experiments.c.key),
    "name": (sa.func.lower(experiments.c.name), experiments.c.key),
}
_FREE = {"params", "parameters", "eligibility", "condition"}
_LEAVES_AS_IT_WAS = ("experiment.analyze", "experiment.learn", "experiment.report", "experiment.sign")


def create(work: Work, experiment: Experiment, reason: str = "", *, source: Experiment | None = None) -> Experiment:
    """Register a draft. Its key must be new; its state is ours to set. A clone names its source in the audit."""
    given = STATE_FIELDS & experiment.model_fields_set
    refuse_state(experiment.key, {name: getattr(experiment, name) for name in given})
    if _row(work.connection, experiment.key) is not None:
        raise Conflict(
            f"There is already an experiment {experiment.key!r}.",
            hint="choose another key, or clone it under a new one.",
        )
    columns = {
        **definition_columns(experiment),
        "key": experiment.key,
        "version": 1,
        "status": "draft",
        "created_at": work.at,
        "updated_at": work.at,
    }
    try:
        work.connection.execute(sa.insert(experiments).values(columns))
    except sa.exc.IntegrityError:  # another process was faster, on a database without a single write lock
        raise Conflict(f"There is already an experiment {experiment.key!r}.", hint="choose another key.") from None
    definition = columns["definition"]
    keep_version(work, experiment.key, 1, definition, reason or "created")
    after = {"status": "draft", "version": 1, "definition": definition}
    if source is None:
        work.audit("experiment.create", experiment.key, after=after, reason=reason)
    else:
        origin = {"experiment": source.key, "version": source.version}
        work.audit("experiment.clone", experiment.key, after={**after, "source": origin}, reason=reason)
    return get(work.connection, experiment.key)


def definition_columns(experiment: Experiment) -> dict[str, Any]:
    """The columns that follow from a definition; whoever stores one stores them all."""
    definition = experiment.definition()
    return {
        "definition": definition,
        "searchable": _searchable(experiment.tags, definition),
        "rice_score": experiment.rice.score if experiment.rice else None,
        **{name: getattr(experiment, name) for name in ("name", "owner", "department", "project", "type")},
    }


def _searchable(tags: Iterable[str], definition: Mapping[str, Any]) -> str:
    """Every word once: a search asks for words, wherever they stand. Tags are kept whole, in brackets."""
    words = dict.fromkeys(word for text in _texts(definition) for word in text.casefold().split())
    return " ".join([*(f"⟨{tag}⟩".casefold() for tag in tags), *words])


def _texts(value: Any, *, named: bool = False) -> Iterator[str]:
    """All text in a definition, and the names that people chose (of params, attributes), not those of its fields."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if named:
                yield name
            yield from _texts(inner, named=named or name in _FREE)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, named=named)


def keep_version(work: Work, key: str, version: int, definition: dict[str, Any], reason: str) -> None:
    work.connection.execute(
        sa.insert(versions).values(
            experiment=key, version=version, definition=definition, author=work.actor, reason=reason, at=work.at
        )
    )


def get(connection: sa.Connection, key: str) -> Experiment:
    """The experiment with its state, or NotFound with the nearest key."""
    row = _row(connection, key)
    if row is None:
        known = connection.scalars(sa.select(experiments.c.key).order_by(experiments.c.updated_at.desc()).limit(1000))
        raise NotFound(f"There is no experiment {key[:100]!r}.", hint=did_you_mean(key, known))
    return experiment_of(row)


def find_one(connection: sa.Connection, key: str) -> Experiment | None:
    """The experiment, or None."""
    row = _row(connection, key)
    return None if row is None else experiment_of(row)


def find(
    connection: sa.Connection,
    filters: Filters | None = None,
    *,
    order: str = "newest",
    limit: int = 100,
    offset: int = 0,
) -> list[Experiment]:
    """Those that match, in one of the orders of `ORDERS`."""
    if not 1 <= limit <= MAX_PAGE or offset < 0:
        raise InvalidInput(
            f"limit is {limit} and offset {offset}.", hint=f"limit lies between 1 and {MAX_PAGE}, offset at 0 or above."
        )
    if order not in ORDERS:
        raise UnknownName.among("order", order, ORDERS)
    page = _matching(sa.select(experiments.c.key), filters or Filters()).order_by(*ORDERS[order])
    chosen = page.limit(limit).offset(offset).subquery()  # only these rows are read whole
    query = sa.select(experiments).join(chosen, experiments.c.key == chosen.c.key).order_by(*ORDERS[order])
    return [experiment_of(row) for row in connection.execute(query)]


def every(connection: sa.Connection, filters: Filters | None = None) -> Iterator[Experiment]:
    """All that match, by key; a page of them is in memory."""
    after = ""
    while True:
        query = _matching(sa.select(experiments).where(experiments.c.key > after), filters or Filters())
        rows = connection.execute(query.order_by(experiments.c.key).limit(MAX_PAGE)).all()
        yield from map(experiment_of, rows)
        if len(rows) < MAX_PAGE:
            return
        after = rows[-1].key


def count(connection: sa.Connection, filters: Filters | None = None) -> int:
    query = _matching(sa.select(sa.func.count()).select_from(experiments), filters or Filters())
    return int(connection.scalar(query) or 0)


def project_of(connection: sa.Connection, key: str) -> str:
    """Which project an experiment belongs to."""
    found: str | None = connection.scalar(sa.select(experiments.c.project).where(experiments.c.key == key))
    return found if found is not None else get(connection, key).project


def revision(connection: sa.Connection) -> int:
    """Grows with every definition or status that changes (and with other things that are audited).

    It is the end of the audit, because that alone grows in the order of commits: a sequence's numbers do not.
    """
    return audit_end(connection).id


def touched_since(connection: sa.Connection, seen: int) -> bool:
    """Whether what decides over assignments has changed since a revision; compiled snapshots are kept until then."""
    audit = audit_table.c
    decides = sa.or_(audit.action.like("experiment.%"), audit.action.like("assign.%"))
    newer = sa.select(audit.id).where(audit.id > seen, decides, audit.action.not_in(_LEAVES_AS_IT_WAS))
    return connection.scalar(newer.limit(1)) is not None


def locked(work: Work, key: str) -> Experiment:
    """The experiment, and its row until the unit of work ends: nobody changes it between a check and the act.

    Of all that hangs on an experiment its row is locked first, so that no two units of work wait for each other.
    """
    row = sa.select(experiments.c.key).where(experiments.c.key == key)
    work.connection.execute(row.with_for_update(key_share=True))
    return get(work.connection, key)


def lock_all(work: Work, keys: Iterable[str]) -> None:
    """The rows of those that are there, in one order for everybody, so that no two wait for each other."""
    chosen = sorted(keys)
    for start in range(0, len(chosen), MAX_PAGE):
        part = chosen[start : start + MAX_PAGE]
        rows = sa.select(experiments.c.key).where(experiments.c.key.in_(part)).order_by(experiments.c.key)
        work.connection.execute(rows.with_for_update(key_share=True)).all()


def _row(connection: sa.Connection, key: str) -> sa.Row[Any] | None:
    return connection.execute(sa.select(experiments).where(experiments.c.key == key)).one_or_none()


def experiment_of(row: sa.Row[Any]) -> Experiment:
    state = {name: getattr(row, name) for name in STATE_FIELDS}
    return Experiment.parse({**row.definition, **state})


def refuse_state(key: str, given: Mapping[str, Any], known: Experiment | None = None) -> None:
    """Nobody starts an experiment by writing so into its definition; repeating what is so is no harm."""
    fields = Experiment.model_fields
    told = known.model_dump(mode="json") if known else {}
    so = {name: getattr(known, name) if known else fields[name].get_default() for name in STATE_FIELDS & given.keys()}
    touched = sorted(name for name, value in so.items() if given[name] not in (value, told.get(name, value)))
    if touched:
        raise InvalidInput(
            f"{', '.join(touched)} of experiment {key!r} cannot be given: the registry keeps the state.",
            hint="create it as a draft, then start it; or clone the one it came from.",
        )


def _matching(query: Any, filters: Filters) -> Any:
    columns = experiments.c
    for name in ("status", "type", "department", "project", "owner"):
        if (value := getattr(filters, name)) is not None:
            query = query.where(columns[name] == value)
    if filters.stage is not None:
        query = query.where(columns.status.in_(statuses_of(filters.stage)))
    query = _standing(query, filters)
    if filters.days is not None:
        query = query.where(columns.updated_at >= now() - timedelta(days=filters.days))
    words = filters.text.casefold().split()
    if filters.tag is not None:
        words.append(f"⟨{filters.tag}⟩".casefold())
    for word in words:
        query = query.where(columns.searchable.like(f"%{_escaped(word)}%", escape="\\"))
    return query


def _standing(query: Any, filters: Filters) -> Any:
    """By what has come out; of one that nobody has looked at yet the data is insufficient, and the outcome open."""
    columns = experiments.c
    if filters.significance == "insufficient":
        query = query.where(columns.significance.in_(("", "insufficient")))
    elif filters.significance is not None:
        query = query.where(columns.significance == filters.significance)
    if filters.outcome == "in_progress":
        return query.where(columns.outcome == "")
    return query if filters.outcome is None else query.where(columns.outcome == filters.outcome)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
