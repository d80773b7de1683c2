"""A connection whose transactions are like those of our own, whoever opened it.

A program or a test suite hands its connection over. It knows nothing of what an upgrade needs: one transaction that
takes DDL along and keeps other upgrades out, values that are the same text in every session, no cascades.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, event

from alembic_rekey.settings import Settings
from alembic_rekey.sql.dialects import DATABASES
from alembic_rekey.sql.dialects.session import Preparing

__all__ = ["joined", "prepared"]


@contextmanager
def prepared(connection: Connection, settings: Settings) -> Iterator[None]:
    """Prepare `connection` for an upgrade, and put back afterwards what would outlive its transaction.

    It may be in a transaction already, which is the caller's then, to commit or to roll back: a failure within
    leaves nothing of ours in it.

    Raises:
        DatabaseFailed: where the transaction that it is in cannot be one for an upgrade.
    """
    of_the_caller = connection.in_transaction()
    with ExitStack() as afterwards:
        _prepare(Preparing(connection, settings.database, settings.lock_timeout, of_the_caller, afterwards))
        if of_the_caller:
            afterwards.enter_context(connection.begin_nested())
        yield


def joined(connection: Connection, settings: Settings) -> None:
    """Prepare the transaction that someone else began on `connection`, and will end.

    Raises:
        DatabaseFailed: where it cannot be one for a fold.
    """
    afterwards = ExitStack()
    of_the_caller = True
    _prepare(Preparing(connection, settings.database, settings.lock_timeout, of_the_caller, afterwards))
    for ended in ("commit", "rollback"):
        event.listen(connection, ended, lambda _: afterwards.close(), once=True)


def _prepare(preparing: Preparing) -> None:
    """Begin like ours the transaction that there is, or each one that begins within."""
    connection = preparing.connection
    known = DATABASES.get(connection.dialect.name)
    if known is None:
        # Who folds in it refuses it.
        return
    begin = known.session.prepare(preparing)
    if preparing.of_the_caller:
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
    preparing.afterwards.callback(no_more)


_BEGINS: WeakKeyDictionary[Connection, Callable[[Connection], None]] = WeakKeyDictionary()


def _begun(connection: Connection) -> None:
    begin = _BEGINS.get(connection)
    if begin is not None:
        try:
            begin(connection)
        except BaseException:
            del _BEGINS[connection]
            raise
