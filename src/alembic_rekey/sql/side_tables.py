"""The tables that we own: runs, counts, a run's registry and answers, a journal per table, and what was created.

A journal has the shape of its table, made by the database itself from the table as it stands: typed,
with every column, whether the revision knows it or not, and alike online and in a script.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from functools import cache
from typing import Any
from zlib import crc32

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnClause,
    DateTime,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    ScalarSelect,
    Table,
    TableClause,
    Text,
    column,
    func,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable, ExecutableDDLElement

from alembic_rekey.errors import SpecRefused
from alembic_rekey.spec import Part
from alembic_rekey.sql.registry_text import RegistryText

__all__ = [
    "CreateJournal",
    "aliases",
    "answers",
    "bookkeeping",
    "counts",
    "create_side_tables",
    "created",
    "created_name",
    "current_run",
    "drop_side_tables",
    "every_column",
    "is_side_table",
    "journal",
    "journal_name",
    "kept_names",
    "metadata",
    "redirects",
    "run_time",
    "runs",
    "to_name",
]

_JOURNAL = "rekey_journal_"
_CREATED = "rekey_created_"
_MOST = 57
"""Bytes of a column's name that stands in every query: PostgreSQL keeps 63, SQLAlchemy six less."""

metadata = MetaData()
"""The side tables whose shape does not depend on the application's."""

runs = Table(
    "rekey_run",
    metadata,
    Column("id", Integer, autoincrement=False),
    Column("revision", Text, nullable=False),
    Column("noun", Text, nullable=False),
    Column("turn", Integer, nullable=False, server_default=text("1")),
    Column("outcome", Text),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Column("restored_at", DateTime(timezone=True)),
    Column("registry_path", RegistryText, nullable=False),
    Column("registry_sha256", Text),
    Column("plan_sha256", Text),
    PrimaryKeyConstraint("id", name="rekey_run_pkey"),
)
"""`turn`: which of the specs that its revision has for this noun, from 1 on: one noun may be folded twice."""

counts = Table(
    "rekey_count",
    metadata,
    Column("run_id", Integer),
    Column("phase", Text),
    Column("name", Text),
    Column("value", BigInteger, nullable=False),
    PrimaryKeyConstraint("run_id", "phase", "name", name="rekey_count_pkey"),
)

aliases = Table(
    "rekey_alias",
    metadata,
    Column("run_id", Integer, nullable=False),
    Column("alias", RegistryText, nullable=False),
    Column("canonical", RegistryText, nullable=False),
    Column("key", RegistryText, nullable=False),
    Column("identity", Text, nullable=False),
)
"""A line per registered name and stored form of its key; a canonical stands as its own alias.

No index: PostgreSQL refuses index entries over 2.7 kB, and names may have 10,000 characters.
"""

answers = Table(
    "rekey_answer",
    metadata,
    Column("run_id", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("source", RegistryText, nullable=False),
    Column("slot", RegistryText, nullable=False),
    Column("project", RegistryText, nullable=False),
    Column("canonical", RegistryText),
    Column("keep", RegistryText, nullable=False),
    Column("alias", RegistryText),
    Column("decided_by", RegistryText),
    Column("why", RegistryText),
)
"""A line per answer to a collision: its place in the file, the table, the slot's values as a JSON list of texts (behind
them, where they were said, those of its owners and of the key of the row to keep), what was written and meant by its
names, who decided and why (`answers.Answer`)."""


redirects = Table(
    "rekey_redirect",
    metadata,
    Column("run_id", Integer, nullable=False),
    Column("noun", Text, nullable=False),
    Column("old_key", Text, nullable=False),
    Column("new_key", Text, nullable=False),
    Column("alias", RegistryText),
    Column("canonical", RegistryText),
    # PostgreSQL refuses entries over 2.7 kB in an index of the usual kind, and a name may be a key.
    Index("rekey_redirect_old_key", "old_key", postgresql_using="hash"),
)
"""A line per row that was folded into another: where its key leads now, whatever was folded since. Keys are texts,
those of several columns JSON lists of texts."""


def journal_name(source: Table) -> str:
    """Return the name of the journal of `source`."""
    return f"{_JOURNAL}{source.name}"


@cache
def journal(part: Part) -> TableClause:
    """Return the journal of the table of `part` with the columns that the revision knows."""
    return _kept(journal_name(part.table), part)


def created_name(source: Table) -> str:
    """Return the name of the table of the rows that runs created in `source`."""
    return f"{_CREATED}{source.name}"


@cache
def created(part: Part) -> TableClause:
    """Return the rows that runs created in an identity, as they were made; shaped like a journal."""
    return _kept(created_name(part.table), part)


def to_name(key: Column[Any]) -> str:
    """Return the name of the journal's column that says where the column `key` of a key leads now."""
    name = f"rekey_to_{key.name}"
    # A longer one would be cut off.
    return name if len(name.encode()) <= _MOST else f"rekey_to_{crc32(str(key.name).encode()):08x}"


def bookkeeping(part: Part) -> tuple[str, ...]:
    """Return the names of the journal's own columns, which stand in front."""
    return ("rekey_run", "rekey_action", "rekey_canonical", "rekey_place", *map(to_name, part.keys))


def _kept(name: str, part: Part) -> TableClause:
    for taken in {known.name for known in part.table.columns} & {*bookkeeping(part)}:
        raise SpecRefused(
            f"the column {taken!r} of {part.table.name} is named like one of the journal's own",
            "rename the column for as long as the journal is needed, or leave its table out of the revision.",
        )
    return table(
        name,
        column("rekey_run", Integer()),
        column("rekey_action", Text()),
        column("rekey_canonical", RegistryText()),
        column("rekey_place", Integer()),
        *(column(to_name(known), known.type) for known in part.keys),
        *(column(known.name, known.type) for known in part.table.columns),
    )


def every_column(kept: TableClause) -> ColumnClause[Any]:
    """Return every column of a journal of ours, those that the revision does not know included."""
    # Its first letters are no reserved word, whatever the table is named.
    plain = re.fullmatch("[a-z0-9_]+", kept.name) is not None
    return literal_column(f"{kept.name}.*" if plain else '"{}".*'.format(kept.name.replace('"', '""')))


def current_run() -> ScalarSelect[int]:
    """Return the run that this transaction records: the newest one, since runs exclude each other."""
    return select(func.max(runs.c.id)).scalar_subquery()


def run_time() -> ScalarSelect[Any]:
    """Return the one timestamp that every row changed by the current run gets."""
    return select(runs.c.started_at).where(runs.c.id == current_run()).scalar_subquery()


def is_side_table(name: str) -> bool:
    """Tell whether a table of that name is one of ours."""
    return name in metadata.tables or name.startswith((_JOURNAL, _CREATED))


class CreateJournal(ExecutableDDLElement):
    """CREATE TABLE `name` for rows of `source` and what a run did, in the shape that `source` has in the database."""

    def __init__(self, name: str, part: Part) -> None:
        self.name = name
        self.source = part.table
        self.leading = {to_name(known): str(known.name) for known in part.keys}


def create_side_tables(parts: Iterable[Part]) -> list[ExecutableDDLElement]:
    """Return the DDL for the side tables and for the journals of `parts`; what exists stays."""
    return [
        *(CreateTable(owned, if_not_exists=True) for owned in metadata.sorted_tables),
        *(CreateIndex(one, if_not_exists=True) for owned in metadata.sorted_tables for one in owned.indexes),
        *(CreateJournal(name, part) for part in parts for name in kept_names(part)),
    ]


def drop_side_tables(parts: Iterable[Part], needed: Container[str] = ()) -> list[ExecutableDDLElement]:
    """Return the DDL that takes away what `create_side_tables` made, but for the `needed` tables."""
    kept = [Table(name, MetaData()) for part in parts for name in kept_names(part)]
    every = (*kept, *reversed(metadata.sorted_tables))
    return [DropTable(owned, if_exists=True) for owned in every if owned.name not in needed]


def kept_names(part: Part) -> tuple[str, ...]:
    """Return the names of the side tables that keep rows of `part`."""
    made = (created_name(part.table),) if part.keeps_created else ()
    return (journal_name(part.table), *made)
