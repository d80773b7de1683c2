"""The plan of a dry run, kept in temporary tables while it is asked: beside the database, not in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, FromClause, MetaData, Table, table
from sqlalchemy.schema import DropTable

from alembic_rekey.plan.plan import Keep
from alembic_rekey.spec import Part, Relation
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.older import CreateTableAs
from alembic_rekey.text.progress import Progress

__all__ = ["PREFIX", "keeping"]

PREFIX = "rekey_kept_"
"""What the name of such a table begins with."""


@contextmanager
def keeping(connection: Connection) -> Iterator[Keep]:
    """Hand over what keeps the plan of each part where a reader may, until the end of the block."""
    names: list[str] = []

    def keep(part: Part, decided: Relation) -> FromClause | None:
        if not database(connection.dialect.name).readers_keep_rows:
            return None
        name = f"{PREFIX}{part.noun}"
        with Progress(f"Plan {part.table.name}"):
            connection.execute(CreateTableAs(decided, name))
        names.append(name)
        return table(name)

    yield keep
    for name in names:
        connection.execute(DropTable(Table(name, MetaData())))
