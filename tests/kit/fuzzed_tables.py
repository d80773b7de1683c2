"""Tables, columns and rows as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

__all__ = ["Column", "Table", "quoted"]


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"{}"'.format(name.replace('"', '""'))


@dataclass
class Column:
    """One column; `declared` is its type in the revision, None where the revision does not know it."""

    name: str
    type: str
    declared: Any = None
    constraint: str = ""
    pool: tuple[object, ...] = (None,)
    """What its values are drawn from."""
    generated: bool = False

    @property
    def sql(self) -> str:
        """Its name in SQL."""
        return quoted(self.name)


@dataclass
class Table:
    """One table: its columns by their role, what else its definition says, and its rows by role."""

    name: str
    columns: dict[str, Column]
    constraints: list[str] = field(default_factory=list)
    options: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)
    following: list[str] = field(default_factory=list)
    """Statements right after its own: its partitions."""

    @property
    def sql(self) -> str:
        """Its name in SQL."""
        return quoted(self.name)

    def c(self, role: str) -> str:
        """The name in SQL of the column with that role."""
        return self.columns[role].sql

    def cs(self, *roles: str) -> str:
        """The names in SQL of several."""
        return ", ".join(map(self.c, roles))

    def is_unique(self, *roles: str) -> bool:
        """Whether a constraint says that no two rows have one value there: SQLite lets others refer to no other."""
        where = self.cs(*roles)
        return any(each in (f"PRIMARY KEY ({where})", f"UNIQUE ({where})") for each in self.constraints)

    @property
    def ddl(self) -> str:
        """Its definition."""
        lines = [f"{column.sql} {column.type} {column.constraint}".strip() for column in self.columns.values()]
        return f"CREATE TABLE {self.sql} (\n    " + ",\n    ".join([*lines, *self.constraints]) + f"\n) {self.options}"

    def as_declared(self) -> sa.Table:
        """The table as a revision declares it."""
        known = [sa.Column(each.name, each.declared) for each in self.columns.values() if each.declared is not None]
        return sa.Table(self.name, sa.MetaData(), *known)
