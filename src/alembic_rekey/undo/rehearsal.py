"""The way back, tried before the commit: what triggers do to it only they can tell.

A trigger fires as rows go back that may never have fired before. Where there is one, the downgrade's own steps are
performed and undone again, and the upgrade refuses over what they would refuse over.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from alembic_rekey.back.backward import backward_of
from alembic_rekey.connection.failures import first_words
from alembic_rekey.errors import Finding, Refused
from alembic_rekey.guard.claims.hindrances import Hindrances
from alembic_rekey.guard.stored import Stored
from alembic_rekey.guard.triggers import firing_back
from alembic_rekey.guard.watches import Watches
from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.spec import Spec
from alembic_rekey.sql.steps import Step, perform
from alembic_rekey.text.shown import printable
from alembic_rekey.undo.decided import drift_guards
from alembic_rekey.undo.restore import act_steps, decide_steps

__all__ = ["rehearse"]

_log = logging.getLogger("alembic.rekey")
_NAME = "no_way_back_tried"


def rehearse(connection: Connection, spec: Spec, planned: Planned, stored: Stored, refusal: str) -> None:
    """Perform the downgrade of the run that `connection` has just recorded, and undo it, where triggers would fire.

    Raises:
        Refused: with what the downgrade would refuse over.
    """
    fired = connection.execute(firing_back(spec, connection.dialect.name, planned)).all()
    if not fired:
        return
    triggers = ", ".join(sorted({f"{called!r} of {table}" for table, called, _ in fired}))
    _log.info("The way back is tried and undone, since triggers fire there: %s", printable(triggers))
    savepoint = connection.begin_nested()
    hindered = list(_refusals(connection, _steps(connection, spec, stored)))
    if not hindered:
        savepoint.rollback()
        return
    with suppress(DBAPIError):
        # What failed may have ended the whole transaction.
        savepoint.rollback()
    words = WORDING[_NAME]
    said = [{"what": what, "triggers": printable(triggers)} for what in hindered]
    found = [Finding(f"rekey_{_NAME}", words.sentence.format_map(each), words.remedy, each) for each in said]
    raise Refused(refusal, found)


def _steps(connection: Connection, spec: Spec, stored: Stored) -> list[Step]:
    dialect = connection.dialect.name
    return [
        *decide_steps(backward_of(spec, stored, Hindrances.read(connection, spec)), dialect),
        *drift_guards(spec),
        *act_steps(spec, dialect, stored, Watches.needed(connection)),
    ]


def _refusals(connection: Connection, steps: list[Step]) -> Iterator[str]:
    try:
        perform(connection, steps, "")
    except Refused as refused:
        yield from (finding.sentence for finding in refused.findings)
    except OperationalError:
        # That is the server, the disk or a lock.
        raise
    except DBAPIError as error:
        yield printable(f"the database says: {first_words(error)}")
