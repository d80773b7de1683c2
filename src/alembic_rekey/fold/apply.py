"""The journal -> rows: the statements of an upgrade, in order; never commits.

Every statement reads the journal of the current run and nothing else decides. No cascade is
relied on: what goes with a shadow is deleted by name before the shadow is (pitfalls, One transaction).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    TableClause,
    and_,
    case,
    delete,
    insert,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.sql.dml import Delete, Update

from alembic_rekey.plan.counts import touching
from alembic_rekey.plan.rules import (
    DUPLICATES_APPLY_COUNTS,
    IDENTITY_APPLY_COUNTS,
    SLOTS_APPLY_COUNTS,
    TAGS_APPLY_COUNTS,
    Action,
    Count,
)
from alembic_rekey.spec import Identity, Relation, Slots, Spec, Tags
from alembic_rekey.sql.expressions import Clock, InsertRows, sought
from alembic_rekey.sql.side_tables import aliases, created, current_run, journal, run_time, runs
from alembic_rekey.sql.steps import Statement, Step, counted
from alembic_rekey.sql.times import written_time
from alembic_rekey.sql.values import Key, given

__all__ = ["apply_counts", "apply_steps", "finish"]


def apply_counts(part: Identity | Slots | Tags) -> tuple[Count, ...]:
    """Return the counts of the apply phase for `part`: one per statement."""
    if isinstance(part, Identity):
        return IDENTITY_APPLY_COUNTS
    if isinstance(part, Slots):
        return SLOTS_APPLY_COUNTS
    return TAGS_APPLY_COUNTS if part.status is None else DUPLICATES_APPLY_COUNTS


def apply_steps(spec: Spec, dialect: str) -> list[Step]:
    """Return the statements that turn the journal of the current run into changed rows, with their counts."""
    create, rename, remove = (_identity_steps(spec.identity, count, dialect) for count in IDENTITY_APPLY_COUNTS)
    slots = [step for slots in spec.slots for step in _slots_steps(spec.identity, slots, dialect)]
    tags = [step for tags in spec.tags for step in _tags_steps(tags, dialect)]
    # The shadows go last: only then nothing hangs on them any more.
    return [*create, *rename, *slots, *tags, *remove]


def finish() -> Statement:
    """Return the statement that records how the run ended."""
    outcome = case((touching(), literal("applied")), else_=literal("empty"))
    return Statement(
        "Record how the run ended.",
        update(runs).where(runs.c.id == current_run()).values(outcome=outcome, finished_at=Clock()),
    )


def _of_this_run(kept: TableClause, *actions: Action) -> ColumnElement[bool]:
    names = sorted(action.value for action in actions)
    return and_(kept.c.rekey_run == current_run(), kept.c.rekey_action.in_(names))


def _delete(part: Identity | Slots, action: Action) -> Delete:
    kept = journal(part.table)
    gone: Relation = select(kept.c[part.key.name]).where(_of_this_run(kept, action))
    return delete(part.table).where(part.key.in_(gone))


def _update(part: Identity | Slots | Tags, action: Action, changes: dict[str, Any]) -> Update:
    kept = journal(part.table)
    if part.stamp is not None:
        changes = {
            **changes,
            part.stamp.key: written_time(run_time(), part.stamp, kept.c[part.stamp.name]),
        }
    return update(part.table).values(changes).where(part.key == kept.c[part.key.name], _of_this_run(kept, action))


def _identity_steps(identity: Identity, count: Count, dialect: str) -> list[Statement]:
    action = count.actions[0]
    name = count.name.format(noun=identity.noun)
    kept = journal(identity.table)
    if action is Action.RENAME:
        change = _update(identity, action, {identity.name.key: kept.c.rekey_canonical})
        return counted("Spell misspelt canonical rows as they are registered.", name, change, dialect)
    if action is Action.DELETE:
        return counted(
            "Delete the shadows; everything that hung on them has moved.",
            name,
            _delete(identity, action),
            dialect,
        )
    values = _created(identity, kept)
    made: FromClause = kept
    if not identity.database_makes_keys:
        named = select(aliases.c.run_id, aliases.c.canonical, aliases.c.identity).distinct().subquery("rekey_named")
        made = kept.join(named, and_(named.c.run_id == kept.c.rekey_run, named.c.canonical == kept.c.rekey_canonical))
        values = {identity.key.name: Key(named.c.identity, identity.key.type), **values}
    missing = (
        select(*(value.label(column) for column, value in values.items()))
        .select_from(made)
        .where(_of_this_run(kept, action))
    )
    change_rows = insert(identity.table).from_select(list(values), missing, include_defaults=False)
    return [
        *counted("Create the canonical rows that are missing.", name, change_rows, dialect),
        _keep_created(identity),
    ]


def _keep_created(identity: Identity) -> Statement:
    """Return what keeps the created rows with the columns that the database filled, known or not."""
    kept, original = journal(identity.table), identity.table.alias("rekey_original")
    made: Relation = (
        select(kept.c.rekey_run, kept.c.rekey_action, kept.c.rekey_canonical, literal_column("rekey_original.*"))
        .select_from(kept)
        .join(original, sought(original.c[identity.name.key], kept.c.rekey_canonical))
        .where(_of_this_run(kept, Action.CREATE))
    )
    says = "Keep them as they were made: a downgrade takes away only what nobody edited."
    return Statement(says, InsertRows(created(identity.table), made))


def _created(identity: Identity, kept: TableClause) -> dict[str, ColumnElement[Any]]:
    """Return what a created row holds beside its key."""
    values: dict[str, ColumnElement[Any]] = {identity.name.name: kept.c.rekey_canonical}
    values |= given(identity, kept.c.rekey_canonical)
    stamps = (identity.created_at, identity.stamp)
    return values | {stamp.name: written_time(run_time(), stamp) for stamp in stamps if stamp is not None}


def _slots_steps(identity: Identity, slots: Slots, dialect: str) -> list[Statement]:
    steps: list[Statement] = []
    kept = journal(slots.table)
    says = {
        Action.REPLACE: "Delete the inactive canonical rows that an active shadow row displaces.",
        Action.MERGE: "Delete the shadow rows that say the same as the survivor of their slot.",
        Action.DROP: "Delete the historical drops: rows that say otherwise than the survivor of their slot.",
        Action.REVIVE: "Make the canonical rows active again that say what the active shadow row said.",
        Action.REKEY: "Hang the surviving shadow rows on their canonical.",
    }
    canonical = select(identity.key).where(sought(identity.name, kept.c.rekey_canonical)).scalar_subquery()
    changes: dict[Action, dict[str, Any]] = {
        Action.REVIVE: {slots.status.key: literal(slots.active, slots.status.type)},
        Action.REKEY: {slots.owner.key: canonical},
    }
    for count in SLOTS_APPLY_COUNTS:
        action = count.actions[0]
        change = _update(slots, action, changes[action]) if action in changes else _delete(slots, action)
        steps += counted(says[action], count.name.format(noun=slots.noun), change, dialect)
    return steps


def _tags_steps(tags: Tags, dialect: str) -> list[Statement]:
    steps: list[Statement] = []
    canonical = journal(tags.table).c.rekey_canonical
    # Superseded first, and last on the way back: a unique index of the active rows alone must allow every step.
    for count in reversed(apply_counts(tags)):
        action = count.actions[0]
        changes: dict[str, Any] = {tags.tag.key: canonical}
        says = f"Write the rows of {tags.table.name} under their canonical name."
        if action is Action.SUPERSEDE and tags.status is not None:
            changes[tags.status.key] = literal(tags.superseded, tags.status.type)
            says = f"Supersede the duplicates in {tags.table.name}, under their canonical name too."
        steps += counted(says, count.name.format(noun=tags.noun), _update(tags, action, changes), dialect)
    return steps
