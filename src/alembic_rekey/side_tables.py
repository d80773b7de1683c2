"""The tables that we own: runs, counts, the registry as a run saw it, and a journal per table.

A journal has the shape of its table, made by the database itself from the table as it stands: typed,
with every column, whether the revision knows it or not, and alike online and in a script.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    ScalarSelect,
    Table,
    TableClause,
    Text,
    column,
    func,
    select,
    table,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateTable, DropTable, ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from alembic_rekey.registry_text import RegistryText

__all__ = [
    "CreateJournal",
    "aliases",
    "counts",
    "create_side_tables",
    "current_run",
    "drop_side_tables",
    "is_side_table",
    "journal",
    "journal_name",
    "metadata",
    "run_time",
    "runs",
]

_JOURNAL = "rekey_journal_"

metadata = MetaData()
"""The side tables whose shape does not depend on the application's."""

runs = Table(
    "rekey_run",
    metadata,
    Column("id", Integer, autoincrement=False),
    Column("revision", Text, nullable=False),
    Column("outcome", Text),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Column("registry_path", RegistryText, nullable=False),
    Column("registry_sha256", Text),
    Column("plan_sha256", Text),
    PrimaryKeyConstraint("id", name="rekey_run_pkey"),
)

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


def journal_name(source: Table) -> str:
    """Return the name of the journal of `source`."""
    return f"{_JOURNAL}{source.name}"


@cache
def journal(source: Table) -> TableClause:
    """Return the journal of `source` with the columns that the revision knows."""
    return table(
        journal_name(source),
        column("run_id", Integer()),
        column("action", Text()),
        column("canonical", RegistryText()),
        *(column(known.name, known.type) for known in source.columns),
    )


def current_run() -> ScalarSelect[int]:
    """Return the run that this transaction records: the newest one, since runs exclude each other."""
    return select(func.max(runs.c.id)).scalar_subquery()


def run_time() -> ScalarSelect[Any]:
    """Return the one timestamp that every row changed by the current run gets."""
    return select(runs.c.started_at).where(runs.c.id == current_run()).scalar_subquery()


def is_side_table(name: str) -> bool:
    """Tell whether a table of that name is one of ours."""
    return name in metadata.tables or name.startswith(_JOURNAL)


class CreateJournal(ExecutableDDLElement):
    """CREATE TABLE of the journal of `source`, in the shape that `source` has in the database."""

    def __init__(self, source: Table) -> None:
        self.source = source


@compiles(CreateJournal)
def _create_journal(element: CreateJournal, compiler: DDLCompiler, **_: Any) -> str:
    name = compiler.preparer.quote(journal_name(element.source))
    source = compiler.preparer.format_table(element.source)
    return (
        f"CREATE TABLE IF NOT EXISTS {name} AS\n"
        "SELECT CAST(NULL AS INTEGER) AS run_id, CAST(NULL AS TEXT) AS action, "
        f"CAST(NULL AS TEXT) AS canonical, original.*\nFROM {source} AS original WHERE 1 = 0"
    )


def create_side_tables(tables: Iterable[Table]) -> list[ExecutableDDLElement]:
    """Return the DDL for the side tables and for the journals of `tables`; what exists stays."""
    return [
        *(CreateTable(owned, if_not_exists=True) for owned in metadata.sorted_tables),
        *(CreateJournal(source) for source in tables),
    ]


def drop_side_tables(tables: Iterable[Table]) -> list[ExecutableDDLElement]:
    """Return the DDL that takes away what `create_side_tables` made."""
    journals = [Table(journal_name(source), MetaData()) for source in tables]
    return [DropTable(owned, if_exists=True) for owned in (*journals, *reversed(metadata.sorted_tables))]
