"""What a downgrade's script asks the catalog: whether anything unknown hangs on a row that would go."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Dialect

from alembic_rekey.back.drift import Drift
from alembic_rekey.guard.foreign_keys import covered_columns
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.steps import Statement
from alembic_rekey.undo.decided import stored_back

__all__ = ["hanging_in_script"]


def hanging_in_script(spec: Spec, dialect: Dialect) -> Iterator[Statement]:
    """Yield the statement that lets a created row stay where an unknown table hangs on it.

    Where no statement can name an unknown table nothing cascades, and the comparison of the foreign keys that lead
    nowhere, before and after, refuses.
    """
    identity = spec.identity
    for keeping in database(dialect.name).attached_kept(
        identity.table,
        str(identity.key.name),
        stored_back(identity).name,
        covered=covered_columns(spec, identity),
        drift=Drift.ATTACHED.value,
        action=Action.CREATE.value,
    ):
        yield Statement("Created rows stay while a table that the revision does not know hangs on them.", keeping)
