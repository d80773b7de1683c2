"""Rows that a table outside the plan hangs on rows that the plan deletes or renames.

Which tables those are only the catalog knows. With a connection it is read first, and each foreign
key becomes a check; a script asks the catalog when it runs (`attached_in_script`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, column, exists, func, literal, select, table

from alembic_rekey.guard.checks import check
from alembic_rekey.plan.plan import Part, Planned
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.spec import Check, Identity, Slots, Spec, Tags
from alembic_rekey.spec.part import unhandled
from alembic_rekey.sql.dialects import database

__all__ = [
    "Attached",
    "ForeignKey",
    "attached",
    "covered_columns",
    "foreign_keys",
    "hanging",
    "written",
    "written_columns",
]


Attached = Callable[[ColumnElement[Any]], Iterable[ColumnElement[bool]]]
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


def covered_columns(spec: Spec, part: Part) -> list[tuple[Table, str, str]]:
    """Return the tables and columns whose rows the plan moves before a row of `part` goes, and what they refer to."""
    identity = spec.identity
    if part is not identity:
        return []
    owners = [(child.table, owner.name, identity.key.name) for child in spec.children for owner in child.owners]
    named = [(child.table, child.named.name, identity.name.name) for child in spec.children if child.named is not None]
    return [*owners, *named]


def written_columns(part: Part) -> dict[Action, list[str]]:
    """Return the columns that each action on a row that stays writes."""
    stamps = [] if part.updated_at is None else [part.updated_at]
    return {action: [known.name for known in [*columns, *stamps]] for action, columns in written(part).items()}


@singledispatch
def written(part: Part) -> Mapping[Action, Sequence[Column[Any]]]:
    """Return the columns, but for the time, that each action on a row that stays writes; each kind has its own."""
    raise unhandled(part, "is written")


@written.register
def _written_identity(identity: Identity) -> Mapping[Action, Sequence[Column[Any]]]:
    return {Action.RENAME: [identity.name]}


@written.register
def _written_slots(slots: Slots) -> Mapping[Action, Sequence[Column[Any]]]:
    return {Action.REKEY: [slots.owner], Action.REVIVE: [slots.status]}


@written.register
def _written_tags(tags: Tags) -> Mapping[Action, Sequence[Column[Any]]]:
    superseded = {} if tags.status is None else {Action.SUPERSEDE: [tags.tag, tags.status]}
    return {Action.REKEY: [tags.tag], **superseded}


def _uncovered(connection: Connection, spec: Spec, part: Part) -> Iterator[tuple[ForeignKey, bool]]:
    """Yield every foreign key that leads to `part`, and whether rows that hang there stay when rows of `part` go."""
    covered = covered_columns(spec, part)
    for key in foreign_keys(connection, part.table, [child for child, _, _ in covered]):
        pairs = {(name, target) for place, (_, name, target) in enumerate(covered) if place in key.belongs}
        yield key, len(key.columns) > 1 or (key.columns[0], key.referred[0]) not in pairs


def attached(connection: Connection, spec: Spec, planned: Planned) -> Iterator[Check]:
    """Yield a check per foreign key through which rows hang on rows that go, or on a column that the plan writes."""
    for part in spec.parts:
        for number, (key, stays) in enumerate(_uncovered(connection, spec, part)):
            numbered = f"{part.noun}_{number}"
            writing = [action for action, names in written_columns(part).items() if {*names} & {*key.referred}]
            if stays and (acting := [*(DELETED if part.deletable else ()), *writing]):
                yield _attached_by(key, part, numbered, planned, "attached", acting)
            elif writing and database(connection.dialect.name).follows_foreign_keys:
                # Else it is asked at the end, when the rows under the old spelling have moved as well.
                yield _attached_by(key, part, numbered, planned, "attached_by_name", writing)


def _attached_by(
    key: ForeignKey, part: Part, numbered: str, planned: Planned, name: str, actions: Sequence[Action]
) -> Check:
    gone = planned[part]
    # Aliases: the key may refer to its own table.
    child = table(key.child, *(column(name) for name in key.columns), schema=key.schema).alias("rekey_child")
    # The parent's own column carries the value: one that the revision does not know is in no plan relation.
    names = {part.key.name, *key.referred}
    parent = table(key.parent, *(column(name) for name in names), schema=key.parent_schema).alias("rekey_parent")
    pairs = zip(key.columns, key.referred, strict=True)
    offending = (
        select(
            literal(str(key.child)).label("child"),
            literal(str(part.table.name)).label("table"),
            gone.c[part.key.name].label("key"),
            gone.c.rekey_action.label("action"),
            literal(", ".join(key.columns)).label("columns"),
            func.count().label("rows"),
        )
        .join_from(gone, parent, parent.c[part.key.name] == gone.c[part.key.name])
        .join(child, and_(*(child.c[field] == parent.c[target] for field, target in pairs)))
        .where(gone.c.rekey_action.in_([action.value for action in actions]))
        .group_by(gone.c[part.key.name], gone.c.rekey_action)
        .order_by(gone.c[part.key.name])
    )
    return check(name, numbered, offending)


def hanging(connection: Connection, spec: Spec) -> Attached:
    """Return the conditions under which rows of a table outside the spec hang on a row of the identity."""
    identity = spec.identity
    found = [key for key, stays in _uncovered(connection, spec, identity) if stays]

    def conditions(key: ColumnElement[Any]) -> Iterator[ColumnElement[bool]]:
        for each in found:
            child = table(each.child, *(column(name) for name in each.columns), schema=each.schema).alias("rekey_child")
            names = {identity.key.name, *each.referred}
            parent = table(each.parent, *map(column, names), schema=each.parent_schema).alias("rekey_parent")
            pairs = zip(each.columns, each.referred, strict=True)
            matched = and_(*(child.c[field] == parent.c[target] for field, target in pairs))
            yield exists(
                select(literal(1)).select_from(child.join(parent, matched)).where(parent.c[identity.key.name] == key)
            )

    return conditions
