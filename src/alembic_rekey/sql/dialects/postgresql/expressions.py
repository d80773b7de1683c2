"""How PostgreSQL says the expressions and statements of this package."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, BindParameter, Cast, Enum, SmallInteger, String, Text, Uuid, cast, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler, SQLCompiler
from sqlalchemy.types import UserDefinedType

from alembic_rekey.names.matching import WHITESPACE
from alembic_rekey.sql.dialects.alike import (
    ascii_text,
    create_journal,
    create_table_as,
    drop_column,
    every_column,
    insert_rows,
    insertion,
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
    PutBackRows,
    Sentence,
    Uncollated,
    Verbatim,
    Written,
)
from alembic_rekey.sql.references import DropColumn, ReplicateWhole
from alembic_rekey.sql.registry_text import BeyondASCII, FoldedName, FromHexadecimal
from alembic_rekey.sql.side_tables import CreateJournal
from alembic_rekey.sql.values import Constant, Key, KeyText, NoNumber, Number, equatable

compiles(InsertRows, "postgresql")(insert_rows)
compiles(CreateJournal, "postgresql")(create_journal)
compiles(CreateTableAs, "postgresql")(create_table_as)
compiles(DropColumn, "postgresql")(drop_column)
compiles(EveryColumn, "postgresql")(every_column)

_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@compiles(ReplicateWhole, "postgresql")
def _replicate_whole(element: ReplicateWhole, compiler: DDLCompiler, **_: Any) -> str:
    return f"ALTER TABLE {compiler.preparer.quote(element.name)} REPLICA IDENTITY FULL"


@compiles(Clock, "postgresql")
def _clock(element: Clock, compiler: SQLCompiler, **kw: Any) -> str:
    return "clock_timestamp()"


@compiles(Written, "postgresql")
def _written(element: Written, compiler: SQLCompiler, **kw: Any) -> str:
    table = compiler.preparer.format_table(element.stored.table)
    column = compiler.preparer.quote(element.stored.name)
    name = compiler.process(literal(str(element.stored.name), Text()), **kw)
    value = compiler.process(element.value, **kw)
    # The one way to say "of the type that this column has" without the catalog; a subquery is asked once. Of a row that
    # stands there: a domain may take no NULL.
    return (
        f"(SELECT (jsonb_populate_record(rekey_typed.*, "  # noqa: S608  # names that the dialect quoted
        f"jsonb_build_object({name}, CAST({value} AS TEXT)))).{column} FROM {table} AS rekey_typed LIMIT 1)"
    )


@compiles(PutBackRows, "postgresql")
def _put_back_rows(element: PutBackRows, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{insertion(element, compiler, **kw)} OVERRIDING SYSTEM VALUE {compiler.process(element.rows, **kw)}"


@compiles(ByCodePoint, "postgresql")
def _by_code_point(element: ByCodePoint, compiler: SQLCompiler, **kw: Any) -> str:
    stored = compiler.process(element.stored, **kw)
    # What is declared as text may be of a type that takes no COLLATE: an enum, inet, uuid.
    return f'CAST({stored} AS TEXT) COLLATE "C"' if isinstance(element.type, String) else stored


@compiles(Exact, "postgresql")
def _exact(element: Exact, compiler: SQLCompiler, **kw: Any) -> str:
    stored = compiler.process(element.stored, **kw)
    if isinstance(element.stored, Exact) or not isinstance(element.type, String):
        return stored
    text = stored if isinstance(element.stored, Cast | AsText) else f"CAST({stored} AS TEXT)"
    # A database's own collation is deterministic: equal is the same, and what indexes most columns have serves.
    return f'({text} COLLATE "default")'


@compiles(Same, "postgresql")
def _same(element: Same, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.left, **kw)} IS NOT DISTINCT FROM {compiler.process(element.right, **kw)})"


@compiles(SameRow, "postgresql")
def _same_row(element: SameRow, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = (listed(side, compiler, **kw) for side in (element.left, element.right))
    # As records: between two ROW() the parser would compare column by column.
    return f"(CAST(ROW({left}) AS RECORD) OPERATOR(pg_catalog.*=) CAST(ROW({right}) AS RECORD))"


@compiles(SameSlot, "postgresql")
def _same_slot(element: SameSlot, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = (compiler.process(equatable(side), **kw) for side in (element.left, element.right))
    return (
        f"(coalesce(CAST({left} AS TEXT), '') = coalesce(CAST({right} AS TEXT), '') "
        f"AND {left} IS NOT DISTINCT FROM {right})"
    )


@compiles(NotAmong, "postgresql")
def _not_among(element: NotAmong, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.joined, **kw)


@compiles(SoughtByNumber, "postgresql")
def _sought_by_number(_element: SoughtByNumber, _compiler: SQLCompiler, **_kw: Any) -> str:
    return "true"


@compiles(AsText, "postgresql")
def _as_text(element: AsText, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({compiler.process(element.stored, **kw)} AS TEXT)"


@compiles(BeyondASCII, "postgresql")
def _beyond_ascii(element: BeyondASCII, compiler: SQLCompiler, **kw: Any) -> str:
    stored = compiler.process(element.stored, **kw)
    return f"(char_length({stored}) <> octet_length({stored}))"


@compiles(FoldedName, "postgresql")
def _folded(element: FoldedName, compiler: SQLCompiler, **kw: Any) -> str:
    folded = compiler.process(element.stored, **kw)
    single = [(capital, small) for capital, small in element.letters if len(small) == 1]
    capitals, smalls = ("".join(letters) for letters in zip(*single, strict=True)) if single else ("", "")
    if element.first:
        folded = f"btrim({folded}, {ascii_text(compiler, WHITESPACE)})"
        capitals, smalls = _CAPITALS + capitals, _CAPITALS.lower() + smalls
    if capitals:
        folded = f"translate({folded}, {ascii_text(compiler, capitals)}, {ascii_text(compiler, smalls)})"
    for capital, small in element.letters:
        if len(small) > 1:
            folded = f"replace({folded}, {ascii_text(compiler, capital)}, {ascii_text(compiler, small)})"
    return folded


class _Untyped(UserDefinedType[str]):
    """A text for whatever takes one: a column of an enum that is declared as text takes it as its own."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return what nobody asks for."""
        return "TEXT"


@compiles(NoNumber, "postgresql")
def _no_number(_element: NoNumber, _compiler: SQLCompiler, **_: Any) -> str:
    # What its type has no sum of, it refuses itself; that of infinities of both signs is NaN, a value of its own.
    return "false"


@compiles(Constant, "postgresql")
def _constant(element: Constant, compiler: SQLCompiler, **kw: Any) -> str:
    value = element.value
    if not isinstance(element.type, String) or isinstance(element.type, Enum):
        value = cast(value, element.type)
    elif isinstance(value, BindParameter) and type(value.type) in {String, Text} and not kw.get("literal_binds"):
        # As a script writes it: without a type, which SQLAlchemy would say.
        value = literal(value.value, _Untyped())
    return compiler.process(value, **kw)


@compiles(Item, "postgresql")
def _item(element: Item, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(CAST({compiler.process(element.listed, **kw)} AS JSONB) ->> {element.place})"


@compiles(Key, "postgresql")
def _key(element: Key, compiler: SQLCompiler, **kw: Any) -> str:
    text = compiler.process(element.text, **kw)
    if not isinstance(element.type, Uuid):
        return text
    # A project may keep a UUID as SQLAlchemy does where there is no type for it: as 32 digits.
    return f"CAST({text} AS UUID)" if element.type.native_uuid else f"replace({text}, '-', '')"


@compiles(Number, "postgresql")
def _number(element: Number, compiler: SQLCompiler, **kw: Any) -> str:
    text = compiler.process(element.text, **kw)
    most = 2 ** (15 if isinstance(element.type, SmallInteger) else 63 if isinstance(element.type, BigInteger) else 31)
    # One within the other: what is no number must not be cast, and what is too large not so.
    return (
        f"CASE WHEN ({text} ~ '^(0|-?[1-9][0-9]*)$') THEN "
        f"CASE WHEN (CAST({text} AS NUMERIC) BETWEEN {-most} AND {most - 1}) THEN "
        f"{compiler.process(cast(element.text, element.type), **kw)} END END"
    )


@compiles(KeyText, "postgresql")
def _key_text(element: KeyText, compiler: SQLCompiler, **kw: Any) -> str:
    texts = listed(element.texts, compiler, **kw)
    return texts if len(element.texts) == 1 else f"CAST(jsonb_build_array({texts}) AS TEXT)"


@compiles(FromHexadecimal, "postgresql")
def _from_hexadecimal(element: FromHexadecimal, _compiler: SQLCompiler, **_: Any) -> str:
    return f"convert_from(decode('{element.digits}', 'hex'), 'UTF8')"


@compiles(Verbatim, "postgresql")
def _verbatim(element: Verbatim, _compiler: SQLCompiler, **_: Any) -> str:
    return element.said


@compiles(Uncollated, "postgresql")
def _uncollated(element: Uncollated, compiler: SQLCompiler, **kw: Any) -> str:
    # A type without collations in between; COLLATE would decide for both sides.
    return f"(to_jsonb(CAST({compiler.process(element.stored, **kw)} AS TEXT)) #>> '{{}}')"


@compiles(Sentence, "postgresql")
def _sentence(element: Sentence, compiler: SQLCompiler, **kw: Any) -> str:
    return sentence(element, compiler, "format", "%L", **kw)
