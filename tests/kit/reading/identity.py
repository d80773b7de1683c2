"""What happens to the rows of the identity (design, section 4, Groups)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reading.declaration import SURVIVOR, Absorb, Duplicates, Identity, Itself, Row
from reading.groups import Group, text_of
from reading.outcome import RUN_TIME, Created, Decision, LeftBehind, Outcome
from reading.owners import Leads, leads_of, moved, stamped
from reading.values import absorbed

__all__ = ["fold_identity"]


def fold_identity(identity: Identity, groups: list[Group], rows: Iterable[Row], outcome: Outcome) -> None:
    """Decides about every row, and creates the ones that are missing."""
    leads = leads_of(identity, groups)
    staying = {identity.key_of(group.survivor): group for group in groups if group.survivor is not None}
    actions, after = outcome.actions[identity.noun], outcome.rows[identity.table]
    finally_: dict[int, Row] = {}
    for row in rows:
        key = identity.key_of(row)
        if key in leads:
            actions[key] = Decision(
                "delete" if identity.retire is None else "retire", leads[key].canonical, leads[key].key
            )
            if identity.retire is not None:
                retired = {**row, **_retired(identity.retire, leads[key].key)}
                if identity.counts(retired) and _found_by(identity, row) == _found_by(identity, retired):
                    outcome.refusals["retired again"].add((identity.noun, key))
                after.append({**retired, **stamped(identity)})
            continue
        group = staying.get(key)
        action, canonical, changes = _changes(identity, row, group, leads, outcome)
        if action is not None and canonical is not None:
            actions[key] = Decision(action, canonical)
            changes |= stamped(identity)
        after.append({**row, **changes})
        if group is not None:
            finally_[id(group)] = after[-1]
    for group in groups:
        if group.survivor is None:
            key = group.key(identity)
            actions[key] = Decision("create", group.canonical)
            outcome.stand_ins[key[0]] = identity.key_of(group.shadows[0])[0]
            after.append(_created(identity, group))
            if not identity.counts(after[-1]):
                outcome.refusals["created apart"].add(group.canonical)
            finally_[id(group)] = after[-1]
        outcome.left_behind += _left_behind(identity, group, finally_[id(group)])


def _changes(
    identity: Identity, row: Row, group: Group | None, leads: Leads, outcome: Outcome
) -> tuple[str | None, str | None, Row]:
    """What a row that stays becomes: the first of its actions, the name it is for, the columns."""
    changes: Row = {}
    said: list[str] = []
    canonical = None
    if group is not None:
        canonical = group.canonical
        if _is_written(identity) and text_of(identity, row) != canonical:
            changes[str(identity.name)] = canonical
            said.append("rename")
        taken = {column: value for column, value in _absorbed(identity, row, group).items() if value != row[column]}
        if taken:
            changes |= taken
            said.append("absorb")
    # A row that does not count is left alone; where a foreign key holds it to one that goes, `after` refuses.
    led, name = moved(row, identity.owners, leads) if identity.counts(row) else ({}, None)
    if led:
        key = identity.key_of(row)
        for owner in identity.owners:
            if set(owner) <= set(led) and tuple(led[column] for column in owner) == key:
                if identity.itself is Itself.REFUSE:
                    outcome.refusals["itself"].add((identity.noun, key))
                elif identity.itself is Itself.SET_NULL:
                    led |= dict.fromkeys(owner)
        changes |= led
        said.append("rekey")
        canonical = name if canonical is None else canonical
    return (said[0] if said else None), canonical, changes


def _is_written(identity: Identity) -> bool:
    """Whether the fold writes names: found groups keep the survivor's, and a key is what it is."""
    return identity.duplicates is Duplicates.REGISTERED and identity.name not in identity.key


def _absorbed(identity: Identity, row: Row, group: Group) -> Row:
    return {
        column: absorbed(how, [row[column], *(shadow[column] for shadow in group.shadows)])
        for column, how in identity.absorb.items()
    }


def _found_by(identity: Identity, row: Row) -> list[Any]:
    """What makes a row one of a group: with the same, the next fold would find it again."""
    expressions = identity.match if isinstance(identity.match, tuple) else ()
    matched = [each.read(row) for each in expressions] or [text_of(identity, row)]
    return [*matched, *(row[column] for column in identity.within)]


def _retired(retire: Any, key: tuple[Any, ...]) -> Row:
    (single,) = key if SURVIVOR in retire.values() else (None,)
    return {column: single if value is SURVIVOR else value for column, value in retire.items()}


def _created(identity: Identity, group: Group) -> Row:
    (column,) = identity.key
    row: Row = {**dict.fromkeys(group.shadows[0]), **identity.created, column: Created(group.canonical, group.within)}
    row |= {str(identity.name): group.canonical, **dict(zip(identity.within, group.within, strict=True))}
    row |= {time.column: RUN_TIME for time in (identity.created_at,) if time is not None}
    return {**row, **_absorbed(identity, row, group), **stamped(identity)}


def _left_behind(identity: Identity, group: Group, stays: Row) -> list[LeftBehind]:
    """What the shadows of a group hold and the row that stays has not got; a sum or an extreme has taken all."""
    times = {time.column for time in (identity.created_at, identity.updated_at) if time is not None}
    owners = {column for owner in identity.owners for column in owner}
    taken = {column for column, how in identity.absorb.items() if how is not Absorb.COALESCE}
    return [
        LeftBehind(identity.key_of(shadow), column, shadow[column], stays[column])
        for shadow in group.shadows
        for column in shadow.keys() - {*identity.key, identity.name, *times, *owners, *taken}
        if shadow[column] not in (None, stays[column])
    ]
