"""One drawn case: the declaration, the tables that it is about, their rows, the registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from databases import Database
from reading import Declaration, Row

__all__ = ["Case", "Column", "Kind", "Table", "quoted"]

Kind = str
"""What a column holds: `integer`, `text`, `time`; `epoch` is a number of some unit."""


@dataclass(frozen=True)
class Column:
    """A column as the database has it."""

    kind: Kind
    constraint: str = ""
    pool: tuple[Any, ...] = ()
    """What it holds; nothing says: anything of its kind."""


@dataclass
class Table:
    """A table with its rows; `checks` are further constraints, as SQL."""

    name: str
    columns: dict[str, Column]
    primary: tuple[str, ...] = ()
    numbered: bool = False
    """The database makes the keys."""
    checks: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """What one example is about."""

    dialect: str
    declaration: Declaration
    registry: Mapping[str, list[str]]
    tables: dict[str, Table]
    """The identity first, and each before what refers to it."""

    @property
    def rows(self) -> dict[str, list[Row]]:
        return {name: table.rows for name, table in self.tables.items()}

    def fill(self, database: Database) -> None:
        """Inserts all rows, each table's in one statement: they may refer to each other."""
        for table in self.tables.values():
            if table.rows:
                columns = list(table.columns)
                row = f"({', '.join([database.placeholder] * len(columns))})"
                names = ", ".join(map(quoted, columns))
                statement = f"INSERT INTO {quoted(table.name)} ({names}) VALUES "
                if database.placeholder != "?":
                    statement = statement.replace("%", "%%")
                values: list[Any] = [row[column] for row in table.rows for column in columns]
                database.execute(statement + ", ".join([row] * len(table.rows)), values)


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"{}"'.format(name.replace('"', '""'))
