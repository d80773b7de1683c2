"""Looking at a database of SQLite."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import isawaitable
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    Connection,
    FromClause,
    String,
    Table,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    text,
    true,
)
from sqlalchemy.types import JSON, NullType, TypeEngine
from sqlalchemy.util import await_only

from alembic_rekey.sql.dialects.survey import Standing, Survey, Unindexed
from alembic_rekey.sql.expressions import quoted

__all__ = ["SQLiteSurvey"]

_TABLES = text(
    """
    SELECT name, sql LIKE '%WITHOUT%ROWID%' AS unnumbered FROM sqlite_master
    WHERE type = 'table' AND name NOT LIKE 'sqlite^_%' ESCAPE '^' AND sql NOT LIKE 'CREATE VIRTUAL %'
      AND NOT EXISTS (
        SELECT 1 FROM sqlite_master AS made
        WHERE made.type = 'table' AND made.sql LIKE 'CREATE VIRTUAL %'
          AND substr(sqlite_master.name, 1, length(made.name) + 1) = made.name || '_'
      )
    ORDER BY name
    """
)
_COLUMNS = text("SELECT lower(name) FROM pragma_table_xinfo(:name)")
_TRIGGERS = text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) = lower(:name)")
_RANGES = 20
_STEPS = 20_000
"""Instructions of SQLite's between two looks at the clock: a few milliseconds."""


class SQLiteSurvey(Survey):
    """SQLite: rows have numbers, any column holds any value, a document is a text."""

    def tables(self, connection: Connection) -> Iterator[Standing]:
        """Ask `sqlite_master`; the numbers of the first row and the last tell about how many there are."""
        for name, unnumbered in connection.execute(_TABLES).all():
            ends = None if unnumbered else _ends(connection, name)
            yield Standing((None, name), None if ends is None else ends[1] - ends[0])

    def sampled(self, connection: Connection, source: Table, rows: int | None, most: int) -> FromClause:
        """Take the first rows of ranges of their numbers; where there are none, the first rows."""
        if rows is not None and rows <= most:
            return source
        # A table WITHOUT ROWID must not be asked for numbers.
        number = None if rows is None else _number_of(connection, source.name)
        ends = None if number is None else _ends(connection, source.name)
        if ends is None:
            return select(source).limit(most).subquery("rekey_sample")
        bounds = [ends[0] + (ends[1] - ends[0]) * place // _RANGES for place in range(_RANGES + 1)]
        # As text: each of these questions is asked of every column, and would be compiled for each.
        columns = ", ".join(quoted(column.name) for column in source.c)
        parts = [
            f"SELECT * FROM (SELECT {columns} FROM {quoted(source.name)} WHERE {number} >= {start} AND {number} < {end}"  # noqa: S608  # quoted
            f" ORDER BY {number} LIMIT {max(most // _RANGES, 1)})"
            for start, end in pairwise(bounds)
        ]
        united = " UNION ALL ".join(parts).replace(":", "\\:")
        return text(united).columns(*source.c).subquery("rekey_sample")

    @contextmanager
    def limited(self, connection: Connection, seconds: float) -> Iterator[None]:
        """Look at the clock while SQLite works, and interrupt it."""
        raw: Any = connection.connection.driver_connection
        end = time.monotonic() + seconds

        def progress(handler: Callable[[], bool] | None) -> None:
            waiting = raw.set_progress_handler(handler, _STEPS)
            if isawaitable(waiting):  # of a driver of coroutines
                await_only(waiting)

        progress(lambda: time.monotonic() > end)
        try:
            yield
        finally:
            progress(None)

    def texts_of(self, type_: TypeEngine[object]) -> frozenset[str]:
        """Take a column of any type of text for one that may hold documents too."""
        return frozenset(("text", "document") if isinstance(type_, String | NullType | JSON) else ())

    def elements(self, source: FromClause, name: str) -> FromClause:
        """Refuse: `texts_of` tells of no arrays."""
        raise NotImplementedError(name)

    def documents(self, stored: FromClause) -> FromClause:
        """Read documents by json_tree()."""
        value = stored.c.value
        said = and_(func.substr(func.ltrim(value), 1, 1).in_(("{", "[", '"')), func.json_valid(value) == 1)
        tree = func.json_tree(case((said, value))).table_valued(
            "key", "atom", "type", "fullkey", "path", name="rekey_tree"
        )
        in_list = func.typeof(tree.c.key) == "integer"
        path = case((in_list, tree.c.path + literal("[*]")), else_=tree.c.fullkey)
        return (
            select(stored.c.number, path.label("path"), cast(tree.c.atom, Text).label("value"))
            .select_from(stored.join(tree, true()))
            .where(tree.c.type == "text")
            .subquery("rekey_within")
        )

    def written_by_trigger(self, connection: Connection, source: Table, columns: Sequence[str]) -> frozenset[str]:
        """Read the texts of triggers."""
        said = "\n".join(connection.execute(_TRIGGERS, {"name": source.name}).scalars()).lower()
        return frozenset(name for name in columns if name.lower() in said)

    def unindexed(self, connection: Connection, parent: Table) -> list[Unindexed]:
        """Return none: no foreign key is checked while a run changes rows."""
        return []


def _number_of(connection: Connection, name: str) -> str | None:
    """Return a name of the number of rows that no column of the table has taken."""
    taken = set(connection.execute(_COLUMNS, {"name": name}).scalars())
    return next((known for known in ("rowid", "_rowid_", "oid") if known not in taken), None)


def _ends(connection: Connection, name: str) -> tuple[int, int] | None:
    """Return the number of the first row, and the one behind the last; None where rows have none."""
    number = _number_of(connection, name)
    if number is None:
        return None
    asked = f"SELECT (SELECT min({number}) FROM {quoted(name)}), (SELECT max({number}) FROM {quoted(name)})"  # noqa: S608  # quoted
    first, last = connection.exec_driver_sql(asked).one()
    return (0, 0) if first is None else (first, last + 1)
