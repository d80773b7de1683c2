"""What `alembic check` must know of SQLite: affinities instead of types, foreign keys that stand behind a column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Date, DateTime, Dialect, Time, text
from sqlalchemy.types import TypeEngine

__all__ = ["holds_alike", "unread_foreign_keys"]

_TEXT = ("CHAR", "CLOB", "TEXT")
_AFFINITIES = (("INT",), _TEXT, ("BLOB",), ("REAL", "FLOA", "DOUB"))
"""What SQLite looks for in the name of a declared type, in its order."""


_KEYS = text(
    'SELECT id, "from", "table", coalesce("to", (SELECT name FROM pragma_table_info("table") WHERE pk = seq + 1)),'
    " on_delete, on_update FROM pragma_foreign_key_list(:name)"
)


def holds_alike(found: TypeEngine[Any], declared: TypeEngine[Any], dialect: Dialect) -> bool | None:
    """Return False where a column of the type `found` holds whatever `declared` holds; None where Alembic shall ask."""
    same = _affinity(found, dialect)
    # SQLite has no type for times: they are kept as the text that was written.
    is_time_as_text = same is _TEXT and isinstance(declared, Date | DateTime | Time)
    return False if is_time_as_text or same is _affinity(declared, dialect) else None


def _affinity(declared: TypeEngine[Any], dialect: Dialect) -> Sequence[str] | None:
    """Return the signs of the affinity that SQLite gives to a column of this type; None for a number of any kind."""
    name = declared.compile(dialect).upper()
    signs = next((signs for signs in _AFFINITIES if any(sign in name for sign in signs)), None)
    # Columns of INTEGER and of NUMERIC affinity store alike.
    return None if signs == ("INT",) else signs


def unread_foreign_keys(connection: Connection, name: str) -> list[list[tuple[str, ...]]]:
    """Return the foreign keys of a table, pairs each: SQLAlchemy reads no ON DELETE of one behind its column."""
    keys: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for number, *key in connection.execute(_KEYS, {"name": name}):
        keys[number].append(tuple(key))
    return list(keys.values())
