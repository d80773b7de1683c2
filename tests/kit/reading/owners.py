"""Where the owners of a row lead after the fold, and what else of the row follows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any, NamedTuple

from reading.declaration import Columns, Duplicates, Identity, Owned, Part, Row, Stamped
from reading.groups import Group, text_of
from reading.outcome import RUN_TIME, Created

__all__ = [
    "Lead",
    "Leads",
    "Spellings",
    "become_one",
    "behind",
    "followed",
    "leads_of",
    "moved",
    "spellings_of",
    "stamped",
]

Key = tuple[Any, ...]


class Lead(NamedTuple):
    """What a key is after the fold, and the name to which that belongs."""

    key: Key
    canonical: str


class Spelling(NamedTuple):
    """The name that a row of the identity had, and the one that it has afterwards, or its survivor has."""

    old: str
    new: str


Leads = Mapping[Key, Lead]
"""By the key of a row that others refer to; what is not in it stays what it is."""
Spellings = Mapping[Key, Spelling]


def leads_of(identity: Identity, groups: Iterable[Group]) -> dict[Key, Lead]:
    """Where the keys of all shadows lead."""
    return {
        identity.key_of(shadow): Lead(group.key(identity), group.canonical)
        for group in groups
        for shadow in group.shadows
    }


def spellings_of(identity: Identity, groups: Iterable[Group]) -> dict[Key, Spelling]:
    """The names of all rows that are in groups and have one, where the row that stays has one too."""
    found = identity.duplicates is Duplicates.FOUND
    rows = [
        (row, group)
        for group in groups
        for row in (*group.shadows, group.survivor)
        if row is not None and not (found and group.survivor is not None and text_of(identity, group.survivor) is None)
    ]
    named = {identity.key_of(row): (text_of(identity, row), group.canonical) for row, group in rows}
    return {key: Spelling(old, new) for key, (old, new) in named.items() if old is not None}


def behind(part: Owned, spellings: Spellings, rows: Iterable[Row]) -> dict[Key, Spelling]:
    """By the key of rows that have one owner: how that one is spelt."""
    if len(part.owners) > 1:
        return {}
    found = {part.key_of(row): _known(row, part.owners[0], spellings) for row in rows}
    return {key: spellings[owner] for key, owner in found.items() if owner is not None}


def moved(row: Row, owners: Iterable[Columns], leads: Leads) -> tuple[Row, str | None]:
    """The columns of the owners that change, with what they hold then, and the first name that they belong to."""
    changes: Row = {}
    canonicals = []
    for owner in owners:
        old = _known(row, owner, leads)
        if old is not None:
            canonicals.append(leads[old].canonical)
            for column, was, becomes in zip(owner, old, leads[old].key, strict=True):
                changes[column] = becomes if type(row[column]) is type(was) else _as_text(becomes)
    return changes, next(iter(canonicals), None)


def become_one(before: Row, after: Row, owners: Iterable[Columns]) -> bool:
    """Whether two owners of a row, not the same before, are the same afterwards."""

    def same(row: Row, one: Columns, other: Columns) -> bool:
        left, right = (tuple(row[column] for column in owner) for owner in (one, other))
        return left == right and None not in left

    return any(same(after, *pair) and not same(before, *pair) for pair in combinations(owners, 2))


def followed(part: Owned, row: Row, spellings: Spellings) -> tuple[Row, str | None]:
    """The columns of `names` that hold exactly the old name of an owner, with the new one."""
    changes: Row = {}
    for owner in part.owners:
        key = _known(row, owner, spellings)
        if key is not None and spellings[key].old != spellings[key].new:
            for column in part.names:
                if row[column] == spellings[key].old:
                    changes.setdefault(column, spellings[key].new)
    return changes, next(iter(changes.values()), None)


def stamped(part: Part) -> Row:
    """What a change writes into the row's time."""
    if part.updated_at is None or part.stamped is Stamped.BY_THE_DATABASE:
        return {}
    return {part.updated_at.column: RUN_TIME}


def _known(row: Row, owner: Columns, keys: Iterable[Key]) -> Key | None:
    """The one of the keys to which an owner refers; it may be kept as text that is none."""
    held = tuple(row[column] for column in owner)

    def refers(value: Any, key: Any) -> bool:
        return value == (str(key) if isinstance(value, str) else key)

    return next((key for key in keys if all(map(refers, held, key))), None)


def _as_text(key: Any) -> Any:
    return replace(key, as_text=True) if isinstance(key, Created) else str(key)
