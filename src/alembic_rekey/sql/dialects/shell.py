"""What a script says to a database's own shell, as the interface that all databases have."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from sqlalchemy import Executable, Table
from sqlalchemy.sql.compiler import SQLCompiler

from alembic_rekey.spec import Relation
from alembic_rekey.sql.dialects.constraints import UniqueIndex
from alembic_rekey.sql.dialects.question import Question

__all__ = ["MARK", "Said", "Shell"]

Said = tuple[str, Executable]
"""A statement and, in words, what it does."""

MARK = "INSERT INTO rekey_whole (offending)"
"""How the line begins by which a statement leaves a mark that it was done."""


class Shell(ABC):
    """A script is all or nothing, also in a shell that goes on after an error."""

    title: str
    """What a person calls the database."""

    run_with: str
    """The command that runs a script."""

    exit_status: str
    """What the shell tells of a script that stopped."""

    @abstractmethod
    def first(self, lock_timeout: float) -> list[str]:
        """Return what comes before anything else: how the shell must behave."""

    settings: tuple[str, str]
    """What stands before BEGIN, and why."""

    compilers: tuple[type[SQLCompiler], ...] = ()
    """What mends the dialect's own compiler of queries for texts without parameters."""

    begin: str
    """How a transaction begins, with its comment."""

    starting: str
    """What comes first in the transaction."""

    @abstractmethod
    def locks(self, lock_timeout: float) -> list[Said]:
        """Return what waits for any other upgrade."""

    @abstractmethod
    def forbidden(self) -> list[Relation]:
        """Return what finds that whoever runs the script is not to write, where beginning it says nothing of that."""

    @abstractmethod
    def guard(self, names: Mapping[str, str], found: str) -> str:
        """Return what stops, and ends the transaction, if the query `found` has a row: a guard's name, and a sentence.

        The first twenty sentences are shown, without anything that would move a cursor. `names` are those of the
        guards, each with what it is in quotes, if it needs any.
        """

    @abstractmethod
    def dropping(self, views: Sequence[str]) -> str:
        """Return what drops views, each of which may need those behind it."""

    unique_columns: Question
    """What unique indexes of all rows compare row by row: `noun`, the index as it is `called`, and a `column` of it."""

    @abstractmethod
    def exclusions(self, source: Table) -> list[UniqueIndex]:
        """Return the exclusion constraints that a revision declares `source` with."""

    reopened: str
    """What keeps a statement out of a transaction of its own, where an earlier one has ended the script's."""

    schema_marks: tuple[str, str]
    """What stands before and after a statement that changes the schema: a mark that it did, if one is needed."""

    compares_generated: bool
    """Whether what compares whole rows compares in them what the database generates, too."""

    same_text: list[Said]
    """What makes a value the same text in every session."""

    @abstractmethod
    def ending(self, marks: int, version_table: str) -> str:
        """Return what comes last before COMMIT: it takes everything back unless all `marks` are there."""
