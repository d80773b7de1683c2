"""What the databases say alike: each dialect's module registers it for itself, and an unknown one has none of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, literal
from sqlalchemy.sql.compiler import DDLCompiler, SQLCompiler

from alembic_rekey.sql.dialects.older import CreateTableAs
from alembic_rekey.sql.expressions import EveryColumn, InsertRows, Quoted, Sentence
from alembic_rekey.sql.references import DropColumn
from alembic_rekey.sql.registry_text import FromHexadecimal, is_plain
from alembic_rekey.sql.side_tables import CreateJournal
from alembic_rekey.sql.times import Moment, Unread

__all__ = [
    "ascii_text",
    "create_journal",
    "create_table_as",
    "drop_column",
    "every_column",
    "insert_rows",
    "insertion",
    "kept_rows",
    "listed",
    "sentence",
    "unread",
]


def insertion(element: InsertRows, compiler: SQLCompiler, **kw: Any) -> str:
    """Return how an insertion of rows begins."""
    target = compiler.process(element.target, asfrom=True, **kw)
    named = "" if element.columns is None else f" ({', '.join(map(compiler.preparer.quote, element.columns))})"
    return f"INSERT INTO {target}{named}"


def insert_rows(element: InsertRows, compiler: SQLCompiler, **kw: Any) -> str:
    """Write an insertion of rows."""
    return f"{insertion(element, compiler, **kw)} {compiler.process(element.rows, **kw)}"


def create_journal(element: CreateJournal, compiler: DDLCompiler, **_: Any) -> str:
    """Write the making of a table of our own in the shape of another."""
    name = compiler.preparer.quote(element.name)
    source = compiler.preparer.format_table(element.source)
    quote = compiler.preparer.quote
    leading = "".join(f"rekey_original.{quote(key)} AS {quote(to)}, " for to, key in element.leading.items())
    return (
        f"CREATE TABLE IF NOT EXISTS {name} AS\n"
        "SELECT CAST(NULL AS INTEGER) AS rekey_run, CAST(NULL AS TEXT) AS rekey_action, CAST(NULL AS TEXT) AS "
        f"rekey_canonical, CAST(NULL AS INTEGER) AS rekey_place, {leading}rekey_original.*\n"
        f"FROM {source} AS rekey_original WHERE 1 = 0"
    )


def create_table_as(element: CreateTableAs, compiler: DDLCompiler, **options: Any) -> str:
    """Write that rows are kept: no database takes parameters in DDL."""
    return kept_rows(element, compiler.sql_compiler, **options)


def kept_rows(element: CreateTableAs, compiler: SQLCompiler, **options: Any) -> str:
    """Write the same with a compiler of queries."""
    rows = compiler.process(element.rows, **{**options, "literal_binds": True})
    return f"CREATE TEMPORARY TABLE {compiler.preparer.quote(element.name)} AS {rows}"


def drop_column(element: DropColumn, compiler: DDLCompiler, **_: Any) -> str:
    """Write that a copy of ours loses columns of ours: plain names."""
    dropped = (f"DROP COLUMN {compiler.preparer.quote(name)}" for name in element.names)
    return f"ALTER TABLE {element.source.name} {', '.join(dropped)}"


def every_column(element: EveryColumn, compiler: SQLCompiler, **_: Any) -> str:
    """Write all columns of a table by its name alone: SQLite takes no schema here."""
    return f"{compiler.preparer.format_table(element.of, use_schema=False)}.*"


def listed(values: Sequence[ColumnElement[Any]], compiler: SQLCompiler, **kw: Any) -> str:
    """Write values with commas between them."""
    return ", ".join(compiler.process(one, **kw) for one in values)


def ascii_text(compiler: SQLCompiler, value: str) -> str:
    """Write a text of ours that may be beyond ASCII, so that a script stays ASCII."""
    # A name may take hundreds of letters to fold: as parameters they took a tenth of a script's time.
    return f"'{value}'" if is_plain(value) else compiler.process(FromHexadecimal(value.encode().hex()))


def unread(element: Unread, compiler: SQLCompiler, **kw: Any) -> str:
    """Write that a stored value says something, and no time."""
    stored, moment = compiler.process(element.stored, **kw), Moment(element.of, element.stored)
    blank = f"trim(CAST({stored} AS TEXT)) <> ''"
    return f"({stored} IS NOT NULL AND {blank} AND ({compiler.process(moment, **kw)}) IS NULL)"


def sentence(element: Sentence, compiler: SQLCompiler, function: str, quoted: str, **kw: Any) -> str:
    """Write a sentence by a function that fills in values as they are at `%s`, and in quotes at `quoted`."""
    template, values = "", list[ColumnElement[Any]]()
    for piece in element.pieces:
        match piece:
            case str():
                template += piece.replace("%", "%%")
            case Quoted(value):
                template += quoted
                values.append(value)
            case _:
                template += "%s"
                values.append(piece)
    if not values:
        return compiler.process(literal("".join(map(str, element.pieces)), Text()), **kw)
    return f"{function}({listed([literal(template, Text()), *values], compiler, **kw)})"
