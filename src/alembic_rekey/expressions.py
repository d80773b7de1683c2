"""SQL expressions that the dialects spell differently: literals, the key of a name, time, the clock.

Everything here compiles for SQLite and PostgreSQL, online with bound values and in a script with
literals, to the same meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, DateTime, Dialect, String, Text, TypeDecorator, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement, ColumnElement
from sqlalchemy.sql.expression import Executable

from alembic_rekey.keys import WHITESPACE
from alembic_rekey.spec import Relation

__all__ = ["Clock", "FoldedName", "InsertRows", "Moment", "PutBackRows", "RegistryText", "Same", "by_code_point"]

_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PLAIN = re.compile(r"[A-Za-z0-9_.@/+ -]*")

LETTERS_AT_ONCE = 12
"""SQLite's parser takes about 25 nested calls (3.40); half of that leaves room for the rest."""


class RegistryText(TypeDecorator[str]):
    """Text of the registry: bound online; in a script, ASCII that survives every shell and encoding.

    Why: psql under another client encoding stores mojibake, the sqlite3 shell turns CR LF into LF,
    and Alembic turns a tab into spaces (pitfalls, `--sql`).
    """

    # No subclass of Text: dialects replace those by their own types, psycopg's does, and quote the text.
    impl = Text
    cache_ok = True

    def literal_processor(self, dialect: Dialect) -> Callable[[str], str]:
        """Return the function that writes a value as a literal of `dialect`."""

        def process(value: str) -> str:
            if is_plain(value):
                return f"'{value}'"
            digits = value.encode().hex()
            if dialect.name == "postgresql":
                return f"convert_from(decode('{digits}', 'hex'), 'UTF8')"
            return f"CAST(X'{digits}' AS TEXT)"

        return process


def _text(compiler: SQLCompiler, value: str, **kw: Any) -> str:
    return compiler.process(literal(value, RegistryText()), **kw)


def is_plain(name: str) -> bool:
    """Tell whether a script may hold `name` between quotes as it is."""
    return _PLAIN.fullmatch(name) is not None


class FoldedName(ColumnElement[str]):
    """The key of the name in `stored`: trimmed and lowered as Python does it, whatever the locale.

    `letters` are the replacements beyond ASCII (see `keys.letters`), at most `LETTERS_AT_ONCE` of
    them; `first` says whether trimming and the ASCII letters are still to be done. The database's
    own lower() is not used on PostgreSQL: it follows the collation (Turkish: I -> ı).
    """

    # The letters are no part of SQLAlchemy's cache key.
    inherit_cache = False
    type = RegistryText()

    def __init__(self, stored: ColumnElement[str], letters: Sequence[tuple[str, str]], *, first: bool) -> None:
        self.stored = stored
        self.letters = tuple(letters)
        self.first = first


@compiles(FoldedName, "sqlite")
def _folded_sqlite(element: FoldedName, compiler: SQLCompiler, **kw: Any) -> str:
    folded = compiler.process(element.stored, **kw)
    if element.first:
        folded = f"lower(trim({folded}, {_text(compiler, WHITESPACE, **kw)}))"
    for capital, small in element.letters:
        folded = f"replace({folded}, {_text(compiler, capital, **kw)}, {_text(compiler, small, **kw)})"
    return folded


@compiles(FoldedName, "postgresql")
def _folded_postgresql(element: FoldedName, compiler: SQLCompiler, **kw: Any) -> str:
    folded = compiler.process(element.stored, **kw)
    single = [(capital, small) for capital, small in element.letters if len(small) == 1]
    capitals, smalls = ("".join(letters) for letters in zip(*single, strict=True)) if single else ("", "")
    if element.first:
        folded = f"btrim({folded}, {_text(compiler, WHITESPACE, **kw)})"
        capitals, smalls = _CAPITALS + capitals, _CAPITALS.lower() + smalls
    if capitals:
        folded = f"translate({folded}, {_text(compiler, capitals, **kw)}, {_text(compiler, smalls, **kw)})"
    for capital, small in element.letters:
        if len(small) > 1:
            folded = f"replace({folded}, {_text(compiler, capital, **kw)}, {_text(compiler, small, **kw)})"
    return folded


class Moment(ColumnElement[Any]):
    """A column of times as a value that sorts in time; NULL where it holds no time.

    SQLite keeps whatever text was written: with a blank or a T, a fraction, a zone. There it is
    microseconds since 1970, a text without a zone read as UTC. On PostgreSQL the type sorts already.
    """

    inherit_cache = False
    type = BigInteger()

    def __init__(self, stored: ColumnElement[Any]) -> None:
        self.stored = stored


@compiles(Moment, "sqlite")
def _moment_sqlite(element: Moment, compiler: SQLCompiler, **kw: Any) -> str:
    # strftime() rounds to milliseconds, so the fraction is read from the text; the pattern keeps
    # out 'now' and numbers, which strftime() would take for times.
    stored = compiler.process(element.stored, **kw)
    return (
        f"CASE WHEN {stored} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' THEN "
        f"CAST(strftime('%s', substr({stored}, 1, 19) || ltrim(substr({stored}, 20), '.0123456789')) AS INTEGER)"
        f" * 1000000 + CASE WHEN substr({stored}, 20, 1) = '.' THEN "
        f"CAST(round(CAST('0.' || substr({stored}, 21, 6) AS REAL) * 1000000) AS INTEGER) ELSE 0 END END"
    )


@compiles(Moment, "postgresql")
def _moment_postgresql(element: Moment, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.stored, **kw)


class Clock(ColumnElement[Any]):
    """The time now, as `rekey_run` keeps it: on SQLite the text that SQLAlchemy writes for a UTC time."""

    inherit_cache = True
    type = DateTime(timezone=True)


@compiles(Clock, "sqlite")
def _clock_sqlite(element: Clock, compiler: SQLCompiler, **kw: Any) -> str:
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


@compiles(Clock, "postgresql")
def _clock_postgresql(element: Clock, compiler: SQLCompiler, **kw: Any) -> str:
    return "clock_timestamp()"


class Same(ColumnElement[bool]):
    """Both sides are equal, or both are NULL. SQLAlchemy's own construct leaves a constant unbound in a script."""

    inherit_cache = False
    type = Boolean()
    # A condition as it stands: SQLAlchemy would compare it with 1 on SQLite.
    _is_implicitly_boolean = True

    def __init__(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> None:
        self.left = left
        self.right = right


@compiles(Same, "sqlite")
def _same_sqlite(element: Same, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.left, **kw)} IS {compiler.process(element.right, **kw)})"


@compiles(Same, "postgresql")
def _same_postgresql(element: Same, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.left, **kw)} IS NOT DISTINCT FROM {compiler.process(element.right, **kw)})"


class InsertRows(Executable, ClauseElement):
    """`INSERT INTO target SELECT …` without a list of columns: a database may hold columns unknown to us."""

    inherit_cache = False

    def __init__(self, target: Any, rows: Relation) -> None:
        self.target = target
        self.rows = rows


@compiles(InsertRows)
def _insert_rows(element: InsertRows, compiler: SQLCompiler, **kw: Any) -> str:
    target = compiler.process(element.target, asfrom=True, **kw)
    return f"INSERT INTO {target} {compiler.process(element.rows, **kw)}"


class PutBackRows(InsertRows):
    """The same for rows that were in `target` before, keys that the database makes itself included."""

    inherit_cache = False


@compiles(PutBackRows, "postgresql")
def _put_back_rows(element: PutBackRows, compiler: SQLCompiler, **kw: Any) -> str:
    target = compiler.process(element.target, asfrom=True, **kw)
    return f"INSERT INTO {target} OVERRIDING SYSTEM VALUE {compiler.process(element.rows, **kw)}"


class _ByCodePoint(ColumnElement[Any]):
    inherit_cache = True

    def __init__(self, stored: ColumnElement[Any]) -> None:
        self.stored = stored
        self.type = stored.type


@compiles(_ByCodePoint)
def _by_code_point(element: _ByCodePoint, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.stored, **kw)


@compiles(_ByCodePoint, "postgresql")
def _by_code_point_postgresql(element: _ByCodePoint, compiler: SQLCompiler, **kw: Any) -> str:
    stored = compiler.process(element.stored, **kw)
    return f'{stored} COLLATE "C"' if isinstance(element.type, String) else stored


def by_code_point(stored: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return `stored` as a sort key that no collation changes: the same order on every database."""
    return _ByCodePoint(stored)
