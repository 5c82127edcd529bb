"""What databases say each in their own way: which moment a time is, and how names are quoted."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGDialect, PGIdentifierPreparer
from sqlalchemy.ext.compiler import compiles

__all__ = ["Epoch", "duckdb_dialect"]


class _Quoted(PGIdentifierPreparer):
    """Every name is quoted: DuckDB reserves words that PostgreSQL does not (`at`), and minds no case."""

    def _requires_quotes(self, _value: str) -> bool:
        return True


class _DuckDB(PGDialect):
    preparer = _Quoted
    supports_statement_cache = True


def duckdb_dialect() -> sa.Dialect:
    """PostgreSQL's, as far as it goes; statements are compiled with their values in them."""
    return _DuckDB()  # type: ignore[no-untyped-call]


class Epoch(sa.sql.functions.FunctionElement[float]):
    """Seconds since 1970; a time without a zone is read as UTC."""

    type = sa.Double()
    inherit_cache = True
    name = "epoch"


_EPOCH = {
    "bigquery": "UNIX_MICROS({moment}) / 1e6",
    "snowflake": "DATE_PART(epoch_microsecond, {moment}) / 1e6",
    "clickhouse": "toUnixTimestamp64Micro({moment}) / 1e6",
    "databricks": "unix_micros({moment}) / 1e6",
}


@compiles(Epoch)
def _epoch(element: Any, compiler: Any, **kw: Any) -> str:
    (moment,) = (compiler.process(clause, **kw) for clause in element.clauses)
    return _EPOCH.get(compiler.dialect.name, "EXTRACT(EPOCH FROM {moment})").format(moment=moment)
