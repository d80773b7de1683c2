"""What unique indexes say to the rows as they will be: those that a fold would make alike are found before it does.

The rows of a table after the fold are those that the plan changes, with their new values, and those that it leaves
alone. An index holds among the latter already: so only what is like a changed row can violate it, and nothing else is
compared. The texts of indexes only the catalog knows; in a script the database itself refuses, and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Subquery,
    and_,
    cast,
    column,
    exists,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    table,
    union_all,
)

from alembic_rekey.guard.checks import check
from alembic_rekey.guard.claims.rows_after import RowsAfter, called, changed, created, filled
from alembic_rekey.guard.foreign_keys import written_columns
from alembic_rekey.guard.shape import columns_of
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import alike, among, flag, keys_of, leads_of, numbered, same_key
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.spec import Check, Identity, Part, Relation, Slots, Spec
from alembic_rekey.spec.roles import own_roles
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.constraints import UniqueIndex
from alembic_rekey.sql.values import Catalogued

__all__ = ["Asked", "alone", "compared", "terms", "touched", "typed", "unique_after"]

_ALIKE = "rekey_term_{}"
_OF = "tableoid"
"""Where PostgreSQL says of a row which table it is of, that is asked or an heir."""


@dataclass(frozen=True)
class Asked:
    """One unique index or exclusion constraint, and the plan that it is held against."""

    spec: Spec
    names: Names
    part: Part
    index: UniqueIndex
    types: Mapping[str, str]
    planned: Planned
    written: Set[str]
    """The columns that the plan writes."""
    filled: Mapping[str, ColumnElement[Any]]
    """What a created row gets from the database itself, by column."""


def unique_after(asked: Iterable[tuple[int, Asked]]) -> Iterator[Check]:
    """Yield a check per unique index of those that are `touched` which no slot implies."""
    for number, one in asked:
        part, index = one.part, one.index
        kept, key = alone(part), {str(known.name) for known in part.keys}
        # One row per name, and one per slot, is what a fold leaves.
        is_kept = kept is not None and kept <= index.plain and index.condition is None
        if not index.operators and not is_kept and (index.plain != key or key & one.written):
            yield check("unique_after", f"{part.noun}_{number}", _alike(one))


def touched(connection: Connection, spec: Spec, names: Names, planned: Planned) -> Iterator[tuple[int, Asked]]:
    """Yield what keeps rows apart and depends on a column which the plan writes, with its number among its table's."""
    asked = database(connection.dialect.name)
    for part in spec.parts:
        written = {str(name) for names in written_columns(spec, part).values() for name in names}
        if part is spec.identity and spec.identity.creates:
            written |= {*spec.identity.creating, *(known.name for roles in own_roles(part).values() for known in roles)}
        given = filled(connection, spec.identity) if part is spec.identity else {}
        constants = _constants(connection, given)
        for number, index in enumerate(asked.unique_indexes(connection, part.table)):
            # What a generated column depends on only its text tells.
            filling = written | (constants if index.nulls_differ else given.keys())
            if index.covered is None or not index.covered.isdisjoint(filling) or index.generated:
                types = columns_of(connection, part.table)
                yield number, Asked(spec, names, part, index, types, planned, written, given)


def _constants(connection: Connection, given: Mapping[str, ColumnElement[Any]]) -> set[str]:
    """Return those of the columns that are not NULL."""
    if not given:
        return set()
    held = connection.execute(select(*(flag(value.is_not(None)) for value in given.values()))).one()
    return {name for name, one in zip(given, held, strict=True) if one}


@singledispatch
def alone(_part: Part) -> set[str] | None:
    """Return the columns by which rows of `part` are each one of a kind after a fold, where its kind says so."""
    return None


@alone.register
def _alone_by_name(identity: Identity) -> set[str] | None:
    if identity.found or not identity.named or identity.where is not None or identity.retire is not None:
        return None
    return {str(known.name) for known in (*identity.named, *identity.within)}


@alone.register
def _alone_in_its_slot(slots: Slots) -> set[str] | None:
    return None if slots.where is not None else {str(known.name) for known in (*slots.owner_columns, *slots.slot)}


def compared(asked: Asked) -> tuple[CTE, Subquery]:
    """Return what the index compares of the rows that change, and of those that stay as they are.

    Each with `rekey_row`, what a sentence calls it, and behind that a column per expression.
    """
    part, index, decided = asked.part, asked.index, asked.planned[asked.part]
    acting = (
        select(
            *numbered("acting", keys_of(part, decided)),
            *(numbered("lead", leads_of(part, decided)) if part is asked.spec.identity else ()),
            decided.c.rekey_action.label("rekey_action"),
            decided.c.rekey_canonical.label("rekey_canonical"),
        )
        .where(decided.c.rekey_action.in_(sorted({*DELETED, *written_columns(asked.spec, part), Action.CREATE})))
        .cte("rekey_acting")
        .prefix_with("MATERIALIZED")
    )
    moved = terms(part, index, _moved(asked)).cte("rekey_moved").prefix_with("MATERIALIZED")
    return moved, terms(part, index, _standing(asked, acting)).subquery("rekey_standing")


def _alike(asked: Asked) -> Relation:
    part, index, (moved, standing) = asked.part, asked.index, compared(asked)
    names = [_ALIKE.format(place) for place in range(len(index.expressions))]
    theirs, ours = [standing.c[name] for name in names], [moved.c[name] for name in names]
    if index.nulls_differ:
        found = among(theirs, select(*ours))
    else:
        same = and_(*(own.is_not_distinct_from(other) for own, other in zip(ours, theirs, strict=True)))
        found = select(literal(1)).select_from(moved).where(same).exists()
    both = union_all(select(moved), select(standing).where(found)).subquery("rekey_both")
    terms = [both.c[name] for name in names]
    counted = select(both.c.rekey_row, func.count().over(partition_by=terms).label("rekey_rows"))
    if index.nulls_differ:
        counted = counted.where(*(term.is_not(None) for term in terms))
    several = counted.subquery("rekey_several")
    return (
        select(
            literal(str(part.table.name)).label("table"),
            several.c.rekey_row.label("row"),
            several.c.rekey_rows.label("rows"),
            literal(index.name).label("index"),
        )
        .where(several.c.rekey_rows > 1)
        .order_by(several.c.rekey_row)
    )


def terms(part: Part, index: UniqueIndex, rows: Relation) -> Relation:
    """Return `rekey_row` of `rows` and what the index compares of each, for those that it is about."""
    # By the table's own name: the text of an index may say it.
    source = rows.subquery(str(part.table.name))
    for name, said in index.generated:
        made: Any = literal_column(f"({said})").label(name)
        source = select(*(made if one.name == name else one for one in source.c)).subquery(str(part.table.name))
    compared = enumerate(index.expressions)
    found: list[Any] = [literal_column(said).label(_ALIKE.format(place)) for place, said in compared]
    chosen: Relation = select(source.c.rekey_row, *found)
    return chosen if index.condition is None else chosen.where(literal_column(f"({index.condition})"))


def _standing(asked: Asked, acting: CTE) -> Relation:
    """Return the rows that stay as they are."""
    part, going = asked.part, acting.alias("rekey_going")
    names = [*asked.types, *([_OF] if asked.index.only else ())]
    stored = table(part.table.name, *map(column, names), schema=part.table.schema).alias("rekey_stored")
    keys = keys_of(part, stored)
    joined = stored.outerjoin(going, same_key(alike(going, "acting"), keys))
    stays: ColumnElement[bool] = going.c.rekey_action.is_(None)
    covered = asked.index.covered
    if isinstance(part, Identity):
        # Shadows go when all else is done, but for what is absorbed; a row that is created takes that while they stand.
        stands = going.c.rekey_action == Action.DELETE.value
        if covered is not None and not covered.isdisjoint(part.absorbing):
            if not covered.isdisjoint(part.retiring or ()):
                stands |= going.c.rekey_action == Action.RETIRE.value
            made = acting.alias("rekey_made")
            of_this = same_key(alike(made, "lead"), alike(going, "lead"))
            stands &= exists(select(literal(1)).where(made.c.rekey_action == Action.CREATE.value, of_this))
        stays = or_(stays, stands)
    # The text of an index says names in full: SQLAlchemy shortens long ones but those that it is given.
    return (
        select(called(keys, None).label("rekey_row"), *(stored.c[name].label(name) for name in asked.types))
        .select_from(joined)
        .where(stays, *_own(asked.index, dict(stored.c)))
    )


def _own(index: UniqueIndex, row: Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[bool]]:
    """Return the condition that `row` is none of an heir."""
    return [row[_OF] == func.to_regclass(index.only)] if index.only else []


def _moved(asked: Asked) -> Relation:
    """Return the rows that change as they will be, and those that are created."""
    part, types = asked.part, asked.types
    rows = changed(part, asked.spec, asked.names, asked.planned, [*types, *([_OF] if asked.index.only else ())])
    moved = typed(rows, types).where(*_own(asked.index, rows.values))
    fresh = created(asked.spec, asked.planned) if part is asked.spec.identity else None
    if fresh is None:
        return moved
    fresh = replace(fresh, values={**asked.filled, **fresh.values})
    made = {name for name, _ in asked.index.generated}
    if not asked.index.nulls_differ and not (asked.index.covered or types.keys()) - made <= fresh.values.keys():
        # What the database computes is not NULL, which would be like another.
        return moved
    both = union_all(moved, typed(fresh, types)).subquery("rekey_changed")
    return select(*(known.label(known.name) for known in both.c))


def typed(rows: RowsAfter, types: Mapping[str, str]) -> Relation:
    """Return `rows` with values of the types that PostgreSQL's catalog says; SQLite's columns take any."""
    values = [
        (cast(rows.values.get(name, null()), Catalogued(said)) if said else rows.values.get(name, null())).label(name)
        for name, said in types.items()
    ]
    return select(rows.row.label("rekey_row"), *values).select_from(rows.source)
