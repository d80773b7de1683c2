"""Foreign keys that lead to the tables of a spec, as the catalog has them, and which of them a fold moves rows by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, select

from alembic_rekey.plan.actions import applied_counts, written
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Part, Relation, Spec
from alembic_rekey.sql.dialects import database

__all__ = [
    "ForeignKey",
    "counted_keys",
    "covered_columns",
    "covering",
    "foreign_keys",
    "in_order",
    "writing",
    "written_columns",
]


Covered = tuple[Table, tuple[str, ...], tuple[str, ...]]
"""A table, columns of it, and the columns that they refer to."""


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


def writing(spec: Spec, part: Part, names: Sequence[str]) -> list[Action]:
    """Return the actions on rows of `part` that stay which may change one of its columns `names`."""
    return [action for action, columns in written_columns(spec, part).items() if {*columns} & {*names}]


def in_order(spec: Spec) -> list[tuple[Part, Action]]:
    """Return what a fold does with rows, in the order in which it does.

    A row that goes no later than another hangs on nothing. They come back the other way round, those of one part at
    once.
    """
    acts = [
        (part, count.actions[0]) for part in (*reversed(spec.children), spec.identity) for count in applied_counts(part)
    ]
    first = [act for act in acts if act[0] is spec.identity and act[1] in (Action.CREATE, Action.RENAME)]
    return [*first, *(act for act in acts if act not in first)]


def counted_keys(spec: Spec) -> dict[Table, Relation]:
    """Return the keys of the rows that count, by table, of those parts that leave rows out."""
    partial = (part for part in spec.parts if part.counting)
    return {part.table: select(*part.keys).where(*part.counting) for part in partial}


def covering(key: ForeignKey, covered: Sequence[Covered]) -> Table | None:
    """Return the first table of `covered` whose rows the plan moves by `key`."""
    mine = {*zip(key.columns, key.referred, strict=True)}
    moving = (
        child
        for place, (child, names, targets) in enumerate(covered)
        if place in key.belongs and mine == {*zip(names, targets, strict=True)}
    )
    return next(moving, None)
