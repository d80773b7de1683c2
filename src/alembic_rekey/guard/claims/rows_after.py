"""The rows that a fold writes as they will be, for who asks beforehand: those that change, and those it creates.

Of these also what the database itself gives them, where its catalog tells, and whether they count then.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Text,
    TextClause,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
)
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.sql.visitors import iterate

from alembic_rekey.guard.catalog import about as asked_about
from alembic_rekey.guard.checks import check
from alembic_rekey.plan.becoming import becoming, taken_by_group
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.ranked import written_name
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import about, flag, key_text, keys_of, leads_of, numbered, same_key
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Check, Identity, Part, Spec
from alembic_rekey.spec.stamp import Stamp
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.times import written_time
from alembic_rekey.sql.values import given, named

__all__ = [
    "RowsAfter",
    "as_stored",
    "called",
    "changed",
    "counting_after",
    "created",
    "created_apart",
    "filled",
    "standing",
]

_CONSTANT = re.compile(r"""\(?([+-]?\d+(\.\d+)?|'([^']|'')*'|true|false|null)\)?(::[\w ."\[\](),]+)?""", re.IGNORECASE)
"""A default that is the same whenever it is asked for, as both databases tell it."""


@dataclass(frozen=True)
class RowsAfter:
    """Rows that a fold writes: where they are read, what a sentence calls each, and what they hold, by column."""

    source: FromClause
    row: ColumnElement[str]
    action: ColumnElement[str]
    values: Mapping[str, ColumnElement[Any]]
    leads: Sequence[ColumnElement[Any]] = ()
    """What stands for the key of a row that is created, until it has one."""


def changed(part: Part, spec: Spec, names: Names, planned: Planned, wanted: Collection[str]) -> RowsAfter:
    """Return the rows of `part` that change, with those columns that are `wanted`, of all that the database has."""
    lines, new = becoming(part, spec, names, planned)
    if part.stamp is not None:
        new[part.stamp.name] = _now(part.stamp, lines.c[part.stamp.name])
    values = {name: new[name] for name in wanted if name in new}
    if len(values) == len(wanted):
        return RowsAfter(lines, called(keys_of(part, lines), lines), lines.c.rekey_action, values)
    stored = as_stored(part, lines, wanted)
    return replace(stored, values={**stored.values, **values})


def standing(part: Part, spec: Spec, names: Names, planned: Planned, wanted: Collection[str]) -> RowsAfter:
    """Return the rows of `part` that change, with those columns that are `wanted`, as they stand."""
    return as_stored(part, becoming(part, spec, names, planned)[0], wanted)


def as_stored(part: Part, lines: FromClause, wanted: Collection[str]) -> RowsAfter:
    """Return the rows of `lines`, a plan of `part`, with those columns that are `wanted`, as they stand."""
    held = dict.fromkeys([*(str(known.name) for known in part.keys), *wanted])
    stored = table(part.table.name, *map(column, held), schema=part.table.schema).alias("rekey_stored")
    keys = keys_of(part, stored)
    source = stored.join(lines, same_key(keys_of(part, lines), keys))
    return RowsAfter(source, called(keys, lines), lines.c.rekey_action, {name: stored.c[name] for name in wanted})


def created(spec: Spec, planned: Planned) -> RowsAfter | None:
    """Return the rows that are created, with all that the fold gives them; None where it creates none."""
    identity = spec.identity
    if not identity.creates or identity.name is None:
        return None
    making = planned[identity].alias("rekey_making")
    acting = select(making).where(making.c.rekey_action == Action.CREATE.value).subquery("rekey_made")
    lead, canonical, source = leads_of(identity, acting), acting.c.rekey_canonical, acting
    name = named(canonical, identity.name)
    values: dict[str, ColumnElement[Any]] = {str(identity.name.name): name, **given(identity, canonical)}
    joined: FromClause = source
    if identity.within:
        first = planned[identity].alias("rekey_first")
        joined = joined.join(first, same_key(keys_of(identity, first), lead))
        values |= {str(known.name): first.c[known.name] for known in identity.within}
    if identity.absorb:
        group, taken = taken_by_group(identity, planned[identity])
        joined = joined.join(group, same_key(keys_of(identity, group), lead))
        values |= taken
    values |= {str(stamp.name): _now(stamp) for stamp in identity.times}
    return RowsAfter(joined, called([literal("")], acting), acting.c.rekey_action, values, lead)


def counting_after(identity: Identity, spec: Spec, names: Names, planned: Planned) -> CTE:
    """Return the rows of the identity that will count, but for created ones, as they will be.

    `key` as findings show it, `own_0` and so on, `retired`, `canonical`, and what makes rows one: `name`, `match_0` and
    so on of a spec that has such expressions, `within_0` and so on.
    """
    lines, new = becoming(identity, spec, names, planned)
    stands = identity.table.alias("rekey_standing")
    untouched = keys_of(identity, lines)[0].is_(None)
    held = {
        known: case((untouched, stands.c[known.key]), else_=new[str(known.name)])
        if str(known.name) in new
        else stands.c[known.key]
        for known in identity.table.columns
    }
    name = written_name(identity) if identity.name is None else identity.name
    return (
        select(
            key_text(keys_of(identity, stands)).label("key"),
            *numbered("own", keys_of(identity, stands)),
            flag(lines.c.rekey_action == Action.RETIRE.value).label("retired"),
            lines.c.rekey_canonical.label("canonical"),
            about(name, held).label("name"),
            *numbered("match", [about(each, held) for each in identity.matching]),
            *numbered("within", [held[known] for known in identity.within]),
        )
        .join_from(stands, lines, same_key(keys_of(identity, lines), keys_of(identity, stands)), isouter=True)
        .where(*(about(condition, held) for condition in identity.counting))
        .cte("rekey_after")
    )


def called(keys: Sequence[ColumnElement[Any]], acting: FromClause | None) -> ColumnElement[str]:
    """Return what a sentence calls a row: one that the plan `acting` would do something to, or that stays as it is."""
    named = literal("row ") + cast(key_text(keys), Text)
    if acting is None:
        return named + literal(", which stays as it is")
    made = literal("the row to be created for ") + acting.c.rekey_canonical
    would = named + literal(", which the plan would ") + acting.c.rekey_action
    return case(
        (acting.c.rekey_action == Action.CREATE.value, made),
        else_=would + literal(" for ") + acting.c.rekey_canonical,
    )


def _now(stamp: Stamp, before: ColumnElement[Any] | None = None) -> ColumnElement[Any]:
    """Return the time of the change as its column would hold it; `before` is what the row had there."""
    return written_time(func.current_timestamp(), stamp, before)


def filled(connection: Connection, identity: Identity) -> dict[str, ColumnElement[Any]]:
    """Return by column, as it is kept, what a created row gets there when it is given nothing: a constant, or NULL.

    Not told is what the database computes; and nothing is where triggers may write into a row that is inserted.
    """
    if not identity.creates:
        return {}
    dialect = database(connection.dialect.name)
    said = asked_about([identity], dialect.defaults).subquery()
    (told,) = dialect.conditions(connection, [identity.table])
    made = {
        name: dialect.as_kept(literal_column(text), told.kept[name])
        for name, text in connection.execute(select(said.c.column, said.c.said))
        if name in told.kept and _CONSTANT.fullmatch(text)
    }
    if not made:
        return {}
    surely = connection.execute(select(*(flag(sure) for _, sure in made.values()))).one()
    return {name: value for (name, (value, _)), sure in zip(made.items(), surely, strict=True) if sure}


def created_apart(connection: Connection, spec: Spec, planned: Planned) -> Iterator[Check]:
    """Yield the check that rows to be created count, as `where` says, if what that reads of them is known by now."""
    identity, rows = spec.identity, created(spec, planned)
    if rows is None or identity.where is None or identity.name is None:
        return
    elements = list(iterate(identity.where))
    if any(isinstance(each, SelectBase | TextClause) or getattr(each, "is_literal", False) for each in elements):
        # What it reads, SQLAlchemy does not know.
        return
    read = {str(each.name): each for each in elements if isinstance(each, Column)}
    given, known = rows.values, filled(connection, identity)
    # Times are those of the run, which makes them when it writes.
    times = {str(stamp.name) for stamp in identity.times}
    if not known or not read.keys() <= (known.keys() | given.keys()) - times:
        return
    dialect = database(connection.dialect.name)
    (told,) = dialect.conditions(connection, [identity.table])
    kept = {name: dialect.as_kept(given[name], told.kept[name]) for name in read if name in given}
    values = {name: kept[name][0] if name in kept else known[name] for name in read}
    canonical = given[str(identity.name.name)]
    columns = [canonical.label("rekey_name"), *(value.label(name) for name, value in values.items())]
    sure = (surely for _, surely in kept.values())
    row = select(*columns).select_from(rows.source).where(*sure).subquery("rekey_fresh")
    counts = about(identity.where, {each: row.c[name] for name, each in read.items()})
    apart = select(literal(str(identity.table.name)).label("table"), row.c.rekey_name.label("canonical"))
    yield check("created_apart", f"{identity.noun}_planned", apart.where(flag(counts) == 0).order_by(row.c.rekey_name))
