"""What an operation has around it: all that it needs from `run()`; under an `env.py` of another kind it sees to it."""

from __future__ import annotations

from alembic.operations import MigrateOperation, Operations

from alembic_rekey.connection.failures import refusing_database_errors
from alembic_rekey.connection.prepared import joined
from alembic_rekey.environment import RUNNING, ending
from alembic_rekey.errors import DatabaseFailed, RekeyError, SettingRefused
from alembic_rekey.operations.context import configured, settings_for
from alembic_rekey.project.files import lines_instead

__all__ = ["invoked"]

_RUN_IT = (
    f"let env.py run its migrations through this library: `alembic-rekey init` writes that, or write, {lines_instead()}"
)


def invoked(operations: Operations, operation: MigrateOperation) -> None:
    """Invoke `operation`; where `run()` has prepared nothing, it joins the transaction that Alembic has begun.

    Raises:
        RekeyError: as the operation does.
        SystemExit, Failed: instead, as `run()` does, under an `env.py` of another kind; also where the transaction
            cannot be one for a fold.
    """
    if RUNNING in configured(operations).attributes:
        operations.invoke(operation)
        return
    try:
        if operations.migration_context.as_sql:
            raise SettingRefused("--sql", "env.py writes no locks into a script, and no guard of its version.", _RUN_IT)
        settings = settings_for(operations)
        with refusing_database_errors(settings):
            try:
                joined(operations.get_bind(), settings)
            except DatabaseFailed as error:
                raise DatabaseFailed(error.database, error.problem, _RUN_IT) from error
            operations.invoke(operation)
    except RekeyError as error:
        raise ending(configured(operations), error) from error
