"""What a spec claims about the rows that become one: that the row they lead to is there, that retired ones are done."""

from __future__ import annotations

from collections.abc import Iterator
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
    cast,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.sql.operators import eq

from alembic_rekey.guard.checks import check
from alembic_rekey.guard.claims.rows_after import counting_after
from alembic_rekey.plan.actions import written
from alembic_rekey.plan.becoming import becoming
from alembic_rekey.plan.groups.members import Planned, kept_by, referring
from alembic_rekey.plan.groups.ranked import written_name
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.judged import about, alike, key_text, keys_of, leads_of, missing_in, same_key
from alembic_rekey.plan.rules import DELETED, Action
from alembic_rekey.spec import Check, Identity, Match, Part, Relation, Spec
from alembic_rekey.spec.part import Owner
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.equality import Same
from alembic_rekey.sql.registry_text import FoldedName
from alembic_rekey.sql.values import comparable, named

__all__ = ["group_claims"]


def group_claims(spec: Spec, names: Names, dialect: str, planned: Planned) -> Iterator[Check]:
    """Yield the checks of what the plan of the identity takes for granted."""
    identity = spec.identity
    if not identity.found and identity.is_named_by_key:
        yield check("canonical_absent", identity.noun, _canonical_absent(identity, names, planned))
    for known in identity.named if not identity.found else ():
        if isinstance(known.type, Integer):
            yield check("no_number_named", identity.noun, _no_number_named(identity, known, planned))
    for part in spec.parts:
        for number, owner in enumerate(part.owning if part.of is not None else ()):
            yield check("owner_lost", f"{part.noun}_planned_{number}", _left_alone(part, owner, spec, planned))
    yield from _otherwise(spec, dialect, planned)
    if identity.retire is not None:
        again = _alike_again if _sets_what_is_one(identity) else _retired_again
        yield check("retired_again", identity.noun, again(identity, spec, names, planned))


def _no_number_named(identity: Identity, known: Column[Any], planned: Planned) -> Relation:
    """Return the canonicals that the column of names, which holds whole numbers, would hold otherwise or not at all."""
    rows = planned[identity]
    writing = {Action.CREATE, *(action for action, columns in written(identity).items() if known in columns)}
    said = {"table": str(identity.table.name), "column": str(known.name)}
    return (
        select(*(literal(value).label(name) for name, value in said.items()), rows.c.rekey_canonical.label("canonical"))
        .where(rows.c.rekey_action.in_(sorted(writing)), named(rows.c.rekey_canonical, known).is_(None))
        .distinct()
        .order_by(rows.c.rekey_canonical)
    )


def _left_alone(part: Part, owner: Owner, spec: Spec, planned: Planned) -> Relation:
    """Return the rows that stay and hang on a row of slots that goes and leads nowhere: it is of one thing twice."""
    slots, own = spec.parent(part), planned[part]
    gone = planned[slots]
    deleted = gone.c.rekey_action.in_(sorted(DELETED))
    leading = select(*leads_of(slots, gone)).where(not_(deleted))
    leaving = select(*keys_of(part, own)).where(own.c.rekey_action.in_(sorted([*DELETED, Action.DETACH.value])))
    pairs = zip(owner, owner, keys_of(slots, gone), slots.keys, strict=True)
    nowhere = same_key(leads_of(slots, gone), keys_of(slots, gone))
    return (
        select(
            literal(str(part.table.name)).label("table"),
            key_text(part.keys).label("key"),
            key_text(owner).label("owner"),
        )
        .join_from(part.table, gone, and_(*(referring(*pair) for pair in pairs)))
        # Another may come to stand under the key of one that it displaces.
        .where(deleted, nowhere, missing_in(keys_of(slots, gone), leading))
        .where(*part.counting, missing_in(part.keys, leaving))
    )


def _otherwise(spec: Spec, dialect: str, planned: Planned) -> Iterator[Check]:
    """Yield the check per owner that each row says the key as the row that it refers to does, or as its text.

    A foreign key compares as the column does that it leads to, which may have a collation: a journal has none. And
    where a column takes any value, one of texts may hold a number, or ` 2` for 2: a join takes them for one.
    """
    known = database(dialect)
    for part in spec.parts:
        for number, owner in enumerate(part.owning):
            keys, called = spec.parent(part).keys, part.noun if number == 0 else f"{part.noun}_{number}"
            as_text = any(kept_by(mine, key, key) is not key for mine, key in zip(owner, keys, strict=True))
            if as_text and known.keeps_any_value:
                yield check("kept_otherwise", called, _spelling(part, owner, spec, planned))
            elif any(isinstance(key.type, String) for key in keys) and not known.journals_collate:
                yield check("spelt_otherwise", called, _spelling(part, owner, spec, planned))


def _spelling(part: Part, owner: Owner, spec: Spec, planned: Planned) -> Relation:
    parent = spec.parent(part)
    gone, stands = planned[parent], parent.table.alias("rekey_spelt")
    keys = keys_of(parent, stands)
    # The key on the left: its collation decides. Python would turn `==` of these round.
    refers = [key.operate(eq, mine) for key, mine in zip(keys, owner, strict=True)]
    kept = map(kept_by, owner, keys, parent.keys)
    otherwise = [comparable(key) != comparable(mine) for key, mine in zip(kept, owner, strict=True)]
    return (
        select(
            literal(str(part.table.name)).label("table"),
            literal(", ".join(str(known.name) for known in owner)).label("columns"),
            comparable(key_text(owner)).label("owner"),
            literal(str(parent.table.name)).label("parent"),
            key_text(keys).label("key"),
            func.count().label("rows"),
        )
        .join_from(gone, stands, same_key(keys_of(parent, gone), keys))
        .join(part.table, and_(*refers))
        .where(gone.c.rekey_place.is_not(None), or_(*otherwise), *part.counting)
        .group_by(comparable(key_text(owner)), *keys)
        .order_by(*keys)
    )


def _canonical_absent(identity: Identity, names: Names, planned: Planned) -> Relation:
    """Return the rows that would stay where the row that the registry names is not there: no key is made up."""
    assert identity.name is not None  # noqa: S101  # names are keys: `Identity.is_named_by_key`
    rows = planned[identity]
    name = rows.c[identity.name.name]
    spelled = names.spelled(identity.name, f"{identity.noun}_absent", identity.match)
    return (
        select(
            literal(str(identity.table.name)).label("table"),
            rows.c.rekey_canonical.label("canonical"),
            key_text(keys_of(identity, rows)).label("key"),
        )
        .join_from(rows, spelled, spelled.c.spelling == written_name(identity, name))
        .where(rows.c.rekey_place <= 1, spelled.c.alias != spelled.c.canonical)
        .order_by(rows.c.rekey_canonical)
    )


def _retired_again(identity: Identity, spec: Spec, names: Names, planned: Planned) -> Relation:
    """Return the shadows that would still count, and be one with the row that stays, as they are retired."""
    rows, new = becoming(identity, spec, names, planned, [Action.RETIRE])
    stored = {known: rows.c[known.name] for known in identity.table.columns}
    after = {known: new.get(str(known.name), before) for known, before in stored.items()}
    compared = [*(identity.matching or identity.named), *identity.within]
    same = [Same(about(each, after), about(each, stored)) for each in compared]
    counts = [about(condition, after) for condition in identity.counting]
    return (
        select(
            literal(str(identity.table.name)).label("table"),
            key_text(keys_of(identity, rows)).label("key"),
            rows.c.rekey_canonical.label("canonical"),
        )
        .where(*same, *counts)
        .order_by(*keys_of(identity, rows))
    )


def _sets_what_is_one(identity: Identity) -> bool:
    """Tell whether a retired row may belong to another group than before: by its name, or what it is matched by."""
    said = {str(known.name) for known in (*identity.named, *identity.apart)}
    return not said.isdisjoint(identity.retiring or {})


def _alike_again(identity: Identity, spec: Spec, names: Names, planned: Planned) -> Relation:
    """Return the retired rows that count, and by what they are then carry a name to be folded, or are not alone."""
    after = counting_after(identity, spec, names, planned)
    if identity.found:
        after = _keyed(identity, names, after)
    retired, other = after.alias("rekey_retired"), after.alias("rekey_other")
    said = [
        literal(str(identity.table.name)).label("table"),
        retired.c.key.label("key"),
        retired.c.canonical.label("canonical"),
    ]
    both = [not_(same_key(alike(retired, "own"), alike(other, "own"))), retired.c.retired == 1]
    both += [Same(mine, its) for mine, its in zip(alike(retired, "within"), alike(other, "within"), strict=True)]
    if identity.found:
        matched = list(zip(alike(retired, "match"), alike(other, "match"), strict=True))
        says = [FoldedName(cast(mine, Text), (), first=True) != "" for mine, _ in matched]
        one = [comparable(mine) == comparable(its) for mine, its in matched]
        return (
            select(*said).join_from(retired, other, and_(*one, *both)).where(*says).distinct().order_by(retired.c.key)
        )
    names_now = select(after.c.name).where(after.c.retired == 1).subquery("rekey_retired_name")
    spelled = names.spelled(names_now.c.name, f"{identity.noun}_again", identity.match)
    called = spelled.c.spelling == written_name(identity, retired.c.name)
    its_name = written_name(identity, other.c.name) == spelled.c.canonical
    created = planned[identity].alias("rekey_coming")
    coming = created.c.rekey_action == Action.CREATE.value, created.c.rekey_canonical == spelled.c.canonical
    comes = exists(select(literal(1)).select_from(created).where(*coming))
    # Those that stay are spelt as the canonical by then.
    stands = exists(select(literal(1)).select_from(other).where(its_name, *both))
    return (
        select(*said)
        .join_from(retired, spelled, called)
        .where(retired.c.retired == 1, or_(spelled.c.spelling != spelled.c.canonical, comes, stands))
        .distinct()
        .order_by(retired.c.key)
    )


def _keyed(identity: Identity, names: Names, after: CTE) -> CTE:
    """Return the same rows of found groups with what they are matched by, where that is their name."""
    if identity.matching:
        return after
    name = written_name(identity, after.c.name)
    source: FromClause = after
    key: ColumnElement[Any] = name
    if identity.match is Match.FOLDED:
        beyond = names.beyond_ascii(name, after, f"{identity.noun}_again")
        source = after.outerjoin(beyond, beyond.c.spelling == name)
        key = func.coalesce(beyond.c.key, FoldedName(name, (), first=True))
    return select(after, key.label("match_0")).select_from(source).cte("rekey_after_keyed")
