"""PostgreSQL behind the interface that all databases have."""

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
    Enum,
    Executable,
    Float,
    Integer,
    String,
    Table,
    TableClause,
    Text,
    cast,
    func,
    insert,
    literal_column,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

import alembic_rekey.sql.dialects.postgresql.digests
import alembic_rekey.sql.dialects.postgresql.expressions  # noqa: F401  # the two for what they register
from alembic_rekey.spec import Relation
from alembic_rekey.spec.stamp import Stamp
from alembic_rekey.sql.accounts import Account
from alembic_rekey.sql.dialects.constraints import Conditions, Kept, UniqueIndex
from alembic_rekey.sql.dialects.interface import Change, Database, Said
from alembic_rekey.sql.dialects.postgresql import times
from alembic_rekey.sql.dialects.postgresql.catalog import claims, columns, conditions, triggers, unique_indexes
from alembic_rekey.sql.dialects.postgresql.catalog.accounts import by_table, statistics
from alembic_rekey.sql.dialects.postgresql.catalog.attached import FindAttached, KeepAttached
from alembic_rekey.sql.dialects.postgresql.catalog.loose_keys import loose_keys
from alembic_rekey.sql.dialects.postgresql.locks import Analyze, LockTables
from alembic_rekey.sql.dialects.postgresql.sequences import next_keys, numbered_on
from alembic_rekey.sql.dialects.postgresql.session import SETTLED, PostgreSQLSession
from alembic_rekey.sql.dialects.postgresql.shell import PostgreSQLShell
from alembic_rekey.sql.dialects.postgresql.survey import PostgreSQLSurvey
from alembic_rekey.sql.dialects.question import Hanging, Standing
from alembic_rekey.sql.digests import told
from alembic_rekey.sql.expressions import Sentence
from alembic_rekey.sql.references import DropColumn, Followed, ReplicateWhole
from alembic_rekey.sql.values import Catalogued

__all__ = ["PostgreSQL"]


class PostgreSQL(Database):
    """PostgreSQL: many writers, types, schemas, statistics."""

    name = "postgresql"
    shell = PostgreSQLShell()
    survey = PostgreSQLSurvey()
    session = PostgreSQLSession()
    drivers = ("psycopg", "psycopg2", "asyncpg", "pg8000", "psycopg_async")

    def counting(self, change: Change, into: Table, line: Sequence[ColumnElement[Any]]) -> list[Executable]:
        """Count what the change returns, in the same statement."""
        names = [known.name for known in into.columns]
        changed = change.returning(literal_column("1").label("changed")).cte("rekey_changed")
        return [insert(into).from_select(names, select(*line, func.count()).select_from(changed))]

    def analyzed(self, name: str, columns: Sequence[str]) -> list[Executable]:
        """Say how many rows there are: it would join as if there were one."""
        return [Analyze(name, columns)]

    def locks(self, tables: Sequence[Table], referred: Sequence[Table]) -> list[Said]:
        """Lock all of them at once, and pin the zone that times are written in."""
        return [
            ("Keep writers out of the tables until the end; readers go on.", LockTables(tables, referred)),
            ("Write times in UTC, whatever the session says.", text("SET LOCAL TIME ZONE 'UTC'")),
        ]

    def settled(self) -> list[Said]:
        """Ask at once: a later revision of the same transaction could not alter a table with an event pending."""
        return [("Ask now what deferred constraints would ask at COMMIT.", text(SETTLED))]

    def numbered_on(self, key: Column[Any], creating: ColumnElement[bool]) -> list[Said]:
        """Set the sequence of the key, if it is behind."""
        return [("Let the sequence go on behind the keys that are there.", numbered_on(key, creating))]

    def next_keys(self, key: Column[Any]) -> Relation:
        """Ask the sequence, as it goes on from where `numbered_on` sets it."""
        return next_keys(key)

    def watches(self, connection: Connection) -> tuple[list[Said], list[Said]]:
        """Set none: its statistics see what triggers and cascades do."""
        return [], []

    def counted_so_far(self, tables: Sequence[tuple[str, Table]]) -> Relation:
        """Read the statistics of this transaction."""
        return statistics()

    def counted_since(self) -> list[Executable]:
        """Return nothing: our own tables are told apart."""
        return []

    def unaccounted(self, account: Account, *, watched: bool) -> Relation:
        """Compare table by table."""
        return by_table(account)

    def replicated(self, names: Iterable[str]) -> list[Executable]:
        """Give them the whole row as their identity."""
        return [ReplicateWhole(name) for name in names]

    def without(self, copied: Table, names: Sequence[str]) -> list[Executable]:
        """Drop them at once."""
        return [DropColumn(copied, *names)]

    def as_made(self, keys: Sequence[Column[Any]], made: TableClause) -> Relation:
        """Compare the rows as texts."""
        return columns.as_made(keys, made)

    readers_keep_rows = False
    keeps_any_value = False
    apart = ("bytea", "json", "jsonb", "uuid", "xml")
    journals_collate = True
    knows_broken_checks = True

    def as_compared(self, stored: ColumnElement[Any]) -> ColumnElement[Any]:
        """Take its text: not every type has an equality, but every one has a text."""
        return cast(stored, Text)

    def may_be_unread(self, stamp: Stamp) -> bool:
        """Tell texts and numbers with fractions from types of its own."""
        return times.may_be_unread(stamp)

    def entries(
        self, document: BindParameter[str], texts: Sequence[str | int], numbers: Sequence[str] = ()
    ) -> list[ColumnElement[Any]]:
        """Read them by jsonb_array_elements()."""
        entry: ColumnElement[Any] = func.jsonb_array_elements(cast(document, JSONB)).column_valued("rekey_entry")
        counted = [cast(entry.op("->>")(field), Integer) for field in numbers]
        return [*counted, *(entry.op("->>")(field) for field in texts)]

    def digest(self, data: bytes = b"") -> Any:
        """Return SHA-256."""
        return hashlib.sha256(data)

    def joined(self, digest: Any) -> bytes:
        """Return its bytes."""
        return bytes(digest.digest())

    def told(self, value: Any) -> str:
        """Tell what is no real number by its text."""
        return told(value, self.digest)

    def columns(self, asked: CTE) -> Relation:
        """Ask pg_attribute."""
        return columns.columns(asked)

    def needed(self, source: Table, keys: Sequence[str]) -> Relation:
        """Ask pg_attribute."""
        return columns.needed(source, keys)

    def as_told_apart(self, name: ColumnElement[str]) -> ColumnElement[str]:
        """Return it as it is: names in quotes differ in case."""
        return name

    def mistyped_times(self, stamps: Sequence[tuple[Table, Stamp]], stored: CTE) -> list[Relation]:
        """Ask the catalog for the kind of each type."""
        return columns.mistyped_times(stamps, stored)

    def strange_labels(self, words: Sequence[tuple[Table, str, str]], stored: CTE) -> list[Relation]:
        """Ask pg_enum."""
        return columns.strange_labels(words, stored)

    def unique_indexes(self, connection: Connection, source: Table) -> Iterator[UniqueIndex]:
        """Ask pg_index."""
        return unique_indexes.unique_indexes(connection, source)

    def conditions(self, connection: Connection, sources: Sequence[Table]) -> Sequence[Conditions]:
        """Ask pg_constraint and pg_attribute."""
        return conditions.conditions(connection, sources)

    def as_kept(self, value: ColumnElement[Any], kept: Kept) -> tuple[ColumnElement[Any], ColumnElement[bool]]:
        """Cast it to the column's type."""
        made = cast(value, Catalogued(kept.type))
        return made.op("COLLATE")(literal_column(kept.collation)) if kept.collation else made, true()

    def holds_alike(self, found: TypeEngine[Any], declared: TypeEngine[Any], dialect: Dialect) -> bool | None:
        """Take any float for any other, and a text without a length for every text."""
        if isinstance(found, Float) and isinstance(declared, Float):
            return False
        is_any_text = isinstance(found, String) and not isinstance(found, Enum) and found.length is None
        return False if is_any_text and isinstance(declared, String) and not isinstance(declared, Enum) else None

    def unread_foreign_keys(self, connection: Connection, name: str) -> list[list[tuple[str, ...]]]:
        """Return none: SQLAlchemy reads them whole."""
        return []

    table_claims = claims.TABLE_CLAIMS
    unique_keys = claims.UNIQUE_KEYS
    unique_names = claims.UNIQUE_NAMES
    triggers = triggers.TRIGGERS
    defaults = claims.DEFAULTS
    follows_foreign_keys = True

    def foreign_keys(self, parent: Table, children: Sequence[Table]) -> Executable:
        """Ask pg_constraint, partitions and heirs included."""
        return columns.foreign_keys(parent, children)

    def loose_keys(self, key: Column[Any], tables: Sequence[Table], endings: Iterable[str]) -> Executable:
        """Ask pg_attribute, of tables that this account may read whole."""
        return loose_keys(key, tables, endings)

    def leading_nowhere(self, tables: Sequence[Table], followed: Sequence[Followed]) -> list[Relation]:
        """Return none: it lets none lead nowhere."""
        return []

    def attached_found(self, asked: Sequence[Hanging], order: Sequence[str], *said: Sentence) -> list[Executable]:
        """Run a program over the foreign keys of the catalog."""
        return [FindAttached(asked, order, *said)]

    def attached_kept(self, asked: Standing) -> list[Executable]:
        """Run a program over the foreign keys of the catalog."""
        return [KeepAttached(asked)]
