"""What the rows of a plan will hold: said once, for apply, verification, the way back, and who asks beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import singledispatch
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, literal, not_, null, select, type_coerce

from alembic_rekey.plan.actions import written
from alembic_rekey.plan.groups.absorbed import absorbed
from alembic_rekey.plan.groups.members import Led, Planned, led, refers
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import keys_of, leads_of, same_key
from alembic_rekey.plan.parts.tags import tagged
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import SURVIVOR, Identity, Itself, Part, References, Slots, Spec, Tags
from alembic_rekey.spec.part import unhandled
from alembic_rekey.sql.values import constant, named

__all__ = ["After", "after", "becoming", "new_key", "taken_by_group"]

After = Mapping[str, ColumnElement[Any]]
"""By the name of a column, its value after the fold: NULL where the row stays as it is or goes."""


def becoming(
    part: Part, spec: Spec, names: Names, planned: Planned, actions: Iterable[Action] | None = None
) -> tuple[FromClause, dict[str, ColumnElement[Any]]]:
    """Return the lines of the plan of `part`, and by its name each written column's value after the fold.

    The lines are those of `actions`, all that write if none are given, with our own columns and those of the table.
    A column that an action does not write keeps its value.
    """
    acts = written(part)
    rows = planned[part]
    source, values = after(part, spec, names, planned, rows)
    columns = {known.name: known for columns in acts.values() for known in columns}
    new: dict[str, ColumnElement[Any]] = {}
    for place, (name, known) in enumerate(columns.items()):
        writers = [action.value for action, writes in acts.items() if known in writes]
        said = values[name] if isinstance(values[name], Mapping) else dict.fromkeys(writers, values[name])
        lines = [(rows.c.rekey_action == action, value) for action, value in said.items()]
        new[name] = case(*lines, else_=rows.c[name]).label(f"rekey_new_{place}")
    writing = rows.c.rekey_action.in_(sorted(action.value for action in acts))
    made = select(rows, *new.values()).select_from(source).where(writing).cte(f"rekey_becoming_{part.noun}")
    every = made.prefix_with("NOT MATERIALIZED")
    relation: FromClause = every
    if actions is not None:
        wanted = sorted(action.value for action in actions)
        relation = select(every).where(every.c.rekey_action.in_(wanted)).subquery("rekey_becoming")
    return relation, {name: relation.c[f"rekey_new_{place}"] for place, name in enumerate(columns)}


def new_key(part: Part, lines: FromClause, new: After) -> list[ColumnElement[Any]]:
    """Return the key by which a row of `becoming` is found after the fold."""
    return [new.get(str(known.name), lines.c[known.name]) for known in part.keys]


@singledispatch
def after(
    part: Part, _spec: Spec, _names: Names, _planned: Planned, _rows: FromClause
) -> tuple[FromClause, Mapping[str, Any]]:
    """Return `rows` joined with what their new values come from, and these values by the column's name.

    A value is one for all actions that write its column, or one per action. Each kind of part has its own.
    """
    raise unhandled(part, "changes")


@after.register
def _after_identity(
    identity: Identity, spec: Spec, _names: Names, planned: Planned, rows: FromClause
) -> tuple[FromClause, Mapping[str, Any]]:
    values: dict[str, Any] = {}
    source = rows
    if identity.owners:
        joined = led(identity, spec, planned, rows)
        source = joined.source
        values |= _owned(identity, spec, joined, rows)
    to = dict(zip(identity.keys, leads_of(identity, rows), strict=True))
    if identity.absorb:
        source, taken = _absorbing(identity, rows, source)
        values |= taken
    for known in identity.named:
        mine = named(rows.c.rekey_canonical, known)
        if identity.owners:
            # A row of no group moves with its owners alone.
            mine = case((rows.c.rekey_place.is_(None), rows.c[known.name]), else_=mine)
        values[str(known.name)] = mine
    for name, value in (identity.retiring or {}).items():
        type_ = identity.table.c[name].type
        said = None if value is None else literal(value, type_)
        set_to = to[identity.told[0]] if value is SURVIVOR else constant(said, type_)
        values[name] = {**_per_action(identity, name, values.get(name)), Action.RETIRE.value: set_to}
    return source, values


def taken_by_group(part: Part, rows: FromClause) -> tuple[FromClause, dict[str, ColumnElement[Any]]]:
    """Return per row of a group of `part` in the plan `rows`, by its key, what the row that stays takes; by column."""
    members = select(rows).where(rows.c.rekey_place > 0).subquery("rekey_absorbing")
    leads = leads_of(part, members)
    taken = absorbed(part, [members.c[name] for name in part.absorbing], leads, members.c.rekey_place)
    new = select(
        *(members.c[known.name] for known in part.keys),
        *(value.label(f"rekey_taken_{place}") for place, value in enumerate(taken.values())),
    ).subquery("rekey_taken")
    return new, {name: new.c[f"rekey_taken_{place}"] for place, name in enumerate(taken)}


def _absorbing(part: Part, rows: FromClause, source: FromClause) -> tuple[FromClause, dict[str, ColumnElement[Any]]]:
    new, taken = taken_by_group(part, rows)
    keys = [known.name for known in part.keys]
    joined = source.outerjoin(new, same_key([new.c[key] for key in keys], [rows.c[key] for key in keys]))
    # A row that is alone takes nothing.
    alone = new.c[keys[0]].is_(None)
    return joined, {name: case((alone, rows.c[name]), else_=value) for name, value in taken.items()}


def _per_action(identity: Identity, name: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    acts = written(identity).items()
    return {action.value: value for action, writes in acts if any(known.name == name for known in writes)}


def _owned(identity: Identity, spec: Spec, joined: Led, rows: FromClause) -> dict[str, ColumnElement[Any]]:
    """Return the owners of an identity's own rows, without a parent where a row would be its own."""
    owners = iter(joined.owners)
    values: dict[str, ColumnElement[Any]] = {}
    own, resting = leads_of(identity, rows), spec.resting(identity)
    for owner in identity.owning:
        leads = [next(owners) for _ in owner]
        was = refers(identity, owner, [rows.c[known.name] for known in owner], keys_of(identity, rows))
        itself = and_(refers(identity, owner, leads, own), rows.c.rekey_place.is_not(None), not_(was))
        for known, lead in zip(owner, leads, strict=True):
            nothing = case((itself, type_coerce(null(), known.type)), else_=lead)
            goes = nothing if identity.itself is Itself.SET_NULL else lead
            values[str(known.name)] = rows.c[known.name] if known in resting else goes
    return values


@after.register
def _after_references(
    references: References, spec: Spec, _names: Names, planned: Planned, rows: FromClause
) -> tuple[FromClause, Mapping[str, Any]]:
    joined = led(references, spec, planned, rows)
    values: dict[str, Any] = {}
    owners, resting = iter(joined.owners), spec.resting(references)
    for owner, member in zip(references.owning, joined.members, strict=True):
        for known in owner:
            moves = next(owners)
            if known in resting:
                values[str(known.name)] = rows.c[known.name]
                continue
            detached = case((member.c.place > 1, type_coerce(null(), known.type)), else_=moves)
            values[str(known.name)] = {Action.REKEY.value: moves, Action.DETACH.value: detached}
    return joined.source, values | _following(joined, rows)


def _following(joined: Led, rows: FromClause) -> dict[str, Any]:
    """Return the columns that carry the identity's name, where they do."""
    canonical = joined.named.c.canonical
    return {name: case((follows, canonical), else_=rows.c[name]) for name, follows in joined.follows.items()}


@after.register
def _after_slots(
    slots: Slots, spec: Spec, _names: Names, planned: Planned, rows: FromClause
) -> tuple[FromClause, Mapping[str, Any]]:
    joined = led(slots, spec, planned, rows)
    source = joined.source
    resting = spec.resting(slots)
    values: dict[str, Any] = {
        str(known.name): rows.c[known.name] if known in resting else lead
        for known, lead in zip(slots.owner_columns, joined.owners, strict=True)
    }
    values |= _following(joined, rows)
    if slots.status is not None:
        values[str(slots.status.name)] = constant(slots.active, slots.status.type)
    if slots.absorb:
        source, taken = _absorbing(slots, rows, source)
        values |= taken
    return source, values


@after.register
def _after_tags(
    tags: Tags, spec: Spec, names: Names, planned: Planned, rows: FromClause
) -> tuple[FromClause, Mapping[str, Any]]:
    source = rows
    new: Sequence[ColumnElement[Any]] = [rows.c.rekey_canonical]
    if len(tags.named) > 1:
        # Beside the plan of the same rows, where no journal holds that.
        found = tagged(tags, spec, names, planned, rows, f"{tags.noun}_after")
        source, new = found.source, found.becoming
    values: dict[str, Any] = {str(known.name): value for known, value in zip(tags.named, new, strict=True)}
    if tags.status is not None:
        values[str(tags.status.name)] = constant(tags.superseded, tags.status.type)
    return source, values
