"""What an operation runs in: its configuration and settings, and where its steps go, online or by script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from alembic.config import Config
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from alembic_rekey.environment import RUNNING, SCRIPT_NOTES, settings_of
from alembic_rekey.errors import SpecRefused
from alembic_rekey.guard.shape import column_undeclared, generated_undeclared
from alembic_rekey.guard.triggers import trigger_undeclared
from alembic_rekey.project.folds import declared_in, specs_until, turn_in
from alembic_rekey.review.made import told_apart
from alembic_rekey.script.frame import ScriptNotes
from alembic_rekey.script.script import script
from alembic_rekey.settings import Settings
from alembic_rekey.spec import Part, Spec
from alembic_rekey.sql.steps import Guard, Step, perform

__all__ = [
    "called",
    "carry_out",
    "configured",
    "declared_specs",
    "declared_whole",
    "noted",
    "settings_for",
    "specs_in_force",
    "turn_declared",
]


def configured(operations: Operations) -> Config:
    """Return the configuration that Alembic's command runs with.

    Raises:
        SpecRefused: if there is none.
    """
    config = operations.migration_context.config
    if config is None:
        raise SpecRefused("the operation runs without a configuration", "run it through Alembic's commands.")
    return config


def settings_for(operations: Operations) -> Settings:
    """Return the settings of the command."""
    config = configured(operations)
    return settings_of(config, None if RUNNING in config.attributes else operations.get_bind())


def noted(operations: Operations) -> ScriptNotes:
    """Return what stands around the script that is being written."""
    notes: ScriptNotes = configured(operations).attributes.setdefault(SCRIPT_NOTES, ScriptNotes())
    return notes


def declared_specs(operations: Operations) -> list[Spec]:
    """Return the specs that the revisions of the project declare for themselves, in the order of an upgrade."""
    scripts = _scripts(operations)
    return [] if scripts is None else [spec for _, spec in declared_in(scripts)]


def called(operations: Operations, spec: Spec) -> str:
    """Return what `spec` is called: its revision, and its noun where that has several."""
    return f"revision {told_apart(spec, declared_specs(operations))}"


def turn_declared(operations: Operations, spec: Spec) -> int | None:
    """Return which of the specs of its revision and noun `spec` is; None where the revision has not several."""
    scripts = _scripts(operations)
    return None if scripts is None else turn_in(scripts, spec)


def specs_in_force(operations: Operations) -> list[Spec]:
    """Return those of the revisions that the database has before this one ends, or will have when a script gets here.

    A revision counts while it is downgraded.
    """
    scripts, migration = _scripts(operations), operations.migration_context
    heads: Sequence[str] = noted(operations).reached if migration.as_sql else migration.get_current_heads()
    return [] if scripts is None else specs_until(scripts, heads)


def _scripts(operations: Operations) -> ScriptDirectory | None:
    """Return the revisions of the project, None where operations run without one."""
    environment = operations.migration_context.environment_context
    return None if environment is None else environment.script


def declared_whole(spec: Spec, dialect: str, compared: Sequence[Part] = ()) -> list[Step]:
    """Return the guards of a script that what only a connection could ask the catalog stands in the revision.

    It compares whole rows of the parts `compared`, in what is generated, too.
    """
    whole = [part for part in spec.parts if part.deletable or part in compared]
    checks = [generated_undeclared(spec.parts, dialect, whole), *column_undeclared(spec.parts, dialect)]
    checks.append(trigger_undeclared(spec.parts, dialect))
    return [Guard(check) for check in checks]


def carry_out(operations: Operations, steps: Iterable[Step], refusal: str) -> None:
    """Perform `steps`, or write them where a script is made; `refusal` is the title of what a guard says."""
    migration = operations.migration_context
    if migration.as_sql:
        for piece in script(steps, migration.dialect):
            migration.impl.static_output(piece)
    else:
        perform(operations.get_bind(), steps, refusal)
