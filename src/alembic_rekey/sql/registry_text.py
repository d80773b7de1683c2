"""Names of the registry in SQL: as literals that survive every shell, and folded to the keys they match by."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Dialect, Text, TypeDecorator
from sqlalchemy.sql.elements import ColumnElement

from alembic_rekey.sql.expressions import Asserted

__all__ = ["LETTERS_AT_ONCE", "BeyondASCII", "FoldedName", "FromHexadecimal", "RegistryText", "is_plain"]
_DIGITS = "rekey_digits"
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

    def literal_processor(self, dialect: Dialect) -> Callable[[str | None], str]:
        """Return the function that writes a value as a literal of `dialect`."""
        # Compiled once, for a registry may have 50,000 names.
        written = str(FromHexadecimal(_DIGITS).compile(dialect=dialect))

        def process(value: str | None) -> str:
            if value is None:
                return "NULL"
            return f"'{value}'" if is_plain(value) else written.replace(_DIGITS, value.encode().hex())

        return process


class FromHexadecimal(ColumnElement[str]):
    """A text by the digits of its UTF-8."""

    inherit_cache = False
    type = Text()

    def __init__(self, digits: str) -> None:
        self.digits = digits


def is_plain(name: str) -> bool:
    """Tell whether a script may hold `name` between quotes as it is."""
    return _PLAIN.fullmatch(name) is not None


class BeyondASCII(Asserted):
    """A stored text has characters that are not ASCII."""

    inherit_cache = False

    def __init__(self, stored: ColumnElement[Any]) -> None:
        self.stored = stored


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
