"""An `env.py` that is only asked: whatever engine it connects with writes nothing, and makes no file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event

from alembic_rekey.errors import CommandRefused
from alembic_rekey.sql.dialects import DATABASES

__all__ = ["only_reading"]

_FIRST_WORD = re.compile(r"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*(\w*)", re.DOTALL)
_READ = frozenset(
    (
        *("BEGIN", "COMMIT", "EXPLAIN", "PRAGMA", "RELEASE", "RESET", "ROLLBACK", "SAVEPOINT"),
        *("SELECT", "SET", "SHOW", "START", "VALUES", "WITH"),
    )
)
_DEFINE = frozenset(("ALTER", "COMMENT", "CREATE", "GRANT"))
"""What an `env.py` lets be there before its migrations run, such as its schema: nobody reads what it returns."""


@contextmanager
def only_reading() -> Iterator[None]:
    """Keep every connection that is opened within from writing.

    Raises:
        CommandRefused: within, for a statement that changes rows.
    """
    heard: tuple[tuple[str, Any, dict[str, bool]], ...] = (
        ("do_connect", _connects, {}),
        ("engine_connect", _connected, {}),
        ("before_cursor_execute", _before, {"retval": True}),
    )
    for name, listener, how in heard:
        event.listen(Engine, name, listener, **how)
    try:
        yield
    finally:
        for name, listener, _ in heard:
            event.remove(Engine, name, listener)


def _connects(dialect: Dialect, _record: Any, given: list[Any], named: dict[str, Any]) -> None:
    if dialect.name in DATABASES:
        DATABASES[dialect.name].session.open_nothing_new(given, named)


def _connected(connection: Connection) -> None:
    if connection.dialect.name in DATABASES:
        DATABASES[connection.dialect.name].session.only_read(connection)


def _before(
    _connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    found = _FIRST_WORD.match(statement)
    word = found[1].upper() if found else ""
    if word in _DEFINE:
        return "SELECT 1", ()
    if word not in _READ:
        raise CommandRefused(
            f"env.py would send {word or 'a statement'}, which may change the database, and a plan only reads.",
            "let it do that in a revision, or name the database with -x url=URL: env.py is not asked for it then.",
        )
    return statement, parameters
