"""What each database says in its own way: one interface, one package per database, no comparison of names elsewhere.

Handlers of SQLAlchemy's `@compiles` stand with their database too, and no construct has one for all databases: a
database that is not known fails loudly at the first.
"""

from __future__ import annotations

from collections.abc import Mapping

from alembic_rekey.errors import DatabaseUnsupported
from alembic_rekey.sql.dialects.interface import Database
from alembic_rekey.sql.dialects.postgresql.database import PostgreSQL
from alembic_rekey.sql.dialects.sqlite.database import SQLite

__all__ = ["DATABASES", "database"]

DATABASES: Mapping[str, Database] = {one.name: one for one in (SQLite(), PostgreSQL())}
"""Every database that is supported, by the name of its dialect."""


def database(name: str) -> Database:
    """Return what is said for the dialect of that name.

    Raises:
        DatabaseUnsupported: where there is none.
    """
    if name not in DATABASES:
        raise DatabaseUnsupported(name, list(DATABASES))
    return DATABASES[name]
