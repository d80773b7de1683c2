"""`op.rekey(spec)` and `op.restore(spec)`: what a fold says, carried out online or as a script.

Importing this module registers every operation of this package.
"""

from __future__ import annotations

import logging
from typing import NoReturn

from alembic.config import Config
from alembic.operations import MigrateOperation, Operations
from sqlalchemy import Connection, inspect

from alembic_rekey.back.created import altered
from alembic_rekey.back.drift import drifted, no_run
from alembic_rekey.environment import SCRIPT_NOTES, ledger_of, settings_of
from alembic_rekey.errors import AnswersRefused, Refused, RegistryRefused, SettingRefused, SpecRefused
from alembic_rekey.fold.program import upgrade_steps
from alembic_rekey.fold.watches import Watches
from alembic_rekey.guard.checks import emptiness, refuse_rows_without_registry
from alembic_rekey.guard.claims.uniqueness import unique_after
from alembic_rekey.guard.foreign_keys import attached, hanging
from alembic_rekey.guard.shape import column_undeclared, generated_undeclared
from alembic_rekey.guard.stored import Stored
from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.names.answers import Answers
from alembic_rekey.names.registry import Registry, read_registry
from alembic_rekey.operations.tables import CreateSideTables, DropEmptyTables, DropSideTables, carry_out
from alembic_rekey.plan.plan import Planned, journalled
from alembic_rekey.report.approval import approve, several_folds
from alembic_rekey.report.publication import Publication
from alembic_rekey.report.runs import finished, written_report
from alembic_rekey.script.assertions import plan_assertions
from alembic_rekey.script.attached import attached_in_script
from alembic_rekey.script.created import altered_in_script
from alembic_rekey.script.frame import ScriptNotes
from alembic_rekey.script.hanging import hanging_in_script
from alembic_rekey.script.script import counts_shown, script
from alembic_rekey.settings import Settings
from alembic_rekey.spec import Check, Spec
from alembic_rekey.sql.side_tables import current_run, runs
from alembic_rekey.sql.steps import Guard, Statement, Step, perform
from alembic_rekey.sql.values import readable
from alembic_rekey.text.shown import printable
from alembic_rekey.undo.loading import load_report
from alembic_rekey.undo.restore import act_steps, decide_steps, drift_guards, stored_back

__all__ = ["CreateSideTables", "DropEmptyTables", "DropSideTables", "Rekey", "Restore"]

_log = logging.getLogger("alembic.rekey")


@Operations.register_operation("rekey")
class Rekey(MigrateOperation):
    """Fold every row under an alias into its canonical: plan, guard, apply, verify, record."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec

    @classmethod
    def rekey(cls, operations: Operations, spec: Spec) -> None:
        """Fold what `spec` declares, in the transaction that the revision runs in.

        Raises:
            RekeyError: if the registry, the guard or a verification refuses; nothing stays changed.
        """
        operations.invoke(cls(spec))


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
        operations.invoke(cls(spec))


@Operations.implementation_for(Rekey)
def _rekey(operations: Operations, operation: Rekey) -> None:
    config, settings = _config(operations), _settings(operations)
    spec = operation.spec
    registry = read_registry(settings.registry, spec.identity.listed)
    given = None if settings.resolutions is None else Answers.read(settings.resolutions, spec, registry)
    if operations.migration_context.as_sql:
        _write(operations, spec, registry, given, settings, config)
    else:
        _perform(operations.get_bind(), spec, registry, given, settings, config)


def _config(operations: Operations) -> Config:
    config = operations.migration_context.config
    if config is None:
        raise SpecRefused("the operation runs without a configuration", "run it through Alembic's commands.")
    return config


def _settings(operations: Operations) -> Settings:
    return settings_of(_config(operations))


def _perform(
    connection: Connection,
    spec: Spec,
    registry: Registry,
    given: Answers | None,
    settings: Settings,
    config: Config,
) -> None:
    if registry.sha256 is None:
        refuse_rows_without_registry(connection, [part.table for part in spec.parts], registry)
    ledger = ledger_of(config, connection)
    if ledger.has_taken and settings.expect_plan is not None:
        _refuse_several(spec, finished(connection).revision)
    planned = journalled(spec, current_run())
    asked = [*attached(connection, spec, planned), *unique_after(connection, spec, planned)]
    guarding = [Guard(check) for check in (*asked, *_asked_for(settings, planned))]
    stored = Stored.read(connection, spec)
    steps = upgrade_steps(
        spec,
        registry,
        connection.dialect.name,
        stored=stored,
        watches=Watches.needed(connection),
        given=given,
        guarding=guarding,
    )
    perform(connection, steps, f"revision {spec.revision} refuses to fold")
    run = finished(connection)
    report = written_report(connection, spec, run, settings)
    # From here on the report goes with the transaction: published after its commit, or discarded.
    ledger.add(Publication(run, report))
    if settings.expect_plan is not None:
        approve(connection, spec, settings.expect_plan, finished(connection), report.pending)


def _write(
    operations: Operations,
    spec: Spec,
    registry: Registry,
    given: Answers | None,
    settings: Settings,
    config: Config,
) -> None:
    if registry.sha256 is None:
        raise RegistryRefused(registry.path, ["there is no such file, and a script cannot tell whether it matters"])
    if given and (strange := list(given.unregistered())):
        raise AnswersRefused(given.path, strange)
    migration = operations.migration_context
    dialect = migration.dialect
    planned = journalled(spec, current_run())
    asked_for = [Guard(check) for check in _asked_for(settings, planned)]
    guarding: list[Step] = [*_declared_whole(spec, dialect.name), *attached_in_script(spec, dialect), *asked_for]
    notes: ScriptNotes = config.attributes.setdefault(SCRIPT_NOTES, ScriptNotes())
    if settings.expect_plan is not None:
        if notes.header:
            _refuse_several(spec, "one before")
        guarding += plan_assertions(spec, registry, settings.expect_plan, dialect)
    steps = upgrade_steps(
        spec, registry, dialect.name, stored=Stored.declared(spec), watches=Watches(), given=given, guarding=guarding
    )
    for piece in script(steps, dialect):
        migration.impl.static_output(piece)
    notes.header.append(
        f"\nRevision {spec.revision} folds every row that was written under an alias into its canonical name.\n"
        f"  registry: {registry.path}\n"
        f"  SHA-256:  {registry.sha256}\n"
        f"  names:    {len(registry.canonicals)} canonical, {len(registry.aliases)} aliases"
        + (f"\n  answers:  {given.path}\n  SHA-256:  {given.sha256}" if given else "")
    )
    notes.tail.append(counts_shown(dialect))


def _refuse_several(spec: Spec, other: str) -> NoReturn:
    raise Refused(
        f"the approval is of one plan; revision {spec.revision} refuses to fold",
        [several_folds(spec.revision, [other])],
    )


def _asked_for(settings: Settings, planned: Planned) -> list[Check]:
    return [] if settings.allow_empty else [emptiness(planned)]


def _declared_whole(spec: Spec, dialect: str) -> list[Step]:
    """Return the guards of a script that what only a connection could ask the catalog stands in the revision."""
    checks = [generated_undeclared(spec.parts, dialect), *column_undeclared(spec.parts, dialect)]
    return [Guard(check) for check in checks]


@Operations.implementation_for(Restore)
def _restore(operations: Operations, operation: Restore) -> None:
    settings = _settings(operations)
    if operations.migration_context.as_sql:
        _write_restore(operations, operation.spec, settings)
    else:
        _perform_restore(operations.get_bind(), operation.spec, settings)


def _perform_restore(connection: Connection, spec: Spec, settings: Settings) -> None:
    refusal = f"revision {spec.revision} refuses to put rows back"
    dialect = connection.dialect.name
    if settings.report is not None:
        load_report(connection, spec, settings.report)
    elif not inspect(connection).has_table(runs.name):
        raise Refused(refusal, [no_run(spec)])
    stored = Stored.read(connection, spec)
    deciding = decide_steps(spec, dialect, stored, hanging(connection, spec), altered(spec.identity, stored))
    perform(connection, deciding, refusal)
    if settings.on_drift == "abort":
        perform(connection, drift_guards(spec), refusal)
    for part in spec.parts:
        for kept in connection.execute(readable(drifted(part, stored_back(part)))).mappings():
            _log.warning("Kept: %s", printable(WORDING["drift_kept"].sentence.format_map(kept)))
    perform(connection, act_steps(spec, dialect, stored), refusal)


def _write_restore(operations: Operations, spec: Spec, settings: Settings) -> None:
    migration = operations.migration_context
    if settings.report is not None:
        raise SettingRefused(
            "report", "a script restores from the journal.", "run the downgrade online, or leave it away."
        )
    dialect = migration.dialect
    stored = Stored.declared(spec)
    steps = decide_steps(spec, dialect.name, stored, lambda _key: ())
    steps += _declared_whole(spec, dialect.name)
    steps += hanging_in_script(spec, dialect)
    steps += altered_in_script(spec, dialect.name)
    if settings.on_drift == "abort":
        steps += drift_guards(spec)
    else:
        steps += [
            Statement(f"Show which rows of {part.table.name} stay as they are.", drifted(part, stored_back(part)))
            for part in spec.parts
        ]
    steps += act_steps(spec, dialect.name, stored)
    carry_out(operations, steps, "")
    notes: ScriptNotes = _config(operations).attributes.setdefault(SCRIPT_NOTES, ScriptNotes())
    notes.header.append(
        f"Restores what revision {spec.revision} changed, from its journal; on drift: {settings.on_drift}."
    )
