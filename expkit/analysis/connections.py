"""What a warehouse is opened by, as something that runs SQLAlchemy's statements. DuckDB speaks PostgreSQL's dialect."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from expkit.errors import InvalidInput, MissingDependency, StorageUnavailable

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["opened"]


@contextmanager
def opened(warehouse: Any) -> Iterator[Any]:
    """What runs statements: an SQLAlchemy URL, engine or connection, a DuckDB connection, or a DuckDB file."""
    import duckdb
    import sqlalchemy as sa

    try:
        if isinstance(warehouse, duckdb.DuckDBPyConnection):
            yield _of_duckdb(warehouse)
        elif isinstance(warehouse, os.PathLike) or (isinstance(warehouse, str) and "://" not in warehouse):
            with duckdb.connect(os.fspath(warehouse), read_only=True) as connection:
                yield _of_duckdb(connection)
        elif isinstance(warehouse, sa.Connection):
            yield _of_connection(warehouse)
        elif isinstance(warehouse, sa.Engine):
            with warehouse.connect() as connected:
                yield _of_connection(connected)
        elif isinstance(warehouse, str | sa.URL):
            engine = _engine(warehouse)
            try:
                with engine.connect() as connected:
                    yield _of_connection(connected)
            finally:
                engine.dispose()
        else:
            raise InvalidInput(
                f"A {type(warehouse).__name__} is no warehouse.",
                hint="give an SQLAlchemy URL or engine, a DuckDB connection, or the path of a DuckDB file.",
            )
    except (duckdb.Error, sa.exc.SQLAlchemyError) as error:
        raise _failed(error) from None


def _engine(url: Any) -> sa.Engine:
    import sqlalchemy as sa

    try:
        parsed = sa.make_url(url)
        if parsed.drivername in {"postgres", "postgresql"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        return sa.create_engine(parsed)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError) as error:
        raise InvalidInput(
            f"The warehouse cannot be opened: {error}.", hint="install its SQLAlchemy dialect, and check the URL."
        ) from None
    except ModuleNotFoundError as error:
        raise MissingDependency(f"The warehouse needs {error.name}.", hint=f"pip install {error.name}") from None


def _of_connection(connection: sa.Connection) -> Any:
    return lambda statement: connection.execute(statement).all()


def _of_duckdb(connection: Any) -> Any:
    from expkit.analysis.dialects import duckdb_dialect

    dialect = duckdb_dialect()

    def ask(statement: Any) -> Any:
        compiled = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        return connection.execute(str(compiled).replace("%%", "%")).fetchall()

    return ask


def _failed(error: Exception) -> StorageUnavailable:
    told = str(getattr(error, "orig", None) or error).splitlines()[0]
    return StorageUnavailable(
        f"The warehouse says: {told[:300]}.", hint="check the address, the tables' and columns' names and your rights."
    )
