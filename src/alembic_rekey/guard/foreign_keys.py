"""Rows that a table outside the plan hangs on rows that the plan deletes or renames.

Which tables those are only the catalog knows. With a connection it is read first, and each foreign
key becomes a check; a script asks the catalog when it runs (`attached_in_script`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Table,
    and_,
    column,
    func,
    literal,
    or_,
    select,
    table,
)

from alembic_rekey.guard.checks import check
from alembic_rekey.plan.actions import applied_counts, written
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.judged import key_text, keys_of, missing_in, same_key
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.spec import Check, Part, Relation, Spec
from alembic_rekey.sql.dialects import database

__all__ = [
    "ForeignKey",
    "attached",
    "counted_keys",
    "covered_columns",
    "covering",
    "deletions",
    "foreign_keys",
    "hanging",
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


def deletions(spec: Spec) -> list[tuple[Part, Action]]:
    """Return what deletes rows, in the order in which it does: a row that goes no later than another hangs on nothing.

    They come back the other way round, those of one part at once.
    """
    return [
        (part, count.actions[0])
        for part in (*reversed(spec.children), spec.identity)
        for count in applied_counts(part)
        if count.actions[0] in DELETED
    ]


def counted_keys(spec: Spec) -> dict[Table, Relation]:
    """Return the keys of the rows that count, by table, of those parts that leave rows out."""
    partial = (part for part in spec.parts if part.counting)
    return {part.table: select(*part.keys).where(*part.counting) for part in partial}


def _leading(
    connection: Connection, spec: Spec, part: Part, others: Sequence[Part] = ()
) -> Iterator[tuple[ForeignKey, Table | None, Part | None]]:
    """Yield every foreign key that leads to `part`, and the table that the plan moves by it before rows of `part` go.

    And the one of `others` whose rows refer through it, where there is one.
    """
    covered = covered_columns(spec, part)
    for key in foreign_keys(connection, part.table, [*(child for child, _, _ in covered), *(o.table for o in others)]):
        referring = (other for place, other in enumerate(others, len(covered)) if place in key.belongs)
        yield key, covering(key, covered), next(referring, None)


def covering(key: ForeignKey, covered: Sequence[Covered]) -> Table | None:
    """Return the first table of `covered` whose rows the plan moves by `key`."""
    mine = {*zip(key.columns, key.referred, strict=True)}
    moving = (
        child
        for place, (child, names, targets) in enumerate(covered)
        if place in key.belongs and mine == {*zip(names, targets, strict=True)}
    )
    return next(moving, None)


def attached(connection: Connection, spec: Spec, planned: Planned) -> Iterator[Check]:
    """Yield a check per foreign key through which rows hang on rows that go, or on a column that the plan writes."""
    follows = database(connection.dialect.name).follows_foreign_keys
    counted, parts = counted_keys(spec), {one.table: one for one in spec.parts}
    for part in spec.parts:
        for number, (key, moving, own) in enumerate(_leading(connection, spec, part, spec.deletable)):
            called = f"{part.noun}_{number}"
            follows_it = writing(spec, part, key.referred)
            acting = [*(DELETED if part.deletable else ()), *follows_it]
            child = _child(key, own if moving is None else parts[moving])
            if moving is None and acting:
                stays = (
                    ()
                    if own is None
                    else _staying(own, child, planned, part, _no_later(spec, part, own, acting, follows))
                )
                yield check("attached", called, hanging(key, child, part, planned, acting).where(*stays))
            if moving in counted and acting:
                out = missing_in(keys_of(parts[moving], child), counted[moving])
                yield check("left_out", called, hanging(key, child, part, planned, acting).where(out))
            if moving is not None and follows_it and follows:
                # Else it is asked at the end, when the rows under the old spelling have moved as well.
                yield check("attached_by_name", called, hanging(key, child, part, planned, follows_it))


def _no_later(
    spec: Spec, part: Part, own: Part, actions: Sequence[Action], follows: bool
) -> dict[Action, list[Action]]:
    """Return what deletes rows of `own` no later than each of `actions` acts on rows of `part`."""
    order = deletions(spec)
    ends = {action: place for place, (one, action) in enumerate(order, 1) if one is part}
    # Where no foreign key is followed in between, the end alone counts.
    return {
        action: [known for one, known in order[: ends.get(action, 0) if follows else None] if one is own]
        for action in actions
    }


def _child(key: ForeignKey, own: Part | None) -> FromClause:
    """Return the table that refers, with the columns of the key of `own` where it is one of ours."""
    fields = {*key.columns, *(known.name for known in (own.keys if own else ()))}
    # Aliases: the key may refer to its own table.
    return table(key.child, *map(column, fields), schema=key.schema).alias("rekey_child")


def hanging(key: ForeignKey, child: FromClause, part: Part, planned: Planned, actions: Sequence[Action]) -> Relation:
    """Return the rows of `part` that `actions` act on, with how many of `child` hang on each."""
    gone = planned[part]
    keys = keys_of(part, gone)
    # The parent's own column carries the value: one that the revision does not know is in no plan relation.
    names = {*(known.name for known in part.keys), *key.referred}
    parent = table(key.parent, *(column(name) for name in names), schema=key.parent_schema).alias("rekey_parent")
    pairs = zip(key.columns, key.referred, strict=True)
    return (
        select(
            literal(str(key.child)).label("child"),
            literal(str(part.table.name)).label("table"),
            key_text(keys).label("key"),
            gone.c.rekey_action.label("action"),
            literal(", ".join(key.columns)).label("columns"),
            func.count().label("rows"),
        )
        .join_from(gone, parent, same_key(keys_of(part, parent), keys))
        # The parent on the left: on SQLite a foreign key compares as the column that it leads to.
        .join(child, and_(*(parent.c[target] == child.c[field] for field, target in pairs)))
        .where(gone.c.rekey_action.in_([action.value for action in actions]))
        .group_by(*keys, gone.c.rekey_action)
        .order_by(*keys)
    )


def _staying(
    own: Part, child: FromClause, planned: Planned, part: Part, before: Mapping[Action, Sequence[Action]]
) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that a row of `own` does not go by `before`, the actions on `part` with what is no later."""
    gone, its, mine = planned[part], planned[own], keys_of(own, child)
    # Mostly the same goes before whatever acts: of one group nothing else is to be told.
    for acts in dict.fromkeys(tuple(each) for each in before.values() if each):
        others = [action.value for action in before if tuple(before[action]) != acts]
        stay = missing_in(mine, select(*keys_of(own, its)).where(its.c.rekey_action.in_(acts)))
        yield or_(gone.c.rekey_action.in_(others), stay) if others else stay
