"""Which tables have to do with the identity, and by which columns: by what refers to it, and by what columns hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Enum, Integer, String, Text, cast

from alembic_rekey.project.draft.drafting import Claim, Drafting, counted, listed, said_of
from alembic_rekey.project.draft.signs import bare
from alembic_rekey.project.python.naming import plain, singular
from alembic_rekey.review.schema.description import Described, Field, called
from alembic_rekey.review.schema.held import Held, kind_of
from alembic_rekey.sql.dialects.survey import Place
from alembic_rekey.text.shown import shown

__all__ = ["claims"]

_MOSTLY = 0.9
_SOME = 0.5
_TOLD_BY_VALUES = 3
"""So many values have to be names or keys before a column is taken for what nothing in its own name says."""
_TYPES = ("type", "kind", "table", "class", "model", "table_name")
_OTHER_TYPES = {"object": ("content_type",), "table": ("table_name",)}
"""How the type stands beside a key that is called otherwise."""


def claims(drafting: Drafting, noun: str) -> list[Claim]:
    """Return what claims each table has, in the order of the tables; the identity's own among them."""
    found: dict[Place, Claim] = {}

    def claim(described: Described) -> Claim:
        return found.setdefault(described.place, Claim(described))

    for described, link in drafting.schema.linked(drafting.identity.place):
        _linked(drafting, claim(described), dict(zip(link.referred, link.columns, strict=True)))
    for described in drafting.schema.tables.values():
        if described.unread or described is drafting.identity:
            continue
        free = _unlinked(described)
        if len(drafting.key) == 1:
            pairs = list(_pairs(drafting, described, free, noun))
            told = {column for column, *_ in pairs}
            for columns, seen in _keys(drafting, described, [field for field in free if field.name not in told], noun):
                claim(described).owners.setdefault(columns, seen)
            if described.place not in found or not found[described.place].owners:
                for column, seen, where in pairs:
                    known = claim(described)
                    if known.where in (None, where):
                        known.where = where
                        known.owners.setdefault((column,), seen)
            else:
                drafting.todo += [
                    f"{called(described.place)}.{column}: {seen}, and all rows refer to the same by another column: a "
                    "table can be one part only. Strike this out if no such row hangs on one that goes."
                    for column, seen, _ in pairs
                ]
        owning = {name for columns in found.get(described.place, Claim(described)).owners for name in columns}
        for name, seen in _names(drafting, described, [field for field in free if field.name not in owning], noun):
            claim(described).named.setdefault(name, seen)
    order = {place: number for number, place in enumerate(drafting.schema.tables)}
    kept = (one for one in found.values() if one.owners or one.named)
    return sorted(kept, key=lambda one: order[one.described.place])


def _linked(drafting: Drafting, claim: Claim, pairs: dict[str, str]) -> None:
    described = claim.described
    if pairs.keys() == {*drafting.key}:
        claim.owners.setdefault(tuple(pairs[name] for name in drafting.key), "")
    elif [*pairs] == [drafting.name] and described is not drafting.identity:
        claim.named.setdefault(pairs[drafting.name], "refers to the name")
    else:
        drafting.todo.append(
            f"{called(described.place)} refers to {listed(pairs)} of {called(drafting.identity.place)} by "
            f"{listed(pairs.values())}, and the fold goes by {listed(drafting.key)}: an upgrade refuses where rows of "
            "it hang on one that goes. Strike this out if none do."
        )


def _unlinked(described: Described) -> list[Field]:
    """Return the columns that refer to nothing, as far as foreign keys tell, and are not generated."""
    linked = {name for link in described.links for name in link.columns}
    return [field for field in described.fields if field.name not in linked and field.computed is None]


def _keys(
    drafting: Drafting, described: Described, free: Sequence[Field], noun: str
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the columns without a foreign key that hold keys of the identity, and what was seen of each."""
    identity, key = drafting.identity, drafting.key[0]
    kind = kind_of(identity.field(key).type)
    for field in free:
        named = _ends(field.name, identity, noun, key)
        is_key = described.primary == (field.name,)
        same = kind_of(field.type) is kind
        as_text = kind is not String and kind_of(field.type) is String
        if is_key or not (same or (as_text and named)) or (not named and kind is Integer):
            continue
        held = drafting.looking.keys(described, field.name, identity, key)
        what = f"keys of {called(identity.place)}"
        if held.share >= _MOSTLY and (named or held.matching >= _TOLD_BY_VALUES):
            yield (field.name,), f"no foreign key: {said_of(held, what)}"
        elif named and not held.values and not held.unread and same:
            yield (field.name,), f"no foreign key, and {said_of(held, what)}"
        elif held.unread or (named and held.share >= _SOME) or (not named and held.matching >= _TOLD_BY_VALUES):
            drafting.todo.append(
                f"{_column(described, field)} has no foreign key, and {said_of(held, what)}: declare it, or leave it."
            )
        elif named and held.matching:
            drafting.left.append(f"{_column(described, field)}: {said_of(held, what)}.")


def _ends(name: str, identity: Described, noun: str, key: str) -> bool:
    """Tell whether a column is called like a reference to the identity."""
    ones = {noun, singular(plain(identity.name)), plain(identity.name)}
    said = plain(name)
    endings = {f"{one}_{last}" for one in ones for last in ("id", plain(key))}
    return said in endings or any(said.endswith(f"_{ending}") for ending in endings)


def _pairs(
    drafting: Drafting, described: Described, free: Sequence[Field], noun: str
) -> Iterator[tuple[str, str, tuple[str, str]]]:
    """Yield the column of each pair (type, key) that refers to the identity, what was seen, and the type's value."""
    by_name = {plain(field.name): field for field in free}
    words = {bare(noun), bare(drafting.identity.name), bare(singular(plain(drafting.identity.name)))}
    for said, field in by_name.items():
        if not said.endswith("_id"):
            continue
        prefix = said.removesuffix("_id")
        pairs = (*(f"{prefix}_{kind}" for kind in _TYPES), *_OTHER_TYPES.get(prefix, ()))
        types = (by_name[one] for one in pairs if one in by_name)
        for of in (one for one in types if isinstance(one.type, String)):
            for value, rows in drafting.looking.distinct(described, of.name) or ():
                last = bare(value.replace("\\", ".").replace("/", ".").replace(":", ".").rpartition(".")[2])
                if last not in words:
                    continue
                held = _of_type(drafting, described, field.name, of.name, value)
                if held.share >= _SOME:
                    what = f"keys of {called(drafting.identity.place)}"
                    seen = f"{counted(rows, 'row')} of the {of.name} {shown(value)}: {said_of(held, what)}"
                    yield field.name, seen, (of.name, value)


def _of_type(drafting: Drafting, described: Described, name: str, of: str, value: str) -> Held:
    looking, key = drafting.looking, drafting.key[0]
    where = cast(looking.rows(described).c[of], Text) == value
    return looking.keys(described, name, drafting.identity, key, where)


def _names(drafting: Drafting, described: Described, free: Sequence[Field], noun: str) -> Iterator[tuple[str, str]]:
    """Yield the columns of texts that are names of the identity, and what was seen of each."""
    identity, what = drafting.identity, f"names of {called(drafting.identity.place)}"
    if not isinstance(identity.field(drafting.name).type, String):
        return
    ones = {noun, singular(plain(identity.name)), plain(identity.name)}
    wanted = ones | {f"{one}_{last}" for one in ones for last in ("name", plain(drafting.name))}
    for field in free:
        if not isinstance(field.type, String) or isinstance(field.type, Enum) or described.primary == (field.name,):
            continue
        named = plain(field.name) in wanted
        held = drafting.looking.names(described, field.name, identity, drafting.name, drafting.names)
        several = held.matching >= _TOLD_BY_VALUES
        by_name = named and (held.share >= _SOME or not held.values) and not held.unread
        by_values = drafting.names is not None and several and held.share >= _MOSTLY
        if by_name or by_values:
            yield field.name, said_of(held, what)
        elif held.unread or (named and held.matching) or (several and held.share >= _SOME):
            drafting.left.append(f"{_column(described, field)}: {said_of(held, what)}.")


def _column(described: Described, field: Field) -> str:
    return f"{called(described.place)}.{field.name}"
