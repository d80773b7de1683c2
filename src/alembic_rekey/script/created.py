"""What a downgrade's script asks about rows that the upgrade created: whole rows, which it cannot take apart."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import (
    MetaData,
    Table,
    column,
    literal,
    select,
    table,
    update,
)
from sqlalchemy.schema import DropTable

from alembic_rekey.back.drift import Drift, restorable_run
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Relation, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.older import CreateTableAs
from alembic_rekey.sql.side_tables import created, every_column
from alembic_rekey.sql.steps import Statement
from alembic_rekey.undo.decided import stored_back
from alembic_rekey.undo.put_back import without_bookkeeping

__all__ = ["altered_in_script"]

_MADE = Table("rekey_made", MetaData())


def altered_in_script(spec: Spec, dialect: str) -> Iterator[Statement]:
    """Yield what finds the created rows that changed; it stands between `decide_steps()` and `act_steps()`."""
    identity, kept, back = spec.identity, created(spec.identity), stored_back(spec.identity)
    rows: Relation = select(every_column(kept)).select_from(kept)
    yield Statement(
        "Take out the created rows as they were made.",
        CreateTableAs(rows.where(kept.c.rekey_run == restorable_run()), _MADE.name),
    )
    yield from without_bookkeeping(_MADE, identity, dialect)
    own = identity.keys[0]
    key = own.name
    made = table(_MADE.name, column(key, own.type))
    yield Statement(
        "A created row stays that was edited since, in whatever column.",
        update(back)
        .values(drift=literal(Drift.EDITED.value))
        .where(
            back.c.action == Action.CREATE.value,
            back.c.drift == Drift.UNTOUCHED.value,
            back.c.key_0.in_(select(made.c[key])),
            back.c.key_0.not_in(database(dialect).as_made(own, made)),
        ),
    )
    yield Statement("Drop what was taken out.", DropTable(_MADE))
