"""The drafted identity: its key, how its rows are told to be one, which of them stays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sqlalchemy import DateTime, Integer, String, Uuid, func, select

from alembic_rekey.project.draft.drafting import Claim, Drafting, Part, listed
from alembic_rekey.project.draft.expression import expression
from alembic_rekey.project.draft.signs import created_time, status_of, updated_time
from alembic_rekey.project.draft.wanted import column_named, table_named
from alembic_rekey.project.python.code import Argument, Code, called_with, string, tuple_of
from alembic_rekey.project.python.naming import noun_of
from alembic_rekey.sql.dialects import database
from alembic_rekey.text.shown import counted
from alembic_rekey.text.words import bare

__all__ = ["drafted_identity", "within_of"]

_GONE = ("deletedat", "deletedon", "archivedat", "deleted", "isdeleted")


def drafted_identity(drafting: Drafting, own: Claim | None, lists: Sequence[str]) -> Part:
    """Return the identity; `own` is what its own rows refer to of it, `lists` are those of the registry."""
    noun = noun_of(drafting.identity.name, drafting.nouns)
    drafting.nouns.append(noun)
    arguments = [
        Argument(string(noun), "noun"),
        Argument(drafting.key_code(drafting.identity, drafting.key), "key"),
        *_name(drafting),
        *_duplicates(drafting, noun, lists),
        *_apart(drafting),
        *_survivor(drafting),
    ]
    stamps = list(_times(drafting))
    if not drafting.wanted.finds:
        given = {drafting.name, *within_of(drafting)[0], *(argument.name for argument in stamps)}
        arguments += _missing(drafting, given)
    if own is not None and own.owners:
        owners = [drafting.key_code(drafting.identity, columns) for columns in own.owners]
        notes = tuple(dict.fromkeys(seen for seen in own.owners.values() if seen))
        arguments.append(Argument(tuple_of(owners), "owners", notes))
    return Part("Identity", noun, drafting.identity, (*arguments, *stamps), drafting.key)


def _name(drafting: Drafting) -> Iterator[Argument]:
    if drafting.name is not None:
        yield Argument(drafting.variables.column(drafting.identity, drafting.name), "name")


def _duplicates(drafting: Drafting, noun: str, lists: Sequence[str]) -> Iterator[Argument]:
    wanted = drafting.wanted
    if wanted.finds:
        yield Argument("Duplicates.FOUND", "duplicates")
        if wanted.match:
            matched = [expression(said, drafting.identity, drafting.variables) for said in wanted.match]
            yield Argument(tuple_of(matched), "match")
    else:
        listed_as = wanted.registered or next(
            (one for one in (f"{noun}s", drafting.identity.name) if one in lists), None
        )
        if listed_as is not None and listed_as != f"{noun}s":
            yield Argument(string(listed_as), "registered")
    if wanted.exact:
        yield Argument("Match.EXACT", "match")


def within_of(drafting: Drafting) -> tuple[tuple[str, ...], str]:
    """Return the columns within which a name is one, and why."""
    identity = drafting.identity
    if drafting.wanted.within:
        return tuple(column_named(identity, name) for name in drafting.wanted.within), ""
    key = {*drafting.key}
    # With the whole key beside it, any name is unique.
    every = [one for one in identity.unique if drafting.name in one.columns]
    named = every if drafting.name in key else [one for one in every if not key <= {*one.columns}]
    others = [tuple(name for name in one.columns if name != drafting.name) for one in named]
    if not others or () in others:
        return (), ""
    fewest = min(named, key=lambda one: len(one.columns)).columns
    return tuple(name for name in fewest if name != drafting.name), f"unique: ({listed(fewest)})"


def _apart(drafting: Drafting) -> Iterator[Argument]:
    columns, seen = within_of(drafting)
    if columns:
        yield Argument(drafting.columns(drafting.identity, columns), "within", (seen,) if seen else ())
    drafting.left += _still_counting(drafting)


def _still_counting(drafting: Drafting) -> Iterator[str]:
    """Yield what is to be said of rows that look as if they should be left alone."""
    identity, looking = drafting.identity, drafting.looking
    status = status_of(identity, looking)
    if status is not None and status.active is not None:
        words = looking.distinct(identity, status.name) or []
        if rows := sum(number for word, number in words if word != status.active):
            condition = f"{drafting.variables.column(identity, status.name)} == {string(status.active)}"
            yield (
                f"{counted(rows, 'row')} of {identity.name} of another {status.name} count too: "
                f"where={condition} would leave them alone."
            )
    for field in identity.fields:
        if bare(field.name) in _GONE and isinstance(field.type, DateTime):
            asked = select(func.count(looking.rows(identity).c[field.name]))
            if rows := looking.connection.execute(asked).scalar() or 0:
                condition = f"{drafting.variables.column(identity, field.name)}.is_(None)"
                yield (
                    f"{counted(rows, 'row')} of {identity.name} with a {field.name} count too: "
                    f"where={condition} would leave them alone."
                )


def _survivor(drafting: Drafting) -> Iterator[Argument]:
    chosen = list[Code]()
    for said in drafting.wanted.survivor:
        words = re.fullmatch(r"(.*?)(?:\s+(asc|desc))?\s*", said, re.IGNORECASE | re.DOTALL)
        name, way = words.groups("") if words is not None else (said, "")
        column = drafting.variables.column(drafting.identity, column_named(drafting.identity, name))
        chosen.append(f"{column}.desc()" if way.lower() == "desc" else column)
    for said in drafting.wanted.most:
        chosen.append(_most(drafting, said))
    if chosen:
        yield Argument(tuple_of(chosen), "survivor")


def _most(drafting: Drafting, said: str) -> Code:
    """Return what puts the row first that most rows of a table refer to: by its foreign key, or by the column said."""
    place, identity = drafting.schema, drafting.identity
    linked = [(described, link) for described, link in place.linked(identity.place) if len(link.columns) == 1]
    for described, link in linked:
        if said in (described.name, f"{described.name}.{link.columns[0]}"):
            return called_with("most", drafting.variables.column(described, link.columns[0]))
    table, dot, name = said.rpartition(".")
    described = table_named(place, table if dot else said)
    return called_with("most", drafting.variables.column(described, column_named(described, name)))


def _missing(drafting: Drafting, given: set[str | None]) -> Iterator[Argument]:
    identity, key = drafting.identity, drafting.key
    kind = identity.field(key[0]).type
    made = len(key) == 1 and isinstance(kind, Integer | String | Uuid)
    if not isinstance(kind, Integer):
        made = made and not within_of(drafting)[0]
    if len(key) > 1 or not isinstance(kind, Integer):
        given = given | {*key}
    asked = database(drafting.looking.connection.dialect.name).needed(identity.table, key)
    needed = [name for name, filled in drafting.looking.connection.execute(asked) if not filled and name not in given]
    if drafting.wanted.promote:
        yield Argument("Missing.PROMOTE", "missing")
    elif needed:
        seen = f"a created row would lack {listed(needed)}: say created={{…}}, and leave this away"
        yield Argument("Missing.PROMOTE", "missing", (seen,))
    elif not made:
        yield Argument("Missing.PROMOTE", "missing", ("no key could be made for a created row",))


def _times(drafting: Drafting) -> Iterator[Argument]:
    created = created_time(drafting.identity, drafting.looking, drafting.variables)
    updated = updated_time(drafting.identity, drafting.looking, drafting.variables)
    if created is not None and not drafting.wanted.finds:
        yield Argument(created.code, "created_at", created.notes)
    if updated is not None:
        yield Argument(updated.code, "updated_at", updated.notes)
        if updated.by_the_database:
            yield Argument("Stamped.BY_THE_DATABASE", "stamped")
