"""What a run has to tell, told once the database has it: its counts in the log, and its report by its final name.

Whether a transaction was committed is heard from SQLAlchemy's events: it may be the caller's, who commits long after
the upgrade has returned, or `autocommit_block()` of a later revision ends it before the upgrade does.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, ExceptionContext, Text, cast, event, inspect, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from alembic_rekey.connection.failures import is_lost
from alembic_rekey.errors import ReportFailed
from alembic_rekey.plan.told_counts import told_applied
from alembic_rekey.report.file import ReportFile
from alembic_rekey.report.runs import Run
from alembic_rekey.sql.side_tables import runs
from alembic_rekey.text.fields import about

__all__ = ["Ledger", "Publication"]

_log = logging.getLogger("alembic.rekey")


@dataclass(frozen=True)
class Publication:
    """The report of a run, complete under its pending name, and what the log will say of it."""

    run: Run
    report: ReportFile

    def is_recorded(self, connection: Connection) -> bool:
        """Tell whether the transaction that is about to be committed holds the run.

        It does not where it went back to a savepoint since, or where an error has made a COMMIT of it a rollback.
        """
        same = (runs.c.id == self.run.number, cast(runs.c.started_at, Text) == self.run.started_at)
        try:
            # Asked for first: an error here would undo what the caller wants to keep.
            there = inspect(connection).has_table(runs.name)
            return there and connection.execute(select(runs.c.id).where(*same)).first() is not None
        except SQLAlchemyError:
            return False

    def publish(self) -> None:
        """Tell it: this has happened."""
        run, counted = self.run, self.run.counts("apply")
        with about(run=run.number, revision=run.revision, noun=run.noun):
            whole = {"rows": sum(counted.values()), "seconds": run.seconds}
            _log.info("Run %s of revision %s: %s", run.number, run.revision, run.outcome, extra=whole)
            for name, value, note in told_applied(run.counts("plan"), counted):
                if value:
                    told = f" ({note})" if note else ""
                    _log.info("  %s: %s%s", name, value, told, extra={"phase": name, "rows": value})
            self._publish()

    def _publish(self) -> None:
        try:
            _log.info("Report: %s", self.report.publish())
        except ReportFailed as error:
            # Committed: to fail now would say that nothing was changed.
            said = "The upgrade is done and recorded; its report stays complete as %s. %s"
            _log.warning(said, self.report.pending, error.problem)


class Ledger:
    """What the runs on one connection have to tell, until it is known what became of their transaction.

    `taken`: how many there were, whatever became of them. `committed`: something was committed already. `is_open`: the
    connection was lost while COMMIT ran.

    Use it before anything else listens to the connection: what fails as a transaction begins must find it told.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.taken = 0
        self.committed = False
        self.is_open = False
        self._waiting: list[Publication] = []
        self._is_committing = False
        for name, heard in (("begin", self._began), ("commit", self._asked), ("rollback", self._rolled_back)):
            event.listen(connection, name, heard)
        if not event.contains(connection.engine, "handle_error", _failed):
            event.listen(connection.engine, "handle_error", _failed)
        if not event.contains(connection.engine, "checkin", _given_back):
            event.listen(connection.engine, "checkin", _given_back)
        _LEDGERS[connection] = self
        connection.info[_LEDGER] = self

    def add(self, publication: Publication) -> None:
        """Take in what is to be told after the commit; until then it can be discarded."""
        self.taken += 1
        self._waiting.append(publication)

    def settle(self) -> None:
        """Tell what was committed: whoever calls knows that a COMMIT that was asked for has succeeded."""
        if self._is_committing:
            self.committed, self._is_committing = True, False
            told, self._waiting = self._waiting, []
            for publication in told:
                publication.publish()

    def discard(self) -> None:
        """Remove the reports of what did not happen; where that is open they stay as they are, and claim nothing."""
        for publication in self._waiting:
            if self.is_open:
                said = "The report of what may have happened stays complete as %s."
                _log.warning(said, publication.report.pending)
            else:
                publication.report.discard()
        self._waiting = []
        self._is_committing = False

    def announce(self) -> None:
        """Say where the reports are while the transaction is the caller's to commit."""
        for publication in self._waiting:
            said = "The report has its name when the transaction of the caller is committed; until then it is %s"
            _log.info(said, publication.report.pending)

    def _began(self, _connection: Connection) -> None:
        # There is a new transaction, so the last one was committed.
        self.settle()

    def _asked(self, connection: Connection) -> None:
        recorded = [each for each in self._waiting if each.is_recorded(connection)]
        for publication in self._waiting:
            if publication not in recorded:
                publication.report.discard()
        self._waiting = recorded
        self._is_committing = True

    def _rolled_back(self, _connection: Connection) -> None:
        self.discard()

    def failed(self, error: BaseException | None) -> None:
        """Take in an error: one that comes while COMMIT runs decides what became of it."""
        if self._is_committing:
            self.is_open = isinstance(error, DBAPIError) and is_lost(error)
            self.discard()

    def given_back(self) -> None:
        """Take in that the connection went back to its pool, which undoes what was not committed."""
        self.settle()
        self.discard()
        # It knows its connection, so nothing else would let go of either.
        _LEDGERS.pop(self.connection, None)


_LEDGER = "alembic_rekey.ledger"
_LEDGERS: WeakKeyDictionary[Connection, Ledger] = WeakKeyDictionary()


def _failed(context: ExceptionContext) -> None:
    ledger = None if context.connection is None else _LEDGERS.get(context.connection)
    if ledger is not None:
        ledger.failed(context.sqlalchemy_exception)


def _given_back(_connection: Any, record: Any) -> None:
    ledger = record.info.pop(_LEDGER, None)
    if ledger is not None:
        ledger.given_back()
