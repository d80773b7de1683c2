"""SQLite behind the interface that all databases have."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    Table,
    TableClause,
    func,
    insert,
    select,
)
from sqlalchemy.types import TypeEngine

import alembic_rekey.sql.dialects.sqlite.digests
import alembic_rekey.sql.dialects.sqlite.expressions
import alembic_rekey.sql.dialects.sqlite.times  # noqa: F401  # the three for what they register
from alembic_rekey.spec import Relation
from alembic_rekey.spec.stamp import Stamp
from alembic_rekey.sql.accounts import Account
from alembic_rekey.sql.dialects.constraints import Conditions, Kept, UniqueIndex
from alembic_rekey.sql.dialects.interface import Change, Database, Said
from alembic_rekey.sql.dialects.question import Hanging, Standing
from alembic_rekey.sql.dialects.sqlite import comparison
from alembic_rekey.sql.dialects.sqlite.catalog import claims, columns, conditions, triggers, unique_indexes
from alembic_rekey.sql.dialects.sqlite.catalog.accounts import by_total, by_watch, counted_since, counted_so_far
from alembic_rekey.sql.dialects.sqlite.catalog.loose_keys import loose_keys
from alembic_rekey.sql.dialects.sqlite.catalog.watches import taken_off, to_watch, watching
from alembic_rekey.sql.dialects.sqlite.session import SQLiteSession
from alembic_rekey.sql.dialects.sqlite.shell import SQLiteShell
from alembic_rekey.sql.dialects.sqlite.survey import SQLiteSurvey
from alembic_rekey.sql.digests import told
from alembic_rekey.sql.expressions import Exact, Sentence
from alembic_rekey.sql.references import DropColumn, Followed

__all__ = ["SQLite"]


class SQLite(Database):
    """SQLite: one writer, no types, foreign keys off while a run changes rows."""

    name = "sqlite"
    shell = SQLiteShell()
    survey = SQLiteSurvey()
    session = SQLiteSession()
    drivers = ("pysqlite", "aiosqlite", "pysqlcipher")

    def counting(self, change: Change, into: Table, line: Sequence[ColumnElement[Any]]) -> list[Executable]:
        """Ask the connection for the changes of its last statement."""
        names = [known.name for known in into.columns]
        return [change, insert(into).from_select(names, select(*line, func.changes()))]

    def analyzed(self, name: str, columns: Sequence[str]) -> list[Executable]:
        """Return nothing: it plans without statistics."""
        return []

    def locks(self, tables: Sequence[Table], referred: Sequence[Table]) -> list[Said]:
        """Return nothing: BEGIN IMMEDIATE keeps every other writer out."""
        return []

    def settled(self) -> list[Said]:
        """Return nothing: foreign keys are off, and asked as a whole."""
        return []

    def numbered_on(self, key: Column[Any], creating: ColumnElement[bool]) -> list[Said]:
        """Return nothing: it looks for the highest itself."""
        return []

    def next_keys(self, key: Column[Any]) -> Relation:
        """Go on behind the highest, unless it remembers higher ones."""
        return columns.next_keys(key)

    def watches(self, connection: Connection) -> tuple[list[Said], list[Said]]:
        """Set temporary triggers where the database can change rows by itself."""
        names = to_watch(connection)
        return watching(names), taken_off(names)

    def counted_so_far(self, tables: Sequence[tuple[str, Table]]) -> Relation:
        """Count the rows of the tables, and all changes."""
        return counted_so_far(tables)

    def counted_since(self) -> list[Executable]:
        """Count all changes once more."""
        return [counted_since()]

    def unaccounted(self, account: Account, *, watched: bool) -> Relation:
        """Compare table by table where each change was noted, else the rows of the tables and all changes."""
        return by_watch(account) if watched else by_total(account)

    def replicated(self, names: Iterable[str]) -> list[Executable]:
        """Return nothing: it publishes none."""
        return []

    def without(self, copied: Table, names: Sequence[str]) -> list[Executable]:
        """Drop one after the other."""
        return [DropColumn(copied, name) for name in names]

    def as_made(self, keys: Sequence[Column[Any]], made: TableClause) -> Relation:
        """Intersect the rows."""
        return columns.as_made(keys, made)

    readers_keep_rows = True
    keeps_any_value = True
    apart = ()
    journals_collate = False
    # Where a file is opened for reading only, SQLite does not even read the text of a CHECK: no pragma finds a row.
    knows_broken_checks = False

    def as_compared(self, stored: ColumnElement[Any]) -> ColumnElement[Any]:
        """Tell every letter apart."""
        return Exact(stored)

    def may_be_unread(self, stamp: Stamp) -> bool:
        """Return True: any column holds any value."""
        return True

    def entries(
        self, document: BindParameter[str], texts: Sequence[str | int], numbers: Sequence[str] = ()
    ) -> list[ColumnElement[Any]]:
        """Read them by json_each()."""
        entry = func.json_each(document).table_valued("value", name="rekey_entry").c.value
        places = (f"$[{field}]" if isinstance(field, int) else f"$.{field}" for field in (*numbers, *texts))
        return [func.json_extract(entry, place) for place in places]

    def digest(self, data: bytes = b"") -> Any:
        """Return SHA3-256, which its shell has."""
        return hashlib.sha3_256(data)

    def joined(self, digest: Any) -> bytes:
        """Return its digits: texts join."""
        return str(digest.hexdigest()).encode()

    def told(self, value: Any) -> str:
        """Tell integers by their digits: any column may hold one."""
        is_integer = isinstance(value, int) and not isinstance(value, bool)
        return f"i{value}" if is_integer else told(value, self.digest)

    def columns(self, asked: CTE) -> Relation:
        """Ask pragma_table_xinfo."""
        return columns.columns(asked)

    def needed(self, source: Table, keys: Sequence[str]) -> Relation:
        """Ask pragma_table_xinfo; it makes one kind of key itself."""
        return columns.needed(source, keys)

    def as_told_apart(self, name: ColumnElement[str]) -> ColumnElement[str]:
        """Lower it: `Action` is `action`."""
        return func.lower(name)

    def mistyped_times(self, stamps: Sequence[tuple[Table, Stamp]], stored: CTE) -> list[Relation]:
        """Return none: values have their own types."""
        return []

    def strange_labels(self, words: Sequence[tuple[Table, str, str]], stored: CTE) -> list[Relation]:
        """Return none: it has no enums."""
        return []

    def unique_indexes(self, connection: Connection, source: Table) -> Iterator[UniqueIndex]:
        """Read what an expression is from the text of the index."""
        return unique_indexes.unique_indexes(connection, source)

    def conditions(self, connection: Connection, sources: Sequence[Table]) -> Sequence[Conditions]:
        """Read the text of the table."""
        return conditions.conditions(connection, sources)

    def as_kept(self, value: ColumnElement[Any], kept: Kept) -> tuple[ColumnElement[Any], ColumnElement[bool]]:
        """Cast it to the column's affinity, where that is what storing does."""
        return conditions.as_kept(value, kept)

    def holds_alike(self, found: TypeEngine[Any], declared: TypeEngine[Any], dialect: Dialect) -> bool | None:
        """Compare affinities."""
        return comparison.holds_alike(found, declared, dialect)

    def unread_foreign_keys(self, connection: Connection, name: str) -> list[list[tuple[str, ...]]]:
        """Ask pragma_foreign_key_list."""
        return comparison.unread_foreign_keys(connection, name)

    table_claims = claims.TABLE_CLAIMS
    unique_keys = claims.UNIQUE_KEYS
    unique_names = claims.UNIQUE_NAMES
    triggers = triggers.TRIGGERS
    defaults = claims.DEFAULTS
    follows_foreign_keys = False

    def foreign_keys(self, parent: Table, children: Sequence[Table]) -> Executable:
        """Ask pragma_foreign_key_list of every table."""
        return columns.foreign_keys(parent, children)

    def loose_keys(self, key: Column[Any], tables: Sequence[Table], endings: Iterable[str]) -> Executable:
        """Ask pragma_table_info of every other table."""
        return loose_keys(key, tables, endings)

    def leading_nowhere(self, tables: Sequence[Table], followed: Sequence[Followed]) -> list[Relation]:
        """Ask pragma_foreign_key_check of those tables."""
        return [columns.leading_nowhere(tables, followed)]

    def attached_found(self, asked: Sequence[Hanging], order: Sequence[str], *said: Sentence) -> list[Executable]:
        """Return none: no query can name a table that another one tells."""
        return []

    def attached_kept(self, asked: Standing) -> list[Executable]:
        """Return none: no query can name a table that another one tells."""
        return []
