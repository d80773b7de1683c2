"""A connection whose transactions are like those of our own, whoever opened it.

A program or a test suite hands its connection over. It knows nothing of what an upgrade needs: one transaction that
takes DDL along and keeps other upgrades out, values that are the same text in every session, no cascades.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, event, text

from alembic_rekey.connection.database import harmless_text, is_autocommit
from alembic_rekey.errors import DatabaseFailed
from alembic_rekey.settings import Settings
from alembic_rekey.sql.dialects.postgresql.session import LOCK, same_text

__all__ = ["joined", "prepared"]

_HAND_OVER = "hand over an engine, or a connection that is in no transaction."


@contextmanager
def prepared(connection: Connection, settings: Settings) -> Iterator[None]:
    """Prepare `connection` for an upgrade, and put back afterwards what would outlive its transaction.

    It may be in a transaction already, which is the caller's then, to commit or to roll back: a failure within
    leaves nothing of ours in it.

    Raises:
        DatabaseFailed: where the transaction that it is in cannot be one for an upgrade.
    """
    of_the_caller = connection.in_transaction()
    prepare = _PREPARE.get(connection.dialect.name)
    with ExitStack() as afterwards:
        if prepare is not None:
            prepare(connection, settings, afterwards, of_the_caller)
        if of_the_caller:
            afterwards.enter_context(connection.begin_nested())
        yield


def joined(connection: Connection, settings: Settings) -> None:
    """Prepare the transaction that someone else began on `connection`, and will end.

    Raises:
        DatabaseFailed: where it cannot be one for a fold.
    """
    afterwards = ExitStack()
    prepare = _PREPARE.get(connection.dialect.name)
    if prepare is not None:
        prepare(connection, settings, afterwards, True)
    for ended in ("commit", "rollback"):
        event.listen(connection, ended, lambda _: afterwards.close(), once=True)


def _begun_like_ours(
    connection: Connection, afterwards: ExitStack, of_the_caller: bool, begin: Callable[[Connection], None]
) -> None:
    """Call `begin` in the transaction that there is, or in each one that begins within."""
    if of_the_caller:
        begin(connection)
        return

    def no_more() -> None:
        if _BEGINS.pop(connection, None) is None and not connection.closed and not connection.invalidated:
            # SQLAlchemy takes a connection whose BEGIN failed for one that still begins.
            connection.begin().rollback()

    # Listeners of an engine come after those of a connection: its own hook must have begun before ours asks.
    engine = getattr(connection.engine, "_proxied", connection.engine)
    if not event.contains(engine, "begin", _begun):
        event.listen(engine, "begin", _begun)
    _BEGINS[connection] = begin
    afterwards.callback(no_more)


_BEGINS: WeakKeyDictionary[Connection, Callable[[Connection], None]] = WeakKeyDictionary()


def _begun(connection: Connection) -> None:
    begin = _BEGINS.get(connection)
    if begin is not None:
        try:
            begin(connection)
        except BaseException:
            del _BEGINS[connection]
            raise


def _put_back(
    connection: Connection, afterwards: ExitStack, put: Callable[..., Any], *given: Any, **named: Any
) -> None:
    """Call `put` afterwards, unless the connection is gone by then, and with it what would be put back."""

    def unless_it_is_gone() -> None:
        if not connection.closed and not connection.invalidated:
            put(*given, **named)

    afterwards.callback(unless_it_is_gone)


# PostgreSQL.


def _postgresql(connection: Connection, settings: Settings, afterwards: ExitStack, of_the_caller: bool) -> None:
    if of_the_caller:
        _require_read_committed(connection, settings)
    else:
        before = "AUTOCOMMIT" if _commits_by_itself(connection) else connection.get_isolation_level()
        if before != "READ COMMITTED":
            # A higher level would not see what it waited for.
            connection.execution_options(isolation_level="READ COMMITTED")
            _put_back(connection, afterwards, connection.execution_options, isolation_level=before)
    _begun_like_ours(connection, afterwards, of_the_caller, partial(_begin_postgresql, settings.lock_timeout))


def _commits_by_itself(connection: Connection) -> bool:
    return getattr(connection.connection.dbapi_connection, "autocommit", False) is True


def _require_read_committed(connection: Connection, settings: Settings) -> None:
    if _commits_by_itself(connection):
        raise DatabaseFailed(
            settings.database,
            "the connection commits each statement by itself.",
            f"{_HAND_OVER} Nothing was changed.",
        )
    level = connection.exec_driver_sql("SHOW transaction_isolation").scalar_one()
    if level != "read committed":
        raise DatabaseFailed(
            settings.database,
            f"the connection is in a transaction at the level {level}, which would not see what it waited for.",
            f"{_HAND_OVER} Nothing was changed.",
        )


def _begin_postgresql(lock_timeout: float, connection: Connection) -> None:
    if is_autocommit(connection):
        return
    try:
        same_text(connection)
        milliseconds = {"milliseconds": f"{int(lock_timeout * 1000)}ms"}
        connection.execute(text("SELECT set_config('lock_timeout', :milliseconds, true)"), milliseconds)
        connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
    except BaseException:
        if not connection.in_transaction() and not connection.invalidated:
            # SQLAlchemy knows of no transaction yet, and the next one would begin in this one.
            connection.connection.rollback()
        raise


# SQLite.


def _sqlite(connection: Connection, settings: Settings, afterwards: ExitStack, of_the_caller: bool) -> None:
    driver: Any = connection.connection.driver_connection
    if getattr(driver, "autocommit", None) is True or (of_the_caller and is_autocommit(connection)):
        raise DatabaseFailed(
            settings.database,
            "the connection commits each statement by itself.",
            "open it without autocommit=True. Nothing was changed.",
        )
    if driver.text_factory is not harmless_text:
        _put_back(connection, afterwards, setattr, driver, "text_factory", driver.text_factory)
        driver.text_factory = harmless_text
    if _ask(connection, "PRAGMA foreign_keys"):
        if of_the_caller or driver.in_transaction:
            # SQLite does not let go of them until the transaction ends.
            raise DatabaseFailed(
                settings.database,
                "the connection is in a transaction with foreign keys enforced: a cascade could take rows along.",
                f"{_HAND_OVER} Nothing was changed.",
            )
        _ask(connection, "PRAGMA foreign_keys = OFF")
        _put_back(connection, afterwards, _ask, connection, "PRAGMA foreign_keys = ON")
    _begun_like_ours(connection, afterwards, of_the_caller, _begin_sqlite)


def _ask(connection: Connection, pragma: str) -> Any:
    """Ask without a transaction, in which some of them are not heard."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(pragma)
        found = cursor.fetchone()
    finally:
        cursor.close()
    return found and found[0]


def _begin_sqlite(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    # Where the engine has a hook of its own, it began it. The driver alone would begin at the first change of a row.
    if not driver.in_transaction and not is_autocommit(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


_PREPARE = {"sqlite": _sqlite, "postgresql": _postgresql}
