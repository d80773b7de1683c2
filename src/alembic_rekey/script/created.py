"""What a downgrade's script asks about rows that the upgrade created: whole rows, which it cannot take apart."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import (
    Boolean,
    MetaData,
    Table,
    TableClause,
    column,
    intersect,
    literal,
    literal_column,
    select,
    table,
    update,
)
from sqlalchemy.schema import CreateTableAs, DropTable

from alembic_rekey.back.drift import Drift, restorable_run
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity, Relation, Spec
from alembic_rekey.sql.side_tables import created, every_column
from alembic_rekey.sql.steps import Statement
from alembic_rekey.undo.decided import stored_back
from alembic_rekey.undo.put_back import without_bookkeeping

__all__ = ["altered_in_script"]

_MADE = Table("rekey_made", MetaData())


def altered_in_script(spec: Spec, dialect: str) -> Iterator[Statement]:
    """Yield what finds the created rows that changed; it stands between `decide_steps()` and `act_steps()`."""
    identity, kept, back = spec.identity, created(spec.identity.table), stored_back(spec.identity)
    rows: Relation = select(every_column(kept)).select_from(kept)
    yield Statement(
        "Take out the created rows as they were made.",
        CreateTableAs(rows.where(kept.c.rekey_run == restorable_run()), _MADE.name, temporary=True),
    )
    yield from without_bookkeeping(_MADE)
    key = identity.key.name
    made = table(_MADE.name, column(key, identity.key.type))
    yield Statement(
        "A created row stays that was edited since, in whatever column.",
        update(back)
        .values(drift=literal(Drift.EDITED.value))
        .where(
            back.c.action == Action.CREATE.value,
            back.c.drift == Drift.UNTOUCHED.value,
            back.c.key.in_(select(made.c[key])),
            back.c.key.not_in(_as_made(identity, made, dialect)),
        ),
    )
    yield Statement("Drop what was taken out.", DropTable(_MADE))


def _as_made(identity: Identity, made: TableClause, dialect: str) -> Relation:
    """Return the keys of the rows that are as they were made, whatever columns they have."""
    key = identity.key.name
    if dialect == "postgresql":
        now = identity.table.alias("rekey_now")
        # Not every type of PostgreSQL has an equality, but every row has a text.
        whole = literal_column(f"CAST(ROW({made.name}.*) AS TEXT) = CAST(ROW(rekey_now.*) AS TEXT)", Boolean())
        return select(made.c[key]).join_from(made, now, made.c[key] == now.c[identity.key.key]).where(whole)
    # The made rows first: the first table's collation decides, and theirs tells every letter apart.
    rows: list[Relation] = [select(literal_column("*")).select_from(source) for source in (made, identity.table)]
    both = intersect(*rows).subquery("rekey_as_made")
    return select(column(key)).select_from(both)
