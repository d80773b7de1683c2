"""What differs between databases, as methods: each database is one subclass, in a module of its own.

A method returns what SQLAlchemy knows: expressions, relations, statements, texts. It knows no check, step and plan.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import CTE, BindParameter, Column, ColumnElement, Connection, Dialect, Executable, Table, TableClause
from sqlalchemy.sql.dml import Delete, Insert, Update
from sqlalchemy.types import TypeEngine

from alembic_rekey.spec import Relation
from alembic_rekey.spec.stamp import Stamp
from alembic_rekey.sql.accounts import Account
from alembic_rekey.sql.dialects.constraints import Conditions, Kept, UniqueIndex
from alembic_rekey.sql.dialects.question import Hanging, Question, Standing
from alembic_rekey.sql.dialects.session import Session
from alembic_rekey.sql.dialects.shell import Said, Shell
from alembic_rekey.sql.dialects.survey import Survey
from alembic_rekey.sql.expressions import Sentence
from alembic_rekey.sql.references import Followed

__all__ = ["Change", "Database", "Said"]

Change = Insert | Update | Delete


class Database(ABC):
    """One database."""

    name: str
    """What SQLAlchemy calls it."""

    shell: Shell
    """What a script says."""

    session: Session
    """What a connection is told."""

    survey: Survey
    """How what nobody declared is looked at."""

    drivers: tuple[str, ...]
    """Those that the whole way was gone with, as a URL names them."""

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
    def numbered_on(self, key: Column[Any], creating: ColumnElement[bool]) -> list[Said]:
        """Return what lets the database make free keys where rows came with keys of their own, if it is `creating`."""

    @abstractmethod
    def next_keys(self, key: Column[Any]) -> Relation:
        """Return the `first` key that the database makes next, the `step` to the others, how many are `left`."""

    @abstractmethod
    def watches(self, connection: Connection) -> tuple[list[Said], list[Said]]:
        """Return what notes each change with its table, where the database would not tell, and what ends that."""

    @abstractmethod
    def counted_so_far(self, tables: Sequence[tuple[str, Table]]) -> Relation:
        """Return what the database has counted before the changes, to be kept; the tables stand with their nouns."""

    @abstractmethod
    def counted_since(self) -> list[Executable]:
        """Return what adds to it what was counted by now, where what follows would be counted too."""

    @abstractmethod
    def unaccounted(self, account: Account, *, watched: bool) -> Relation:
        """Return what was counted otherwise than a run's journal names it: `table`, `kind`, `counted`, `journalled`."""

    @abstractmethod
    def replicated(self, names: Iterable[str]) -> list[Executable]:
        """Return what lets tables of ours that have no key be updated where every table is published."""

    @abstractmethod
    def without(self, copied: Table, names: Sequence[str]) -> list[Executable]:
        """Return what drops columns of a copy of ours."""

    @abstractmethod
    def as_made(self, keys: Sequence[Column[Any]], made: TableClause) -> Relation:
        """Return the `keys` of the rows of `made` that stand in their table as they are, in every column."""

    # Values.

    readers_keep_rows: bool
    """Whether a transaction that only reads may make a temporary table."""

    keeps_any_value: bool
    """Whether a column keeps any value as it came, whatever its type."""

    apart: Collection[str]
    """Types that the catalog puts into one kind, and of which each compares with itself alone."""

    journals_collate: bool
    """Whether what is kept of a table compares as the table does."""

    knows_broken_checks: bool
    """Whether the catalog tells who only reads that rows may break a CHECK; else each row is to be asked."""

    @abstractmethod
    def as_compared(self, stored: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a stored value, of whatever type, as one that equals the very same only."""

    @abstractmethod
    def may_be_unread(self, stamp: Stamp) -> bool:
        """Tell whether a column of times may hold what is no time."""

    @abstractmethod
    def entries(
        self, document: BindParameter[str], texts: Sequence[str | int], numbers: Sequence[str] = ()
    ) -> list[ColumnElement[Any]]:
        """Return the fields of each entry of a JSON list, by name or place: `numbers`, then `texts`."""

    @abstractmethod
    def digest(self, data: bytes = b"") -> Any:
        """Return the hash that the database itself, or its shell, can compute, of `data` so far."""

    @abstractmethod
    def joined(self, digest: Any) -> bytes:
        """Return the digest of a row as those of rows are joined to be digested once more."""

    @abstractmethod
    def told(self, value: Any) -> str:
        """Return one value of a report as SQL tells it in a digest (`digests.Told`)."""

    # The catalog.

    @abstractmethod
    def columns(self, asked: CTE) -> Relation:
        """Return the columns of tables: `table`, `name`, `place`, `type`, `plain`, `kind`, `generated`, `always`.

        `place` is from 1; what is made `always` the database lets nobody write. `asked` lists the tables, `table` and
        `quoted`. `plain` is the type without its length, `kind` what the catalog has for types of its kind. All three
        are empty where types cannot be compared.
        """

    @abstractmethod
    def needed(self, source: Table, keys: Sequence[str]) -> Relation:
        """Return the columns of `source` that take no NULL or are `keys`: `name`, and `filled`, 1 or 0."""

    @abstractmethod
    def as_told_apart(self, name: ColumnElement[str]) -> ColumnElement[str]:
        """Return the name of a column in a form that is equal for names which are one to the database."""

    @abstractmethod
    def mistyped_times(self, stamps: Sequence[tuple[Table, Stamp]], stored: CTE) -> list[Relation]:
        """Return of `stored`, which is `columns()`, those of another type: `table`, `column`, `declared`, `type`."""

    @abstractmethod
    def strange_labels(self, words: Sequence[tuple[Table, str, str]], stored: CTE) -> list[Relation]:
        """Return the words for columns of an enum that are none of its: `table`, `column`, `word`, `type`, `labels`."""

    @abstractmethod
    def unique_indexes(self, connection: Connection, source: Table) -> Iterator[UniqueIndex]:
        """Yield the unique indexes and constraints of `source`, that of its key included."""

    @abstractmethod
    def conditions(self, connection: Connection, sources: Sequence[Table]) -> Sequence[Conditions]:
        """Return what a row of each of `sources` must be, and how its columns keep values: asked in one statement."""

    @abstractmethod
    def as_kept(self, value: ColumnElement[Any], kept: Kept) -> tuple[ColumnElement[Any], ColumnElement[bool]]:
        """Return `value` as a column keeps it, and whether that can be said of it."""

    table_claims: Mapping[str, Question]
    """Per check of what the catalog alone tells of tables: what it asks."""

    unique_keys: Question
    """The `noun` of each part whose key is one, as a constraint says."""

    unique_names: Question
    """The unique indexes and what they cover."""

    defaults: Question
    """What a row gets, as SQL, in a `column` that it is given nothing for: no line where triggers may write there."""

    triggers: Question
    """What fires when rows are written: `question.FIRED`."""

    # What `alembic check` compares.

    @abstractmethod
    def holds_alike(self, found: TypeEngine[Any], declared: TypeEngine[Any], dialect: Dialect) -> bool | None:
        """Return False where a column of the type `found` holds all that `declared` holds; None: Alembic shall ask."""

    @abstractmethod
    def unread_foreign_keys(self, connection: Connection, name: str) -> list[list[tuple[str, ...]]]:
        """Return those that SQLAlchemy reads in part: lists of (column, table, column there, ON DELETE, ON UPDATE)."""

    # Foreign keys.

    follows_foreign_keys: bool
    """Whether the database checks a foreign key at once while a run changes rows."""

    @abstractmethod
    def foreign_keys(self, parent: Table, children: Sequence[Table]) -> Executable:
        """Return the question for the foreign keys that lead to `parent` or a part of it, a row per pair of columns.

        `schema`, `child`, `parent_schema`, `parent`, `number`, `belongs` (the places of those of `children` that the
        child is a part of, with commas), `field`, `target`.
        """

    @abstractmethod
    def loose_keys(self, key: Column[Any], tables: Sequence[Table], endings: Iterable[str]) -> Executable:
        """Return the question for the columns of tables beside `tables` that end like a foreign key and are none.

        `schema`, `child`, `field`; only such as can be compared with `key`, where the database has types.
        """

    @abstractmethod
    def leading_nowhere(self, tables: Sequence[Table], followed: Sequence[Followed]) -> list[Relation]:
        """Return the rows that refer to nothing, of `tables` and all that refer to them; none where there can be none.

        `table`, `rowid`, `parent`, `fkid`, `rows`: how many. `followed` are not asked, but for other foreign keys.
        """

    @abstractmethod
    def attached_found(self, asked: Sequence[Hanging], order: Sequence[str], *said: Sentence) -> list[Executable]:
        """Return what inserts into `rekey_guard` what hangs on those rows that journals name: guard and sentence.

        Asked when a script runs; none where no query can. `order`: noun and action of all that changes rows; who goes
        or is led elsewhere no later hangs on nothing. The sentences, the second of what is covered, the third of what
        does not count there, are made of `found`, what is asked and the foreign key, and of `hanging`, the row that
        goes and how many there.
        """

    @abstractmethod
    def attached_kept(self, asked: Standing) -> list[Executable]:
        """Return what sets the drift of rows on which others hang that do not leave, asked likewise."""
