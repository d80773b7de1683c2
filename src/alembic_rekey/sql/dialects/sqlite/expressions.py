"""How SQLite says the expressions and statements of this package."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text, Uuid, literal
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler, SQLCompiler
from sqlalchemy.sql.elements import BinaryExpression

from alembic_rekey.names.matching import WHITESPACE
from alembic_rekey.sql.dialects.alike import (
    ascii_text,
    create_journal,
    drop_column,
    every_column,
    insert_rows,
    kept_rows,
    listed,
    sentence,
)
from alembic_rekey.sql.dialects.older import CreateTableAs
from alembic_rekey.sql.equality import AsText, NotAmong, Same, SameRow, SameSlot, SoughtByNumber
from alembic_rekey.sql.expressions import (
    ByCodePoint,
    Clock,
    EveryColumn,
    Exact,
    InsertRows,
    Item,
    Scanned,
    Sentence,
    Uncollated,
    Written,
)
from alembic_rekey.sql.references import DropColumn, Refers
from alembic_rekey.sql.registry_text import BeyondASCII, FoldedName, FromHexadecimal
from alembic_rekey.sql.side_tables import CreateJournal
from alembic_rekey.sql.values import Constant, Key, KeyText, NoNumber, Number

compiles(InsertRows, "sqlite")(insert_rows)
compiles(CreateJournal, "sqlite")(create_journal)
compiles(DropColumn, "sqlite")(drop_column)
compiles(EveryColumn, "sqlite")(every_column)


class Constants(SQLiteCompiler):
    """SQLAlchemy's own, where it forgets that constants are to be written, in scripts and where rows are kept."""

    def visit_is_distinct_from_binary(self, binary: BinaryExpression[Any], operator: Any, **kw: Any) -> str:
        """Say IS NOT."""
        return f"{self.process(binary.left, **kw)} IS NOT {self.process(binary.right, **kw)}"

    def visit_is_not_distinct_from_binary(self, binary: BinaryExpression[Any], operator: Any, **kw: Any) -> str:
        """Say IS."""
        return f"{self.process(binary.left, **kw)} IS {self.process(binary.right, **kw)}"


@compiles(CreateTableAs, "sqlite")
def _create_table_as(element: CreateTableAs, compiler: DDLCompiler, **options: Any) -> str:
    known = compiler.sql_compiler
    schemas = compiler.schema_translate_map
    ours = known if isinstance(known, Constants) else Constants(compiler.dialect, None, schema_translate_map=schemas)
    return kept_rows(element, ours, **options)


@compiles(Clock, "sqlite")
def _clock(element: Clock, compiler: SQLCompiler, **kw: Any) -> str:
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


@compiles(Written, "sqlite")
def _written(element: Written, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.value, **kw)


@compiles(Exact, "sqlite")
def _exact(element: Exact, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.stored, **kw)} COLLATE BINARY"


@compiles(Scanned, "sqlite")
def _scanned(element: Scanned, compiler: SQLCompiler, **kw: Any) -> str:
    return f"+({compiler.process(element.stored, **kw)} COLLATE BINARY)"


@compiles(Same, "sqlite")
def _same(element: Same, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.left, **kw)} IS {compiler.process(element.right, **kw)})"


@compiles(SameRow, "sqlite")
def _same_row(element: SameRow, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(({listed(element.left, compiler, **kw)}) IS ({listed(element.right, compiler, **kw)}))"


@compiles(SameSlot, "sqlite")
def _same_slot(element: SameSlot, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.left, **kw)} IS {compiler.process(element.right, **kw)})"


@compiles(NotAmong, "sqlite")
def _not_among(element: NotAmong, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.sought, **kw)


@compiles(SoughtByNumber, "sqlite")
def _sought_by_number(element: SoughtByNumber, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.number, **kw)} = CAST({compiler.process(element.kept, **kw)} AS INTEGER)"


@compiles(AsText, "sqlite")
def _as_text(element: AsText, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.stored, **kw)


@compiles(Refers, "sqlite")
def _refers(element: Refers, compiler: SQLCompiler, **kw: Any) -> str:
    child, column, parent, target = (
        compiler.process(literal(str(name), Text()), **kw)
        for name in (element.child.table.name, element.child.name, element.parent.table.name, element.parent.name)
    )
    return (
        f"EXISTS (SELECT 1 FROM pragma_foreign_key_list({child}) AS fk "  # noqa: S608  # literals that SQLAlchemy wrote
        f'WHERE lower(fk."table") = lower({parent}) AND lower(fk."from") = lower({column}) '
        # Without columns it leads to the primary key.
        'AND lower(coalesce(fk."to", (SELECT name FROM pragma_table_info(fk."table") WHERE pk = fk.seq + 1))) '
        f"= lower({target}))"
    )


@compiles(BeyondASCII, "sqlite")
def _beyond_ascii(element: BeyondASCII, compiler: SQLCompiler, **kw: Any) -> str:
    stored = compiler.process(element.stored, **kw)
    return f"(length({stored}) <> length(CAST({stored} AS BLOB)))"


@compiles(FoldedName, "sqlite")
def _folded(element: FoldedName, compiler: SQLCompiler, **kw: Any) -> str:
    folded = compiler.process(element.stored, **kw)
    if element.first:
        folded = f"lower(trim({folded}, {ascii_text(compiler, WHITESPACE)}))"
    for capital, small in element.letters:
        folded = f"replace({folded}, {ascii_text(compiler, capital)}, {ascii_text(compiler, small)})"
    return folded


@compiles(Item, "sqlite")
def _item(element: Item, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_extract({compiler.process(element.listed, **kw)}, '$[{element.place}]')"


@compiles(ByCodePoint, "sqlite")
def _by_code_point(element: ByCodePoint, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.stored, **kw)


@compiles(Key, "sqlite")
def _key(element: Key, compiler: SQLCompiler, **kw: Any) -> str:
    text = compiler.process(element.text, **kw)
    # SQLAlchemy keeps a UUID as 32 digits where the database has no type for it.
    return f"replace({text}, '-', '')" if isinstance(element.type, Uuid) else text


@compiles(Number, "sqlite")
def _number(element: Number, compiler: SQLCompiler, **kw: Any) -> str:
    text = compiler.process(element.text, **kw)
    number = f"CAST({text} AS INTEGER)"
    return f"CASE WHEN (CAST({number} AS TEXT) = {text}) THEN {number} END"


@compiles(KeyText, "sqlite")
def _key_text(element: KeyText, compiler: SQLCompiler, **kw: Any) -> str:
    texts = [compiler.process(text, **kw) for text in element.texts]
    if len(texts) == 1:
        return texts[0]
    # As PostgreSQL writes a list, and Python: with blanks behind the commas.
    quoted = " || ', ' || ".join(f"json_quote({text})" for text in texts)
    return f"('[' || {quoted} || ']')"


@compiles(Constant, "sqlite")
def _constant(element: Constant, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.value, **kw)


@compiles(NoNumber, "sqlite")
def _no_number(element: NoNumber, compiler: SQLCompiler, **kw: Any) -> str:
    stored, total = compiler.process(element.stored, **kw), compiler.process(element.total, **kw)
    return f"(typeof({stored}) IN ('text', 'blob') OR ({stored} IN (9e999, -9e999) AND {total} IS NULL))"


@compiles(FromHexadecimal, "sqlite")
def _from_hexadecimal(element: FromHexadecimal, _compiler: SQLCompiler, **_: Any) -> str:
    return f"CAST(X'{element.digits}' AS TEXT)"


@compiles(Uncollated, "sqlite")
def _uncollated(element: Uncollated, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.stored, **kw)


@compiles(Sentence, "sqlite")
def _sentence(element: Sentence, compiler: SQLCompiler, **kw: Any) -> str:
    return sentence(element, compiler, "printf", "%Q", **kw)
