"""What differs between databases, as methods: each database is one subclass, in a module of its own.

A method returns what SQLAlchemy knows: expressions, relations, statements, texts. It decides nothing, and knows no
check, no step and no plan: what the databases share stands where it is used.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Executable, Table
from sqlalchemy.sql.dml import Delete, Insert, Update

from alembic_rekey.spec.stamp import Stamp

__all__ = ["Change", "Database", "Said"]

Change = Insert | Update | Delete

Said = tuple[str, Executable]
"""A statement and, in words, what it does."""


class Database(ABC):
    """One database."""

    name: str
    """What SQLAlchemy calls it."""

    # What a program does.

    @abstractmethod
    def counting(self, change: Change, into: Table, line: Sequence[ColumnElement[Any]]) -> list[Executable]:
        """Return `change`, and what inserts `line` and the number of its rows into `into`: two statements, or one."""

    @abstractmethod
    def analyzed(self, name: str, columns: Sequence[str]) -> list[Executable]:
        """Return what tells the planner about some columns of a table that was filled a moment ago."""

    @abstractmethod
    def locks(self, tables: Sequence[Table], referred: Sequence[Table]) -> list[Said]:
        """Return what keeps writers out of the tables until the transaction ends, and new references to `referred`."""

    @abstractmethod
    def settled(self) -> list[Said]:
        """Return what asks deferred constraints and triggers now, so that no event of theirs is left pending."""

    @abstractmethod
    def watches(self, connection: Connection) -> tuple[list[Said], list[Said]]:
        """Return what notes each change with its table, where the database would not tell, and what ends that."""

    # Values.

    @abstractmethod
    def may_be_unread(self, stamp: Stamp) -> bool:
        """Tell whether a column of times may hold what is no time."""

    @abstractmethod
    def entries(
        self, document: BindParameter[str], texts: Sequence[str | int], numbers: Sequence[str] = ()
    ) -> list[ColumnElement[Any]]:
        """Return the fields of each entry of a JSON list, by name or place: `numbers`, then `texts`."""
