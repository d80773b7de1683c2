"""Names of the registry in SQL: as literals that survive every shell, and folded to the keys they match by."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Dialect, Text, TypeDecorator, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement

from alembic_rekey.names.matching import WHITESPACE

__all__ = ["LETTERS_AT_ONCE", "FoldedName", "RegistryText", "is_plain"]

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
