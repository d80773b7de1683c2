"""Rows that refer to a key which no row has.

The database may give that very key to a row that is created: nothing is led to that row yet, so whoever refers to it
would become its own with no line in a journal. And where such a row goes itself, no foreign key takes it back. SQLite
checks foreign keys only where a connection asks for it, so its databases hold such rows; PostgreSQL's do where triggers
were off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Text,
    cast,
    column,
    func,
    literal,
    not_,
    select,
    table,
    true,
    union_all,
    update,
)
from sqlalchemy.sql.dml import Update

from alembic_rekey.guard.checks import check
from alembic_rekey.guard.stored import Referred, by_columns, columns_in, references_of
from alembic_rekey.plan.groups.members import Planned, kept_by
from alembic_rekey.plan.judged import key_text, keys_of, same_key
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.spec import Check, Part, Relation, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.side_tables import created, current_run

__all__ = ["orphan_claims", "orphans_adopted", "orphans_gone", "referring_already"]


def orphan_claims(spec: Spec, dialect: str, planned: Planned) -> Iterator[Check]:
    """Yield the check that no row refers to one of the keys that the database makes next, as many as are wanted."""
    owned = _owned(spec)
    if not owned:
        return
    lines, following = planned[spec.identity], database(dialect).next_keys(spec.identity.keys[0])
    numbers = following.subquery("rekey_next")
    number = numbers.c.first + numbers.c.step * (func.row_number().over() - 1)
    coming = (
        select(number.label("key"))
        .select_from(lines.join(numbers, true()))
        .where(lines.c.rekey_action == Action.CREATE.value)
        .cte("rekey_coming")
    )
    found = [
        _told(spec, owner, cast(owner, Text))
        .distinct()
        .where(owner.in_(select(kept_by(owner, coming.c.key, spec.identity.keys[0]))), *_counting(part, spec))
        for part, owner in owned
    ]
    yield check("orphan_adopted", spec.identity.noun, _all(found))


def referring_already(spec: Spec) -> Iterator[Update]:
    """Yield what notes at created rows, when nothing was led to them yet, who refers to them: a place in `_owned`."""
    made, own = created(spec.identity), spec.identity.keys[0]
    for place, (part, owner) in enumerate(_owned(spec)):
        referred = kept_by(owner, made.c[own.name], own).in_(select(owner).where(*_counting(part, spec)))
        yield update(made).values(rekey_place=place).where(made.c.rekey_run == current_run(), referred)


def orphans_adopted(spec: Spec) -> Iterator[Check]:
    """Yield the check that nobody referred to a created row when it was made, whichever key the database gave it."""
    made = created(spec.identity)
    found = [
        _told(spec, owner, cast(made.c[spec.identity.keys[0].name], Text)).where(
            made.c.rekey_run == current_run(), made.c.rekey_place == place
        )
        for place, (_, owner) in enumerate(_owned(spec))
    ]
    if found:
        yield check("orphan_adopted", f"{spec.identity.noun}_made", _all(found))


def orphans_gone(connection: Connection, spec: Spec, planned: Planned) -> Iterator[Check]:
    """Yield, per part that loses rows, the check that what these refer to by foreign keys is there."""
    for part in spec.deletable:
        led = _led(part, spec)
        keys = [key for key in references_of(connection, part) if (key.table, {*key.columns}) != led]
        if found := list(_from_nowhere(part, keys, planned[part])):
            yield check("orphan_gone", part.noun, _all(found))


def _owned(spec: Spec) -> list[tuple[Part, Column[Any]]]:
    """Return who refers to the identity: each by one column, as the key of rows that are created has."""
    if not (spec.identity.creates and spec.identity.database_makes_keys):
        return []
    return [(part, owner) for part in spec.parts if spec.parent(part) is spec.identity for (owner,) in part.owning]


def _counting(part: Part, spec: Spec) -> tuple[ColumnElement[bool], ...]:
    # Of an identity's own rows all refer to rows of it, whether they count or not.
    return () if part is spec.identity else part.counting


def _told(spec: Spec, owner: Column[Any], key: ColumnElement[Any]) -> Relation:
    names = {"table": owner.table.name, "column": owner.name, "parent": spec.identity.table.name}
    said: list[ColumnElement[Any]] = [literal(str(name)).label(called) for called, name in names.items()]
    return select(*said, key.label("key"))


def _all(found: Sequence[Relation]) -> Relation:
    return select(union_all(*found).subquery("rekey_orphaned"))


def _led(part: Part, spec: Spec) -> tuple[str, set[str]] | None:
    """Return the only owner of `part`, and where it leads: to a row that is there, or no plan would have its row."""
    if part is spec.identity or len(part.owning) != 1:
        return None
    return str(spec.parent(part).table.name), {str(known.name) for known in part.owning[0]}


def _from_nowhere(part: Part, keys: Sequence[Referred], lines: FromClause) -> Iterator[Relation]:
    for columns, several in by_columns(keys).items():
        names = dict.fromkeys([*(str(known.name) for known in part.keys), *columns])
        row = table(part.table.name, *map(column, names), schema=part.table.schema).alias("rekey_going")
        said = {"table": part.table.name, "columns": ", ".join(columns), "parent": several[0].table}
        named = [literal(str(value)).label(name) for name, value in said.items()]
        yield (
            select(*named, cast(key_text(keys_of(part, row)), Text).label("key"), lines.c.rekey_action.label("action"))
            .join_from(lines, row, same_key(keys_of(part, lines), keys_of(part, row)))
            .where(lines.c.rekey_action.in_(sorted(DELETED)), *(row.c[name].is_not(None) for name in columns))
            .where(*(not_(key.stands_for(columns_in(row, columns))) for key in several))
        )
