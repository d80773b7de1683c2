"""Per journalled row, whether it can go back as it was.

As a plan is a relation, so is a way back: `key`, `action`, `canonical` and `drift` of each journalled
row. The relations build on each other: a row cannot return to an owner that cannot return, nor to a
slot whose present holder stays. Nothing else decides what a downgrade does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    String,
    Text,
    and_,
    case,
    exists,
    literal,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)

from alembic_rekey.back.drift import Drift, restorable_run
from alembic_rekey.guard.foreign_keys import Attached
from alembic_rekey.guard.stored import Stored, compared
from alembic_rekey.plan.plan import Part
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity, Relation, Slots, Spec, Tags
from alembic_rekey.spec.stamp import Epoch, Stamp
from alembic_rekey.sql.equality import Same, SameRow, SameSlot, as_text
from alembic_rekey.sql.expressions import Uncollated, Written, sought
from alembic_rekey.sql.references import Refers
from alembic_rekey.sql.side_tables import created, journal, runs
from alembic_rekey.sql.times import written_time

__all__ = ["created_back", "first_back", "replaced_back", "way_back"]


def first_back(spec: Spec, part: Part, back_identity: FromClause | None, stored: Stored) -> Relation:
    """Return the way back of the rows of `part` whose fate needs no other row of the same table.

    That is all but created identities and replaced slot rows. `back_identity` is the result for the
    identity, which slots need.
    """
    if isinstance(part, Identity):
        return _identity_back(part, stored)
    if isinstance(part, Slots):
        if back_identity is None:
            raise TypeError("slots go back after their identity")
        return _slots_back(spec.identity, part, back_identity, stored)
    return _tags_back(part, stored)


def _line(part: Part, drift: ColumnElement[Any], key: ColumnElement[Any] | None = None) -> Relation:
    kept = journal(part.table)
    columns = (kept.c[part.key.name] if key is None else key, kept.c.rekey_action, kept.c.rekey_canonical, drift)
    return select(
        *(column.label(name) for name, column in zip(("key", "action", "canonical", "drift"), columns, strict=True))
    )


def _of_run(part: Part, actions: Sequence[Action]) -> ColumnElement[bool]:
    kept = journal(part.table)
    return and_(kept.c.rekey_run == restorable_run(), kept.c.rekey_action.in_([action.value for action in actions]))


def _run_time() -> ColumnElement[Any]:
    return select(runs.c.started_at).where(runs.c.id == restorable_run()).scalar_subquery()


def _unedited(part: Part, changed: Mapping[str, ColumnElement[Any] | None], stored: Stored) -> ColumnElement[bool]:
    """Tell whether the row still is what the upgrade made of it, in every column that the revision knows.

    `changed` gives the values that the upgrade wrote; `None` means that `part` compares it otherwise.
    """
    kept, columns = journal(part.table), compared(part, stored)
    stamp = part.stamp
    if stamp is not None:
        changed = {stamp.name: written_time(_run_time(), stamp, kept.c[stamp.name]), **changed}
    written = [
        _holds(known, value, stamp if stamp is not None and known.name == stamp.name else None)
        for known in columns
        if (value := changed.get(known.name)) is not None
    ]
    left_alone = [known for known in columns if known.name not in changed]
    # The journal's column first: where the table's own collation takes `a` for `A`, an edit still is one.
    return and_(*written, SameRow([kept.c[known.name] for known in left_alone], left_alone))


def _holds(known: Column[Any], value: ColumnElement[Any], stamp: Stamp | None) -> ColumnElement[bool]:
    """Tell whether a column holds `value` as the run wrote it there: a time of the column `stamp`, or a text."""
    if isinstance(stamp, Epoch):
        return Same(value, known)
    if stamp is None or isinstance(known.type, String):
        return Same(value, as_text(known))
    return Same(Written(value, known), known)


def _judged(*judgements: tuple[ColumnElement[bool], Drift]) -> ColumnElement[str]:
    return case(
        *((condition, literal(drift.value)) for condition, drift in judgements), else_=literal(Drift.UNTOUCHED.value)
    )


def _identity_back(identity: Identity, stored: Stored) -> Relation:
    kept, key, name = journal(identity.table), identity.key, identity.name
    other = identity.table.alias("rekey_other")
    name_taken = exists(
        select(literal(1)).where(other.c[name.key] == kept.c[name.name], other.c[key.key] != kept.c[key.name])
    )
    deleted = kept.c.rekey_action == Action.DELETE.value
    drift = _judged(
        (and_(deleted, or_(key.is_not(None), name_taken)), Drift.TAKEN),
        (and_(not_(deleted), key.is_(None)), Drift.DELETED),
        (and_(not_(deleted), not_(_unedited(identity, {name.name: kept.c.rekey_canonical}, stored))), Drift.EDITED),
        (and_(not_(deleted), name_taken), Drift.TAKEN),
    )
    return (
        _line(identity, drift)
        .join_from(kept, identity.table, key == kept.c[key.name], isouter=True)
        .where(_of_run(identity, (Action.DELETE, Action.RENAME)))
    )


def _with_owner(slots: Slots, identity: Identity, back_identity: FromClause) -> tuple[FromClause, ColumnElement[bool]]:
    """Return the journal joined with each row as it is now and with its old owner, and whether that owner is lost.

    An owner is lost when it neither stands nor comes back.
    """
    kept, owner = journal(slots.table), identity.table.alias("rekey_owner")
    before = kept.c[slots.owner.name]
    returning = select(back_identity).where(back_identity.c.action == Action.DELETE.value).subquery("rekey_comes_back")
    joined = (
        kept.outerjoin(slots.table, slots.key == kept.c[slots.key.name])
        .outerjoin(owner, owner.c[identity.key.key] == before)
        .outerjoin(returning, returning.c.key == before)
    )
    comes_back = returning.c.drift.is_not_distinct_from(literal_column(f"'{Drift.UNTOUCHED.value}'"))
    stands = and_(returning.c.key.is_(None), owner.c[identity.key.key].is_not(None))
    return joined, not_(or_(comes_back, stands))


def _holder(slots: Slots) -> tuple[FromClause, ColumnElement[bool]]:
    """Return another row of `slots` and the condition that it holds the old slot of the journalled one."""
    kept, holder = journal(slots.table), slots.table.alias("rekey_holder")
    place = [SameSlot(holder.c[column.key], kept.c[column.name]) for column in slots.slot]
    at_owner = holder.c[slots.owner.key] == kept.c[slots.owner.name]
    return holder, and_(at_owner, *place, holder.c[slots.key.key] != kept.c[slots.key.name])


def _slots_back(identity: Identity, slots: Slots, back_identity: FromClause, stored: Stored) -> Relation:
    kept = journal(slots.table)
    holder, holds = _holder(slots)
    joined, owner_lost = _with_owner(slots, identity, back_identity)
    named = select(literal(1)).where(sought(identity.name, kept.c.rekey_canonical))
    # The application may have renamed the canonical since: then nothing tells where the row should hang.
    at_canonical = or_(exists(named.where(identity.key == slots.owner)), not_(exists(named)))
    rekeyed = kept.c.rekey_action == Action.REKEY.value
    revived = kept.c.rekey_action == Action.REVIVE.value
    active = literal(slots.active, Text())
    moved = or_(rekeyed, revived)
    drift = _judged(
        (and_(moved, slots.key.is_(None)), Drift.DELETED),
        (and_(rekeyed, not_(and_(_unedited(slots, {slots.owner.name: None}, stored), at_canonical))), Drift.EDITED),
        (and_(revived, not_(_unedited(slots, {slots.status.name: active}, stored))), Drift.EDITED),
        (and_(not_(moved), slots.key.is_not(None)), Drift.TAKEN),
        (and_(not_(revived), owner_lost), Drift.TAKEN),
        (and_(not_(revived), exists(select(literal(1)).select_from(holder).where(holds))), Drift.TAKEN),
    )
    return _line(slots, drift).select_from(joined).where(_of_run(slots, (Action.REKEY, Action.REVIVE, Action.MERGE)))


def replaced_back(identity: Identity, slots: Slots, first: FromClause, back_identity: FromClause) -> Relation:
    """Return the way back of rows that another one displaced: their slot is free, or its holder on its own way back."""
    joined, owner_lost = _with_owner(slots, identity, back_identity)
    holder, holds = _holder(slots)
    leaves = select(literal(1)).where(
        first.c.key == holder.c[slots.key.key],
        first.c.action == Action.REKEY.value,
        first.c.drift == Drift.UNTOUCHED.value,
    )
    stays = exists(select(literal(1)).select_from(holder).where(holds, not_(exists(leaves))))
    drift = _judged(
        (slots.key.is_not(None), Drift.TAKEN),
        (owner_lost, Drift.TAKEN),
        (stays, Drift.TAKEN),
    )
    return _line(slots, drift).select_from(joined).where(_of_run(slots, (Action.REPLACE, Action.DROP)))


def created_back(
    identity: Identity,
    back: Mapping[Part, FromClause],
    attached: Attached,
    altered: Sequence[ColumnElement[bool]],
    stored: Stored,
) -> Relation:
    """Return the way back of created rows: they go when they are as made and nothing hangs on them.

    `back` holds the way back of every other part: slots hang on a row by its key, and tags by its name
    where a foreign key leads there. `altered` are conditions under which a created row has changed in
    a column that the revision does not know.
    """
    kept, made, columns = journal(identity.table), created(identity.table), compared(identity, stored)
    hanging = list(attached(identity.key))
    for part, returning in back.items():
        leaves = select(literal(1)).where(returning.c.key == part.key, returning.c.drift == Drift.UNTOUCHED.value)
        stays = select(literal(1)).select_from(part.table)
        if isinstance(part, Slots):
            leaves = leaves.where(returning.c.action == Action.REKEY.value)
            hanging.append(exists(stays.where(part.owner == identity.key, not_(exists(leaves)))))
        elif isinstance(part, Tags):
            named_so = exists(stays.where(part.tag == Uncollated(identity.name), not_(exists(leaves))))
            hanging.append(and_(Refers(part.tag, identity.name), named_so))
    as_made = SameRow([made.c[known.name] for known in columns], columns)
    drift = _judged(
        (identity.key.is_(None), Drift.DELETED),
        *((hangs, Drift.ATTACHED) for hangs in hanging),
        (or_(not_(as_made), *altered), Drift.EDITED),
    )
    of_canonical = and_(made.c.rekey_run == kept.c.rekey_run, made.c.rekey_canonical == kept.c.rekey_canonical)
    return (
        _line(identity, drift, identity.key)
        .join_from(kept, made, of_canonical, isouter=True)
        .join(identity.table, identity.key == made.c[identity.key.name], isouter=True)
        .where(_of_run(identity, (Action.CREATE,)))
    )


def _tags_back(tags: Tags, stored: Stored) -> Relation:
    kept = journal(tags.table)
    changed: dict[str, ColumnElement[Any] | None] = {tags.tag.name: kept.c.rekey_canonical}
    superseded = {**changed}
    if tags.status is not None:
        superseded[tags.status.name] = literal(tags.superseded, Text())
    rekeyed = kept.c.rekey_action == Action.REKEY.value
    drift = _judged(
        (tags.key.is_(None), Drift.DELETED),
        (and_(rekeyed, not_(_unedited(tags, changed, stored))), Drift.EDITED),
        (and_(not_(rekeyed), not_(_unedited(tags, superseded, stored))), Drift.EDITED),
    )
    return (
        _line(tags, drift)
        .join_from(kept, tags.table, tags.key == kept.c[tags.key.name], isouter=True)
        .where(_of_run(tags, (Action.REKEY, Action.SUPERSEDE)))
    )


def way_back(spec: Spec, stored: Stored, attached: Attached, *altered: ColumnElement[bool]) -> dict[Part, FromClause]:
    """Return the whole way back as relations, where nothing is stored in between: to show it, or to prove it."""
    back: dict[Part, FromClause] = {}
    identity = first_back(spec, spec.identity, None, stored).cte(f"rekey_first_{spec.identity.noun}")
    for slots in spec.slots:
        first = first_back(spec, slots, identity, stored).cte(f"rekey_first_{slots.noun}")
        replaced = replaced_back(spec.identity, slots, first, identity)
        back[slots] = union_all(select(first), replaced).cte(f"rekey_back_{slots.noun}")
    for tags in spec.tags:
        back[tags] = first_back(spec, tags, None, stored).cte(f"rekey_back_{tags.noun}")
    made = created_back(spec.identity, back, attached, altered, stored)
    back[spec.identity] = union_all(select(identity), made).cte(f"rekey_back_{spec.identity.noun}")
    return back
