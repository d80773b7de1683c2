"""The members: every row of a group with its survivor. Children join it; nothing else knows how groups are found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    FromClause,
    Integer,
    String,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    not_,
    or_,
    select,
)

from alembic_rekey.plan.judged import alike, among, held, keys_of, leads_of, missing_in, numbered, same_key
from alembic_rekey.spec import Part, Spec
from alembic_rekey.spec.part import Owner
from alembic_rekey.sql.equality import SoughtByNumber
from alembic_rekey.sql.values import comparable

__all__ = ["Led", "Planned", "after", "led", "members", "referring", "refers"]

Planned = Mapping[Part, FromClause]
"""Per part the plan as a relation with our own columns but the run, and the columns that the revision knows."""


def members(parent: Part, planned: FromClause, called: str) -> FromClause:
    """Return the rows of each group of `parent` that has shadows, or whose row is renamed: from the plan `planned`.

    `key_0` and so on, `to_0` and so on: where the row leads, `canonical`, `name` (of an identity that has one) and
    `place`: 1 is the row that stays, those behind are shadows; 0 is alone in its group, and renamed.
    """
    return _called(parent, planned, f"{called}_{parent.noun}")


@lru_cache(maxsize=64)
def _called(parent: Part, planned: FromClause, called: str) -> CTE:
    """Return the same relation for the same plan: in one statement each name stands for one."""
    return _members(parent, planned).alias(called)


@lru_cache(maxsize=64)
def _members(parent: Part, planned: FromClause) -> CTE:
    named = parent.called
    return (
        select(
            *numbered("key", keys_of(parent, planned)),
            *numbered("to", leads_of(parent, planned)),
            planned.c.rekey_canonical.label("canonical"),
            planned.c.rekey_place.label("place"),
            *numbered("owner", [planned.c[known.name] for known in parent.owner_columns if parent.key_moves]),
            *([] if named is None else [_text(planned.c[named.name]).label("name")]),
        )
        .where(planned.c.rekey_place.is_not(None))
        .cte(f"rekey_members_{parent.noun}")
        .prefix_with("NOT MATERIALIZED")
    )


def _text(name: ColumnElement[Any]) -> ColumnElement[Any]:
    return name if isinstance(name.type, String) else cast(name, Text)


@dataclass(frozen=True)
class Led:
    """Rows of a part joined with the members that their owners refer to."""

    source: FromClause
    members: Sequence[FromClause]
    owners: Sequence[ColumnElement[Any]]
    """Every column of every owner as it will be."""
    gone: ColumnElement[bool]
    """Some owner is a shadow."""
    moved: ColumnElement[bool]
    """Some owner is a shadow, or gets another key."""
    concerned: ColumnElement[bool]
    """Some owner is a row of a group with shadows, or gets another key."""
    follows: Mapping[str, ColumnElement[bool]]
    """By the name of a column: it carries the name of an owner who is called otherwise now."""
    named: FromClause
    """The member whose name these columns carry."""
    canonical: ColumnElement[Any]
    together: ColumnElement[bool] | None
    """Two owners become one, of a row one of whose owners moves; None where there are not two."""


def led(part: Part, spec: Spec, planned: Planned, source: FromClause) -> Led:
    """Return the rows `source` of `part` with where their owners lead: those too that refer to no member."""
    parent = spec.parent(part)
    joined, known, leading = source, list[FromClause](), list[list[ColumnElement[Any]]]()
    before: list[list[ColumnElement[Any]]] = []
    for number, owner in enumerate(part.owning):
        member = members(parent, planned[parent], f"rekey_member_{number}")
        columns = [held(source, column) for column in owner]
        joined = joined.outerjoin(member, refers(parent, owner, columns, alike(member, "key")))
        known.append(member)
        before.append(columns)
        leading.append(after(owner, parent, columns, member))
    together = None
    if len(leading) > 1:
        places = range(len(leading))
        # Who refers to one thing twice as it is does not become such a row.
        together = or_(
            *(
                and_(same_key(leading[one], leading[other]), not_(same_key(before[one], before[other])))
                for one in places
                for other in places
                if one < other
            )
        )
    moved = or_(*(_leads_elsewhere(parent, spec, planned, member) for member in known))
    named, canonical = known[0], _canonical(known)
    if part.names and parent is not spec.identity:
        joined, named = _behind(part, spec, planned, joined, before[0])
        canonical = func.coalesce(canonical, named.c.canonical)
    return Led(
        source=joined,
        members=known,
        owners=[column for each in leading for column in each],
        gone=or_(*(member.c.place > 1 for member in known)),
        moved=moved,
        concerned=or_(*(member.c.place > 0 for member in known), *([moved] if parent.key_moves else [])),
        follows={str(name.name): _follows(held(source, name), spec, planned, named) for name in part.names},
        named=named,
        canonical=canonical,
        together=together,
    )


def referring(
    column: ColumnElement[Any], owner: Column[Any], key: ColumnElement[Any], referred: Column[Any]
) -> ColumnElement[bool]:
    """Return the condition that the value `column` of an owner is `key`, in one type: a key may be kept as text."""
    kept = kept_by(owner, key, referred)
    same: ColumnElement[bool] = kept == column
    return and_(same, SoughtByNumber(key, column)) if kept is not key and isinstance(referred.type, Integer) else same


def refers(
    parent: Part, owner: Owner, values: Sequence[ColumnElement[Any]], keys: Sequence[ColumnElement[Any]]
) -> ColumnElement[bool]:
    """Return the condition that `values`, of the columns of `owner`, are `keys` of a row of `parent`."""
    return and_(*(referring(*each) for each in zip(values, owner, keys, parent.keys, strict=True)))


def kept_by(owner: Column[Any], key: ColumnElement[Any], referred: Column[Any]) -> ColumnElement[Any]:
    """Return `key`, a value of `referred`, as `owner` keeps it, which may be as text."""
    is_text = isinstance(owner.type, String) and not isinstance(referred.type, String)
    return cast(key, Text) if is_text else key


def after(
    owner: Owner, parent: Part, columns: Sequence[ColumnElement[Any]], member: FromClause
) -> list[ColumnElement[Any]]:
    """Return the values `columns` of an owner as they will be, of rows joined with the `member` that it refers to."""
    leads = [kept_by(mine, to, its) for to, mine, its in zip(alike(member, "to"), owner, parent.keys, strict=True)]
    return [case((member.c.place.is_not(None), to), else_=column) for to, column in zip(leads, columns, strict=True)]


def _behind(
    part: Part, spec: Spec, planned: Planned, source: FromClause, owner: Sequence[ColumnElement[Any]]
) -> tuple[FromClause, FromClause]:
    """Return `source`, which refers to slots by `owner`, with the member that such a slot is of, and that member."""
    slots, identity = spec.parent(part), spec.identity
    # What a plan holds of slots is how they were; all others stay as they are.
    # No alias: a statement that asks this of a plan, and of rows of it, has two of them.
    was, stands = select(planned[slots]).subquery("rekey_slot_was"), slots.table.alias("rekey_slot_stands")
    for rows in (was, stands):
        source = source.outerjoin(rows, refers(slots, part.owning[0], owner, keys_of(slots, rows)))
    member = members(identity, planned[identity], "rekey_named")
    of = [func.coalesce(held(was, known), held(stands, known)) for known in slots.owning[0]]
    return source.outerjoin(member, refers(identity, slots.owning[0], of, alike(member, "key"))), member


def _follows(column: ColumnElement[Any], spec: Spec, planned: Planned, member: FromClause) -> ColumnElement[bool]:
    if "name" not in member.c:
        return false()
    # Letter by letter, whatever the collation of either column takes for equal.
    name = comparable(column)
    follows = and_(name == comparable(member.c.name), name != member.c.canonical)
    identity = spec.identity
    if not identity.matching or identity.name is None:
        return follows
    # Of rows that are matched by something else, the one that stays may have no name to follow.
    stays = members(identity, planned[identity], "rekey_stays")
    nameless = select(*alike(stays, "key")).where(stays.c.name.is_(None))
    return and_(follows, missing_in(alike(member, "to"), nameless))


def _leads_elsewhere(parent: Part, spec: Spec, planned: Planned, member: FromClause) -> ColumnElement[bool]:
    """Return the condition that a row of `parent` goes, or stays under another key."""
    if not parent.key_moves:
        return member.c.place > 1
    elsewhere = [member.c.place > 1, not_(same_key(alike(member, "key"), alike(member, "to")))]
    if parent is not spec.identity and spec.identity.creates:
        # A row that is to be created has no key yet, and that of its first shadow stands for it.
        shadow, owners = members(spec.identity, planned[spec.identity], "rekey_shadow"), iter(alike(member, "owner"))
        for owner in parent.owning:
            shadows = map(kept_by, owner, alike(shadow, "key"), spec.identity.keys)
            mine = [next(owners) for _ in owner]
            elsewhere.append(among(mine, select(*shadows).where(shadow.c.place > 1)))
    return or_(*elsewhere)


def _canonical(known: Sequence[FromClause]) -> ColumnElement[Any]:
    if len(known) == 1:
        return known[0].c.canonical
    moving = [case((member.c.place > 1, member.c.canonical)) for member in known]
    return func.coalesce(*moving, *(member.c.canonical for member in known))
