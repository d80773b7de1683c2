"""`op.restore(spec)`: puts back what a fold changed, online or as a script."""

from __future__ import annotations

import logging

from alembic.operations import MigrateOperation, Operations
from sqlalchemy import Connection, inspect

from alembic_rekey.back.backward import backward_of
from alembic_rekey.back.drift import drifted, no_run
from alembic_rekey.errors import Refused, SettingRefused
from alembic_rekey.guard.claims.hindrances import Hindrances
from alembic_rekey.guard.stored import Stored
from alembic_rekey.guard.watches import Watches
from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.operations.context import called, carry_out, declared_whole, noted, settings_for, turn_declared
from alembic_rekey.operations.surroundings import invoked
from alembic_rekey.script.attached import hanging_in_script
from alembic_rekey.script.whole_rows import altered_in_script, edited_in_script
from alembic_rekey.settings import Settings
from alembic_rekey.spec import Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.side_tables import runs
from alembic_rekey.sql.steps import Statement, perform
from alembic_rekey.sql.values import readable
from alembic_rekey.text.fields import about
from alembic_rekey.text.shown import printable
from alembic_rekey.undo.decided import drift_guards, stored_back
from alembic_rekey.undo.loading import load_report
from alembic_rekey.undo.restore import act_steps, decide_steps

__all__ = ["Restore"]

_log = logging.getLogger("alembic.rekey")


@Operations.register_operation("restore")
class Restore(MigrateOperation):
    """Put every row back that the newest run of a spec's revision changed."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    @classmethod
    def restore(cls, operations: Operations, spec: Spec) -> None:
        """Restore from the journal, or from the file that `-x report=FILE` names, as `on_drift` says.

        Raises:
            RekeyError: if there is nothing to restore from, on drift, or if a row does not become what it was.
        """
        invoked(operations, cls(spec))


@Operations.implementation_for(Restore)
def _restore(operations: Operations, operation: Restore) -> None:
    settings = settings_for(operations)
    if operations.migration_context.as_sql:
        _write_restore(operations, operation.spec, settings)
    else:
        with about(revision=operation.spec.revision, noun=operation.spec.identity.noun):
            turn = turn_declared(operations, operation.spec)
            _perform_restore(operations.get_bind(), operation.spec, settings, turn)


def _perform_restore(connection: Connection, spec: Spec, settings: Settings, turn: int | None) -> None:
    refusal = f"revision {spec.revision} refuses to put rows back"
    dialect = connection.dialect.name
    if settings.report:
        load_report(connection, spec, settings.report, turn)
    elif not inspect(connection).has_table(runs.name):
        raise Refused(refusal, [no_run(spec)])
    stored = Stored.read(connection, spec)
    backward = backward_of(spec, stored, Hindrances.read(connection, spec))
    deciding = decide_steps(backward, dialect, turn)
    perform(connection, deciding, refusal)
    if settings.on_drift == "abort":
        perform(connection, drift_guards(spec), refusal)
    else:
        for part in spec.parts:
            for kept in connection.execute(readable(drifted(part, stored_back(part)))).mappings():
                _log.warning("Kept: %s", printable(WORDING["drift_kept"].sentence.format_map(kept)))
    perform(connection, act_steps(spec, dialect, stored, Watches.needed(connection)), refusal)


def _write_restore(operations: Operations, spec: Spec, settings: Settings) -> None:
    migration = operations.migration_context
    if settings.report:
        raise SettingRefused(
            "report", "a script restores from the journal.", "run the downgrade online, or leave it away."
        )
    dialect = migration.dialect
    stored = Stored.declared(spec)
    turn = turn_declared(operations, spec)
    backward = backward_of(spec, stored, Hindrances.declared(spec))
    steps = decide_steps(backward, dialect.name, turn, lambda part: edited_in_script(part, dialect.name))
    compared = spec.parts if database(dialect.name).shell.compares_generated else ()
    steps += declared_whole(spec, dialect.name, compared)
    if spec.identity.creates:
        steps += hanging_in_script(spec, dialect)
        steps += altered_in_script(spec, dialect.name)
    if settings.on_drift == "abort":
        steps += drift_guards(spec)
    else:
        steps += [
            Statement(f"Show which rows of {part.table.name} stay as they are.", drifted(part, stored_back(part)))
            for part in spec.parts
        ]
    steps += act_steps(spec, dialect.name, stored, Watches())
    carry_out(operations, steps, "")
    notes = noted(operations)
    notes.header.append(
        f"Restores what {called(operations, spec)} changed, from its journal; on drift: {settings.on_drift}."
    )
    notes.restored.append((spec.revision, spec.identity.noun))
