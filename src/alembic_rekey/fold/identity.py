"""The identity: canonical rows come before all that moves to them, shadows go after all that hung on them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, TableClause, and_, insert, literal_column, select
from sqlalchemy.sql.dml import Insert

from alembic_rekey.fold.changes import deleting, of_this_run, updating
from alembic_rekey.plan.rules import IDENTITY_APPLY_COUNTS, Action
from alembic_rekey.spec import Identity, Relation
from alembic_rekey.sql.expressions import InsertRows, sought
from alembic_rekey.sql.side_tables import aliases, created, journal, run_time
from alembic_rekey.sql.steps import Statement, counted
from alembic_rekey.sql.times import written_time
from alembic_rekey.sql.values import Key, given

__all__ = ["identity_after", "identity_before"]


def identity_before(identity: Identity, dialect: str) -> list[Statement]:
    """Return what makes the canonical rows as they are registered, before anything moves."""
    create, rename, _ = IDENTITY_APPLY_COUNTS
    kept = journal(identity.table)
    says = "Spell misspelt canonical rows as they are registered."
    change = updating(identity, Action.RENAME, {identity.name.key: kept.c.rekey_canonical})
    return [
        *counted("Create the canonical rows that are missing.", create.name, _create(identity, kept), dialect),
        _keep_created(identity),
        *counted(says, rename.name, change, dialect),
    ]


def identity_after(identity: Identity, dialect: str) -> list[Statement]:
    """Return what deletes the shadows, when nothing hangs on them any more."""
    *_, remove = IDENTITY_APPLY_COUNTS
    says = "Delete the shadows; everything that hung on them has moved."
    return counted(says, remove.name.format(noun=identity.noun), deleting(identity, Action.DELETE), dialect)


def _create(identity: Identity, kept: TableClause) -> Insert:
    values = _created(identity, kept)
    made: FromClause = kept
    if not identity.database_makes_keys:
        named = select(aliases.c.run_id, aliases.c.canonical, aliases.c.identity).distinct().subquery("rekey_named")
        made = kept.join(named, and_(named.c.run_id == kept.c.rekey_run, named.c.canonical == kept.c.rekey_canonical))
        values = {identity.key.name: Key(named.c.identity, identity.key.type), **values}
    missing = (
        select(*(value.label(column) for column, value in values.items()))
        .select_from(made)
        .where(of_this_run(kept, Action.CREATE))
    )
    return insert(identity.table).from_select(list(values), missing, include_defaults=False)


def _keep_created(identity: Identity) -> Statement:
    """Return what keeps the created rows with the columns that the database filled, known or not."""
    kept, original = journal(identity.table), identity.table.alias("rekey_original")
    made: Relation = (
        select(kept.c.rekey_run, kept.c.rekey_action, kept.c.rekey_canonical, literal_column("rekey_original.*"))
        .select_from(kept)
        .join(original, sought(original.c[identity.name.key], kept.c.rekey_canonical))
        .where(of_this_run(kept, Action.CREATE))
    )
    says = "Keep them as they were made: a downgrade takes away only what nobody edited."
    return Statement(says, InsertRows(created(identity.table), made))


def _created(identity: Identity, kept: TableClause) -> dict[str, ColumnElement[Any]]:
    """Return what a created row holds beside its key."""
    values: dict[str, ColumnElement[Any]] = {identity.name.name: kept.c.rekey_canonical}
    values |= given(identity, kept.c.rekey_canonical)
    stamps = (identity.created_at, identity.stamp)
    return values | {stamp.name: written_time(run_time(), stamp) for stamp in stamps if stamp is not None}
