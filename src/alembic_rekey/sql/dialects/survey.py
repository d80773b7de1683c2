"""Looking at a database that no revision declares: its tables, a part of their rows, never for longer than was said."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import Connection, FromClause, Table
from sqlalchemy.types import TypeEngine

__all__ = ["Place", "Standing", "Survey", "Unindexed"]

Place = tuple[str | None, str]
"""A table by its schema, None where its name alone finds it, and its name."""


@dataclass(frozen=True)
class Standing:
    """A table that stands in the database; its partitions count as the table."""

    place: Place
    rows: int | None
    """About how many there are; None where only counting would tell."""
    partitions: tuple[Place, ...] = ()
    unread: str = ""
    """Why its rows cannot be read whole, as the end of a sentence; empty where they can."""


@dataclass(frozen=True)
class Unindexed:
    """A foreign key whose table is read whole for each row that goes where it leads, for want of an index."""

    child: str
    columns: str
    pages: int


class Survey(ABC):
    """One database."""

    @abstractmethod
    def tables(self, connection: Connection) -> Iterator[Standing]:
        """Yield the tables of the application, but for partitions, in the order of their names."""

    @abstractmethod
    def sampled(self, connection: Connection, source: Table, rows: int | None, most: int) -> FromClause:
        """Return `source`, which has about so many `rows`, or a part of it with about `most`: always the same part."""

    @abstractmethod
    def limited(self, connection: Connection, seconds: float) -> AbstractContextManager[None]:
        """Let what is within take `seconds` at most; the statement that takes longer raises what the driver raises.

        The transaction goes on.
        """

    @abstractmethod
    def texts_of(self, type_: TypeEngine[object]) -> frozenset[str]:
        """Return as what a column of that type may hold names: of "text", "array", "document"."""

    @abstractmethod
    def elements(self, source: FromClause, name: str) -> FromClause:
        """Return the elements of the arrays in a column of `source`: `value`."""

    @abstractmethod
    def documents(self, stored: FromClause) -> FromClause:
        """Return the texts within the `value` of `stored`, where that is a document: its `number`, `path`, `value`."""

    @abstractmethod
    def written_by_trigger(self, connection: Connection, source: Table, columns: Sequence[str]) -> frozenset[str]:
        """Return those of `columns` that a trigger of `source` names, which acts when a row is changed."""

    @abstractmethod
    def unindexed(self, connection: Connection, parent: Table) -> list[Unindexed]:
        """Return the foreign keys to `parent` for which the database reads a whole table per row that goes."""
