"""What a downgrade's script asks about columns that the revision does not declare: it compares whole rows."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import (
    MetaData,
    Table,
    TableClause,
    column,
    literal,
    select,
    table,
    update,
)
from sqlalchemy.schema import DropTable

from alembic_rekey.back.drift import Drift, restorable_run
from alembic_rekey.plan.actions import written
from alembic_rekey.plan.judged import alike, keys_of, missing_in, same_key
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Part, Relation, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.older import CreateTableAs
from alembic_rekey.sql.side_tables import created, every_column, journal
from alembic_rekey.sql.steps import Aside, Statement
from alembic_rekey.undo.decided import goes_back, stored_back
from alembic_rekey.undo.put_back import without_bookkeeping

__all__ = ["altered_in_script", "edited_in_script"]

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
    made = _copied(identity)
    key = identity.keys[0].name
    yield Statement(
        "A created row stays that was edited since, in whatever column.",
        update(back)
        .values(drift=literal(Drift.EDITED.value))
        .where(
            back.c.action == Action.CREATE.value,
            back.c.drift == Drift.UNTOUCHED.value,
            back.c.key_0.in_(select(made.c[key])),
            back.c.key_0.not_in(database(dialect).as_made(identity.keys, made)),
        ),
    )
    yield Statement("Drop what was taken out.", DropTable(_MADE))


def edited_in_script(part: Part, dialect: str) -> Iterator[Statement]:
    """Yield what finds the changed rows of `part` that were edited in a column which the revision does not declare.

    What it declares is compared already, where a row has no drift: a copy of the journal's row takes from it what
    stands there now, and is the whole row that was to be found.
    """
    changing, kept, back = sorted(written(part)), journal(part), stored_back(part)
    if not changing:
        return
    made, now = _copied(part), part.table.alias("rekey_now")
    rows: Relation = select(every_column(kept)).select_from(kept)
    yield Statement(
        f"Take out the rows of {part.table.name} that the upgrade changed, as they were before.",
        CreateTableAs(rows.where(goes_back(part, *changing)), _MADE.name),
    )
    yield from without_bookkeeping(_MADE, part, dialect)
    same = same_key(alike(back, "key"), keys_of(part, made)), same_key(keys_of(part, now), alike(back, "now"))
    standing = {made.c[str(known.name)]: now.c[known.key] for known in part.table.columns}
    yield Aside("What the revision declares was compared already.", update(made).values(standing).where(*same))
    yield Statement(
        "A row stays that was edited since in a column which the revision does not declare.",
        update(back)
        .values(drift=literal(Drift.EDITED.value))
        .where(
            back.c.action.in_(changing),
            back.c.drift == Drift.UNTOUCHED.value,
            missing_in(alike(back, "now"), database(dialect).as_made(part.keys, made)),
        ),
    )
    yield Statement("Drop what was taken out.", DropTable(_MADE))


def _copied(part: Part) -> TableClause:
    return table(_MADE.name, *(column(str(known.name), known.type) for known in part.table.columns))
