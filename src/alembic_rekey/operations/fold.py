"""`op.rekey(spec)`: folds what a spec declares, online or as a script."""

from __future__ import annotations

from dataclasses import replace

from alembic.operations import MigrateOperation, Operations

from alembic_rekey.environment import ledger_of
from alembic_rekey.errors import AnswersRefused, RegistryRefused
from alembic_rekey.fold.program import names_of, upgrade_steps
from alembic_rekey.guard.checks import emptiness, refuse_rows_without_registry
from alembic_rekey.guard.claims.exclusions import excluded_after, exclusions_declared, unique_midway_declared
from alembic_rekey.guard.claims.rows import catalog_claims
from alembic_rekey.guard.claims.rows_after import filled
from alembic_rekey.guard.shape import missing_tables
from alembic_rekey.guard.stored import Stored
from alembic_rekey.guard.triggers import trigger_on_way_back
from alembic_rekey.guard.watches import Watches
from alembic_rekey.names.answers import Answers
from alembic_rekey.names.registry import Registry, registry_of
from alembic_rekey.operations.context import configured, declared_specs, declared_whole, noted, settings_for
from alembic_rekey.operations.surroundings import invoked
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.plan import journalled
from alembic_rekey.report.approval import approve, approved
from alembic_rekey.report.publication import Publication
from alembic_rekey.report.runs import finished, written_report
from alembic_rekey.review.made import all_called, told_apart
from alembic_rekey.script.assertions import plan_assertions
from alembic_rekey.script.attached import attached_in_script, left_out_in_script
from alembic_rekey.script.script import counts_shown, script
from alembic_rekey.settings import Settings
from alembic_rekey.spec import Check, Spec
from alembic_rekey.sql.side_tables import current_run
from alembic_rekey.sql.steps import Guard, Step, perform
from alembic_rekey.text.fields import about
from alembic_rekey.undo.rehearsal import rehearse

__all__ = ["Rekey"]


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
        invoked(operations, cls(spec))


@Operations.implementation_for(Rekey)
def _rekey(operations: Operations, operation: Rekey) -> None:
    settings = settings_for(operations)
    spec = operation.spec
    registry = registry_of(settings.registry, spec.identity)
    given = None
    if settings.resolutions is not None:
        given = Answers.read(settings.resolutions, spec, registry, all_called(declared_specs(operations)))
    if operations.migration_context.as_sql:
        _write(operations, spec, registry, given, settings)
    else:
        with about(revision=spec.revision, noun=spec.identity.noun):
            _perform(operations, spec, registry, given, settings)


def _perform(
    operations: Operations,
    spec: Spec,
    registry: Registry,
    given: Answers | None,
    settings: Settings,
) -> None:
    connection = operations.get_bind()
    refusal = f"revision {spec.revision} refuses to fold"
    # First: all else reads the tables.
    perform(connection, [_there(spec, connection.dialect.name)], refusal)
    if registry.is_missing:
        refuse_rows_without_registry(connection, [part.table for part in spec.parts], registry)
    ledger = ledger_of(configured(operations), connection)
    expected = approved(settings.expect_plan, ledger.taken, _called(operations, spec, settings))
    planned = journalled(spec, current_run())
    names = names_of(spec, registry)
    asked = catalog_claims(connection, spec, names, planned)
    guarding = [Guard(check) for check in (*asked, *_asked_for(settings, planned))]
    stored = replace(Stored.read(connection, spec), filled=filled(connection, spec.identity))
    steps = upgrade_steps(
        spec,
        registry,
        connection.dialect.name,
        stored=stored,
        watches=Watches.needed(connection),
        given=given,
        guarding=guarding,
    )
    perform(connection, steps, refusal)
    rehearse(connection, spec, planned, stored, refusal)
    run = finished(connection)
    report = written_report(connection, spec, run, settings)
    # From here on the report goes with the transaction: published after its commit, or discarded.
    ledger.add(Publication(run, report))
    if expected is not None:
        approve(connection, spec, expected, finished(connection), report.pending)


def _write(
    operations: Operations,
    spec: Spec,
    registry: Registry,
    given: Answers | None,
    settings: Settings,
) -> None:
    if registry.is_missing:
        raise RegistryRefused(registry.path, ["there is no such file, and a script cannot tell whether it matters"])
    if given and (strange := list(given.unregistered())):
        raise AnswersRefused(given.path, strange)
    migration = operations.migration_context
    dialect = migration.dialect
    planned = journalled(spec, current_run())
    unseen = trigger_on_way_back(spec, dialect.name, planned)
    asked_for = [Guard(check) for check in (unseen, *_asked_for(settings, planned))]
    hanging: list[Step] = [*attached_in_script(spec, dialect), *left_out_in_script(spec, planned, dialect)]
    known = spec, names_of(spec, registry), planned, dialect.name
    apart = [*unique_midway_declared(*known), *excluded_after(exclusions_declared(*known))]
    guarding: list[Step] = [*declared_whole(spec, dialect.name), *hanging, *map(Guard, apart), *asked_for]
    notes = noted(operations)
    expected = approved(settings.expect_plan, len(notes.header), _called(operations, spec, settings))
    if expected is not None:
        guarding += plan_assertions(spec, registry, expected, dialect)
    steps = upgrade_steps(
        spec, registry, dialect.name, stored=Stored.declared(spec), watches=Watches(), given=given, guarding=guarding
    )
    for piece in script([_there(spec, dialect.name), *steps], dialect):
        migration.impl.static_output(piece)
    notes.header.append(
        f"\nRevision {spec.revision} folds every row that was written under an alias into its canonical name.\n"
        + (
            f"  registry: {registry.path}\n"
            f"  SHA-256:  {registry.sha256}\n"
            f"  names:    {len(registry.canonicals)} canonical, {len(registry.aliases)} aliases"
            if registry.is_read
            else "  no registry: rows are one that agree in the database"
        )
        + (f"\n  answers:  {given.path}\n  SHA-256:  {given.sha256}" if given else "")
    )
    notes.tail.append(counts_shown(dialect))


def _there(spec: Spec, dialect: str) -> Guard:
    return Guard(missing_tables(spec.parts, dialect))


def _called(operations: Operations, spec: Spec, settings: Settings) -> str:
    """Return what the fold is called where a refusal of its approval would say it."""
    return told_apart(spec, declared_specs(operations)) if settings.expect_plan else spec.revision


def _asked_for(settings: Settings, planned: Planned) -> list[Check]:
    return [] if settings.allow_empty else [emptiness(planned)]
