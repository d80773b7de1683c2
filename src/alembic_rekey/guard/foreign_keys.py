"""Rows that a table outside the plan hangs on rows that the plan deletes or renames.

Which tables those are only the catalog knows. With a connection it is read first, and each foreign
key becomes a check; a script asks the catalog when it runs (`attached_in_script`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, column, exists, func, literal, select, table

from alembic_rekey.guard.checks import check
from alembic_rekey.plan.actions import written
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.judged import key_text, keys_of, same_key
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.spec import Check, Part, Spec
from alembic_rekey.sql.dialects import database

__all__ = [
    "Attached",
    "ForeignKey",
    "attached",
    "covered_columns",
    "foreign_keys",
    "hanging",
    "written_columns",
]


Covered = tuple[Table, tuple[str, ...], tuple[str, ...]]
"""A table, columns of it, and the columns that they refer to."""

Attached = Callable[[Sequence[ColumnElement[Any]]], Iterable[ColumnElement[bool]]]
"""Given a key of the identity: conditions, each true where rows outside the spec hang on it."""


@dataclass(frozen=True)
class ForeignKey:
    """One foreign key as the catalog has it; `columns` and `referred` correspond."""

    schema: str | None
    child: str
    parent_schema: str | None
    parent: str
    """Where the key leads: the table that was asked for, a partition of it, or a table that inherits from it."""
    columns: tuple[str, ...]
    referred: tuple[str, ...]
    belongs: frozenset[int]
    """Which of the tables that were named the child is, or is a part of, by their places."""


def foreign_keys(connection: Connection, parent: Table, children: Sequence[Table] = ()) -> list[ForeignKey]:
    """Return the foreign keys of all tables that refer to `parent` or a part of it, partitions counted once.

    `children` are the tables that `ForeignKey.belongs` is about.
    """
    found = connection.execute(database(connection.dialect.name).foreign_keys(parent, children))
    pairs: dict[tuple[str | None, str, str | None, str, int, str | None], list[tuple[str, str]]] = defaultdict(list)
    for *which, field, target in found:
        pairs[tuple(which)].append((field, target))
    return [
        ForeignKey(
            *(schema, child, parent_schema, name),
            columns=tuple(field for field, _ in fields),
            referred=tuple(target for _, target in fields),
            belongs=frozenset(map(int, belongs.split(","))) if belongs else frozenset(),
        )
        for (schema, child, parent_schema, name, _, belongs), fields in pairs.items()
    ]


def covered_columns(spec: Spec, part: Part) -> list[Covered]:
    """Return the tables and columns whose rows the plan moves before a row of `part` goes, and what they refer to."""
    covered = [
        (child.table, tuple(str(known.name) for known in owner), tuple(str(known.name) for known in part.keys))
        for child in spec.parts
        if spec.parent(child) is part
        for owner in child.owning
    ]
    identity = spec.identity
    if part is identity and identity.name is not None:
        named = (str(identity.name.name),)
        covered += [
            (child.table, (str(tag.name),), named)
            for child in spec.children
            for tag in child.named
            if child is not identity
        ]
    return covered


def written_columns(spec: Spec, part: Part) -> dict[Action, list[str]]:
    """Return the columns that each action on a row that stays may change."""
    stamps, resting = [] if part.updated_at is None else [part.updated_at], spec.resting(part)
    return {
        action: [known.name for known in [*(known for known in columns if known not in resting), *stamps]]
        for action, columns in written(part).items()
    }


def _uncovered(connection: Connection, spec: Spec, part: Part) -> Iterator[tuple[ForeignKey, bool]]:
    """Yield every foreign key that leads to `part`, and whether rows that hang there stay when rows of `part` go."""
    covered = covered_columns(spec, part)
    for key in foreign_keys(connection, part.table, [child for child, _, _ in covered]):
        mine = {frozenset(zip(key.columns, key.referred, strict=True))}
        pairs = {
            frozenset(zip(names, targets, strict=True))
            for place, (_, names, targets) in enumerate(covered)
            if place in key.belongs
        }
        yield key, not mine <= pairs


def attached(connection: Connection, spec: Spec, planned: Planned) -> Iterator[Check]:
    """Yield a check per foreign key through which rows hang on rows that go, or on a column that the plan writes."""
    for part in spec.parts:
        for number, (key, stays) in enumerate(_uncovered(connection, spec, part)):
            numbered = f"{part.noun}_{number}"
            writing = [action for action, names in written_columns(spec, part).items() if {*names} & {*key.referred}]
            if stays and (acting := [*(DELETED if part.deletable else ()), *writing]):
                yield _attached_by(key, part, numbered, planned, "attached", acting)
            elif writing and database(connection.dialect.name).follows_foreign_keys:
                # Else it is asked at the end, when the rows under the old spelling have moved as well.
                yield _attached_by(key, part, numbered, planned, "attached_by_name", writing)


def _attached_by(
    key: ForeignKey, part: Part, numbered: str, planned: Planned, name: str, actions: Sequence[Action]
) -> Check:
    gone = planned[part]
    keys = keys_of(part, gone)
    # Aliases: the key may refer to its own table.
    child = table(key.child, *(column(name) for name in key.columns), schema=key.schema).alias("rekey_child")
    # The parent's own column carries the value: one that the revision does not know is in no plan relation.
    names = {*(known.name for known in part.keys), *key.referred}
    parent = table(key.parent, *(column(name) for name in names), schema=key.parent_schema).alias("rekey_parent")
    pairs = zip(key.columns, key.referred, strict=True)
    offending = (
        select(
            literal(str(key.child)).label("child"),
            literal(str(part.table.name)).label("table"),
            key_text(keys).label("key"),
            gone.c.rekey_action.label("action"),
            literal(", ".join(key.columns)).label("columns"),
            func.count().label("rows"),
        )
        .join_from(gone, parent, same_key(keys_of(part, parent), keys))
        .join(child, and_(*(child.c[field] == parent.c[target] for field, target in pairs)))
        .where(gone.c.rekey_action.in_([action.value for action in actions]))
        .group_by(*keys, gone.c.rekey_action)
        .order_by(*keys)
    )
    return check(name, numbered, offending)


def hanging(connection: Connection, spec: Spec) -> Attached:
    """Return the conditions under which rows of a table outside the spec hang on a row of the identity."""
    identity = spec.identity
    found = [key for key, stays in _uncovered(connection, spec, identity) if stays]

    own = [known.name for known in identity.keys]

    def conditions(keys: Sequence[ColumnElement[Any]]) -> Iterator[ColumnElement[bool]]:
        for each in found:
            child = table(each.child, *(column(name) for name in each.columns), schema=each.schema).alias("rekey_child")
            names = {*own, *each.referred}
            parent = table(each.parent, *map(column, names), schema=each.parent_schema).alias("rekey_parent")
            pairs = zip(each.columns, each.referred, strict=True)
            matched = and_(*(child.c[field] == parent.c[target] for field, target in pairs))
            mine = same_key([parent.c[name] for name in own], keys)
            yield exists(select(literal(1)).select_from(child.join(parent, matched)).where(mine))

    return conditions
