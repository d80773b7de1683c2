"""The identity: canonical rows come before all that moves to them, and the journal learns the keys that they got."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    TableClause,
    and_,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.util import ClauseAdapter

from alembic_rekey.fold.changes import of_this_run
from alembic_rekey.guard.checks import check
from alembic_rekey.guard.claims.orphans import referring_already
from alembic_rekey.plan.becoming import taken_by_group
from alembic_rekey.plan.groups.members import Planned, kept_by
from alembic_rekey.plan.judged import keys_of, leads_of, same_key
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Check, Identity, Part, Relation, Spec
from alembic_rekey.sql.equality import Same
from alembic_rekey.sql.expressions import InsertRows, Written, sought
from alembic_rekey.sql.side_tables import aliases, created, current_run, journal, run_time, to_name
from alembic_rekey.sql.steps import Statement
from alembic_rekey.sql.times import written_time
from alembic_rekey.sql.values import Key, given, named

__all__ = ["apart", "created_counting", "creating", "keys_learnt", "learning", "learnt_rows"]


def creating(identity: Identity, planned: Planned) -> Insert:
    """Return what creates the canonical rows that are missing."""
    kept = journal(identity)
    values = _created(identity, kept)
    made: FromClause = kept
    if not identity.database_makes_keys:
        named = select(aliases.c.run_id, aliases.c.canonical, aliases.c.identity).distinct().subquery("rekey_named")
        made = made.join(named, and_(named.c.run_id == kept.c.rekey_run, named.c.canonical == kept.c.rekey_canonical))
        own = identity.keys[0]
        # As the column holds it: what is declared as text may be of a type that takes no text, though none is created.
        values = {own.name: Written(Key(named.c.identity, own.type), own), **values}
    if identity.within:
        # The first of the shadows, all of which agree in these columns.
        shadow = kept.alias("rekey_shadow")
        lead = leads_of(identity, kept)
        first = and_(shadow.c.rekey_run == kept.c.rekey_run, same_key(keys_of(identity, shadow), lead))
        made = made.join(shadow, first)
        values |= {known.name: shadow.c[known.name] for known in identity.within}
    if identity.absorb:
        new, taken = taken_by_group(identity, planned[identity])
        lead = leads_of(identity, kept)
        made = made.join(new, same_key(keys_of(identity, new), lead))
        values |= taken
    missing = (
        select(*(value.label(column) for column, value in values.items()))
        .select_from(made)
        .where(of_this_run(kept, Action.CREATE))
    )
    return insert(identity.table).from_select(list(values), missing, include_defaults=False)


def keys_learnt(spec: Spec) -> Iterator[Statement]:
    """Yield what keeps the created rows as they were made, and tells the journals where their shadows lead."""
    identity = spec.identity
    kept, original = journal(identity), identity.table.alias("rekey_original")
    assert identity.name is not None  # noqa: S101  # only named rows are created: `Identity.creates`
    matched: ColumnElement[bool] = sought(original.c[identity.name.key], named(kept.c.rekey_canonical, identity.name))
    joined: FromClause = kept
    if identity.where is not None:
        # A row that does not count may have the name too.
        matched = and_(matched, ClauseAdapter(original).traverse(identity.where))
    if identity.within:
        shadow = kept.alias("rekey_shadow")
        lead = leads_of(identity, kept)
        keys = keys_of(identity, shadow)
        joined = joined.join(shadow, and_(shadow.c.rekey_run == kept.c.rekey_run, same_key(keys, lead)))
        # As the plan tells groups apart: letter by letter, whatever the columns' collations take for equal.
        agree = (Same(original.c[known.key], shadow.c[known.name]) for known in identity.within)
        matched = and_(matched, *agree)
    own = leads_of(identity, kept)
    made: Relation = (
        select(
            *(kept.c.rekey_run, kept.c.rekey_action, kept.c.rekey_canonical, null(), *own),
            literal_column("rekey_original.*"),
        )
        .select_from(joined)
        .join(original, matched)
        .where(of_this_run(kept, Action.CREATE))
    )
    says = "Keep them as they were made: a downgrade takes away only what nobody edited."
    yield Statement(says, InsertRows(created(identity), made))
    for noting in referring_already(spec):
        yield Statement("Note who refers to them before anything is led there: nobody may.", noting)
    for part in learning(spec):
        yield from _learning(identity, part)


def apart(identity: Identity) -> Relation:
    """Return the canonicals whose created row is none that the spec is about: nothing could be led to it."""
    kept, made = journal(identity), created(identity)
    # Its line leads to it, now that the journal learnt its key.
    learnt = same_key(keys_of(identity, made), leads_of(identity, kept))
    joined = kept.outerjoin(made, and_(made.c.rekey_run == kept.c.rekey_run, learnt))
    return (
        select(literal(str(identity.table.name)).label("table"), kept.c.rekey_canonical.label("canonical"))
        .select_from(joined)
        .where(of_this_run(kept, Action.CREATE), made.c.rekey_run.is_(None))
        .order_by(kept.c.rekey_canonical)
    )


def created_counting(identity: Identity) -> Iterator[Check]:
    """Yield the check that the rows which were created count, as `where` says, where it says anything."""
    if identity.creates and identity.where is not None:
        yield check("created_apart", identity.noun, apart(identity))


def learning(spec: Spec) -> list[Part]:
    """Return the parts whose journals learn the keys of created rows: where rows lead to one, or hold one in a key."""
    return [part for part in spec.parts if part is spec.identity or _leads(spec.identity, part)]


def learnt_rows(identity: Identity, part: Part) -> Iterator[Relation]:
    """Yield, per column that leads to a created row, how many lines of the journal of `part` learnt the key of one."""
    kept, made, own = journal(part), created(identity), identity.keys[0]
    for known in _leads(identity, part):
        keys = select(kept_by(known, made.c[own.name], own)).where(made.c.rekey_run == current_run())
        learnt = and_(kept.c.rekey_run == current_run(), kept.c[to_name(known)].in_(keys))
        yield select(func.count()).select_from(kept).where(learnt)


def _leads(identity: Identity, part: Part) -> list[Column[Any]]:
    """Return the columns of the key of `part` that lead to a row of the identity."""
    if part is identity:
        return list(part.keys)
    return [known for known in part.keys if part.of is None and any((known,) == owner for owner in part.owning)]


def _learning(identity: Identity, part: Part) -> Iterator[Statement]:
    """Yield what writes the keys of created rows where a journal has those of their first shadows.

    A row that is created has one key of one column: `Identity.faults`.
    """
    kept, made = journal(part), created(identity)
    own, of_run = identity.keys[0], and_(kept.c.rekey_run == current_run(), made.c.rekey_run == current_run())
    says = f"Tell the journal of {part.table.name} the keys of the created rows."
    for known in _leads(identity, part):
        first, key = (kept_by(known, made.c[name], own) for name in (to_name(own), own.name))
        learnt = update(kept).values({to_name(known): key})
        yield Statement(says, learnt.where(of_run, kept.c[to_name(known)] == first))


def _created(identity: Identity, kept: TableClause) -> dict[str, ColumnElement[Any]]:
    """Return what a created row holds beside its key."""
    assert identity.name is not None  # noqa: S101  # only named rows are created: `Identity.creates`
    name = named(kept.c.rekey_canonical, identity.name)
    values: dict[str, ColumnElement[Any]] = {identity.name.name: name, **given(identity, kept.c.rekey_canonical)}
    stamps = (identity.created_at, identity.stamp)
    return values | {stamp.name: written_time(run_time(), stamp) for stamp in stamps if stamp is not None}
