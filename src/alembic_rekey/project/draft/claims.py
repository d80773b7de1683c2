"""Which tables have to do with the identity, and by which columns: by what refers to it, and by what columns hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Enum, Integer, String
from sqlalchemy.types import NullType

from alembic_rekey.project.draft.drafting import Claim, Drafting, listed, said_of
from alembic_rekey.review.schema.description import Described, Field, called
from alembic_rekey.review.schema.held import kind_of
from alembic_rekey.review.schema.references import Pair, Referred
from alembic_rekey.sql.dialects.survey import Place
from alembic_rekey.text.shown import counted, shown
from alembic_rekey.text.words import plain, singular

__all__ = ["claims"]

_PARENT = "parent_id"
_MOSTLY = 0.9
_SOME = 0.5
_TOLD_BY_VALUES = 3
"""So many values have to be names or keys before a column is taken for what nothing in its own name says."""


def claims(drafting: Drafting, noun: str) -> list[Claim]:
    """Return what claims each table has, in the order of the tables; the identity's own among them."""
    found: dict[Place, Claim] = {}

    def claim(described: Described) -> Claim:
        return found.setdefault(described.place, Claim(described))

    for described, link in drafting.schema.linked(drafting.identity.place):
        _linked(drafting, claim(described), dict(zip(link.referred, link.columns, strict=True)))
    for described in drafting.schema.tables.values():
        if described.unread:
            continue
        free, known = described.unlinked, claim(described)
        if described is drafting.identity:
            _own(drafting, known, [field for field in free if field.name not in (*drafting.key, drafting.name)], noun)
            continue
        if len(drafting.key) == 1:
            claim_loose(drafting, known, free, drafting.identity, drafting.key[0], noun)
        owning = {name for columns in known.owners for name in columns}
        for name, seen in _names(drafting, described, [field for field in free if field.name not in owning], noun):
            known.named.setdefault(name, seen)
    order = {place: number for number, place in enumerate(drafting.schema.tables)}
    kept = (one for one in found.values() if one.owners or one.named)
    return sorted(kept, key=lambda one: order[one.described.place])


def claim_loose(
    drafting: Drafting, claim: Claim, free: Sequence[Field], parent: Described, key: str, noun: str
) -> None:
    """Let a table claim by those of its columns that are `free` what they hold keys of: rows of `parent`."""
    to = Referred(noun, parent.name, key)
    pairs = list(_pairs(drafting, claim.described, free, parent, to))
    told = {pair.key for pair, _ in pairs}
    for name, seen in _keys(drafting, claim.described, [one for one in free if one.name not in told], parent, to):
        claim.owners.setdefault((name,), seen)
    for pair, seen in pairs:
        if not claim.owners:
            claim.owners[(pair.key,)] = seen
            claim.where = (pair.type, (pair.value,))
        elif claim.where is not None and (pair.key,) in claim.owners and claim.where[0] == pair.type:
            claim.owners[(pair.key,)] += f"; {seen}"
            claim.where = (pair.type, (*claim.where[1], pair.value))
        else:
            drafting.todo.append(
                f"{called(claim.described.place)}.{pair.key}: {seen}, and rows refer to the same by another column: a "
                "table can be one part only. Strike this out if no such row hangs on one that goes."
            )


def _own(drafting: Drafting, claim: Claim, free: Sequence[Field], noun: str) -> None:
    """Let the identity's own rows refer to rows of it."""
    if len(drafting.key) == 1:
        to = Referred(noun, drafting.identity.name, drafting.key[0])
        for name, seen in _keys(drafting, drafting.identity, free, drafting.identity, to):
            claim.owners.setdefault((name,), seen)


def _pairs(
    drafting: Drafting, described: Described, free: Sequence[Field], parent: Described, to: Referred
) -> Iterator[tuple[Pair, str]]:
    """Yield the pairs (type, key) that refer to `parent`, and what was seen of each."""
    looking = drafting.looking
    for pair in to.pairs(looking, described, free):
        held = looking.keys(described, pair.key, parent, to.key, pair.of(looking.rows(described)))
        if held.share >= _SOME:
            seen = said_of(held, f"keys of {called(parent.place)}")
            yield pair, f"{counted(pair.rows, 'row')} of the {pair.type} {shown(pair.value)}: {seen}"


def _keys(
    drafting: Drafting, described: Described, free: Sequence[Field], parent: Described, to: Referred
) -> Iterator[tuple[str, str]]:
    """Yield the columns that hold keys of `parent`, and what was seen of each."""
    kind, what = kind_of(parent.field(to.key).type), f"keys of {called(parent.place)}"
    for field in free:
        named = to.is_meant_by(field.name, drafting.schema) or (described is parent and plain(field.name) == _PARENT)
        same = kind_of(field.type) is kind
        as_text = kind is not String and kind_of(field.type) is String
        is_key = described.primary == (field.name,)
        # SQLite lets a column have no type: as what it holds its keys is for a person to say.
        untyped = isinstance(field.type, NullType)
        if is_key or not (same or ((as_text or untyped) and named)) or (not named and kind is Integer):
            continue
        held = drafting.looking.keys(described, field.name, parent, to.key)
        if not untyped and held.share >= _MOSTLY and (named or held.matching >= _TOLD_BY_VALUES):
            yield field.name, f"no foreign key: {said_of(held, what)}"
        elif named and not held.values and not held.unread and same:
            yield field.name, f"no foreign key, and {said_of(held, what)}"
        elif held.unread or (named and held.share >= _SOME) or (not named and held.matching >= _TOLD_BY_VALUES):
            drafting.todo.append(
                f"{_column(described, field)} has no foreign key, and {said_of(held, what)}: declare it, or leave it."
            )
        elif named and held.matching:
            drafting.left.append(f"{_column(described, field)}: {said_of(held, what)}.")


def _linked(drafting: Drafting, claim: Claim, pairs: dict[str, str]) -> None:
    described = claim.described
    if pairs.keys() == {*drafting.key}:
        claim.owners.setdefault(tuple(pairs[name] for name in drafting.key), "")
    elif [*pairs] == [drafting.name] and described is not drafting.identity:
        claim.named |= dict.fromkeys(pairs.values(), "refers to the name") | claim.named
    else:
        drafting.todo.append(
            f"{called(described.place)} refers to {listed(pairs)} of {called(drafting.identity.place)} by "
            f"{listed(pairs.values())}, and the fold goes by {listed(drafting.key)}: an upgrade refuses where rows of "
            "it hang on one that goes. Strike this out if none do."
        )


def _names(drafting: Drafting, described: Described, free: Sequence[Field], noun: str) -> Iterator[tuple[str, str]]:
    """Yield the columns of texts that are names of the identity, and what was seen of each."""
    identity, name, what = drafting.identity, drafting.name, f"names of {called(drafting.identity.place)}"
    if name is None or not isinstance(identity.field(name).type, String):
        return
    ones = {noun, singular(plain(identity.name)), plain(identity.name)}
    wanted = ones | {f"{one}_{last}" for one in ones for last in ("name", plain(name))}
    for field in free:
        if not isinstance(field.type, String) or isinstance(field.type, Enum) or described.primary == (field.name,):
            continue
        named = plain(field.name) in wanted
        held = drafting.looking.names(described, field.name, identity, name, drafting.names)
        several = held.matching >= _TOLD_BY_VALUES
        by_name = named and (held.share >= _SOME or not held.values) and not held.unread
        by_values = drafting.names is not None and several and held.share >= _MOSTLY
        if by_name or by_values:
            yield field.name, said_of(held, what)
        elif held.unread or (named and held.matching) or (several and held.share >= _SOME):
            drafting.left.append(f"{_column(described, field)}: {said_of(held, what)}.")


def _column(described: Described, field: Field) -> str:
    return f"{called(described.place)}.{field.name}"
