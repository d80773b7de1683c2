"""Rows that refer to a key which no row has: the database may give that very key to a row that is created.

Nothing is led to that row yet, so whoever refers to it would become its own with no line in a journal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Text, cast, func, literal, select, true, union_all, update
from sqlalchemy.sql.dml import Update

from alembic_rekey.guard.checks import check
from alembic_rekey.plan.groups.members import Planned, kept_by
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Check, Part, Relation, Spec
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.side_tables import created, current_run

__all__ = ["orphan_claims", "orphans_adopted", "referring_already"]


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
