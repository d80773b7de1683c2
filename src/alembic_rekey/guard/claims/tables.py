"""What a spec claims about its tables, asked of the catalog: that they are tables, seen whole, and of which types."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import singledispatch
from typing import Any

from sqlalchemy import CTE, Column, ColumnElement, FromClause, Integer, String, and_, column, func, or_, select, values

from alembic_rekey.guard.catalog import each_about
from alembic_rekey.guard.checks import check
from alembic_rekey.guard.foreign_keys import written_columns
from alembic_rekey.plan.actions import written
from alembic_rekey.plan.groups.members import kept_by
from alembic_rekey.spec import Check, Identity, Part, Slots, Spec, Tags
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.question import Question
from alembic_rekey.sql.registry_text import RegistryText
from alembic_rekey.sql.steps import Kindred

__all__ = ["always_made", "astray", "label_claims", "reference_types", "spoken", "table_claims"]

_SEVERAL = """SELECT noun, "table", columns FROM rekey_unique AS several
    WHERE several.names = 1 AND several.others = 1 AND several.parts > 1 AND several.keyed = 0 AND NOT EXISTS (
      SELECT 1 FROM rekey_unique AS alone
      WHERE alone."table" = several."table" AND alone.names = 1 AND alone.parts = 1 AND alone.partial = 0
    )"""


def astray(dialect: str) -> list[Check]:
    """Return the check that side tables are made where they outlive the session; none where they always do."""
    return [check("temporary_schema", "", found) for found in database(dialect).session.astray()]


def table_claims(parts: Sequence[Part], dialect: str) -> Iterator[Check]:
    """Yield the checks of what the catalog alone tells, each asked once for all tables."""
    asked = database(dialect)
    # A name that no fold writes may be of any type; of a number it is asked whether the name is one.
    concerned = dict.fromkeys(asked.table_claims, parts) | {"not_text": [*filter(_writes_texts, parts)]}
    questions = {name: question for name, question in asked.table_claims.items() if concerned[name]}
    if identities := [part for part in parts if isinstance(part, Identity) and part.named]:
        questions["name_of_several"] = Question(_SEVERAL, ("noun", "table", "columns"), (asked.unique_names,))
        concerned["name_of_several"] = identities
    # Asked of all parts, each about some.
    for name, said in zip(questions, each_about(parts, questions.values()), strict=True):
        if len(concerned[name]) < len(parts):
            said = said.where(said.selected_columns.noun.in_([part.noun for part in concerned[name]]))
        yield Kindred.of("tables", check(name, "", said))


def label_claims(parts: Iterable[Part], stored: CTE, dialect: str) -> list[Check]:
    """Return the check that a word of the spec is a label, where its column is of an enum; `stored` is the catalog."""
    words = [(part.table, name, word) for part in parts for name, word in spoken(part) if type(word) is str]
    return [check("no_label", "", found) for found in database(dialect).strange_labels(words, stored)]


def always_made(spec: Spec, parts: Iterable[Part], stored: CTE) -> Check:
    """Return the check that the fold writes no column which the database lets nobody write; `stored` is the catalog."""
    writes = dict.fromkeys((str(part.table.name), str(name)) for part in parts for name in _written(spec, part))
    said = [*writes] or [("", "")]
    known = values(*(column(name, RegistryText()) for name in ("table", "column"))).data(said).cte("rekey_writes")
    found = (
        select(known.c.table, known.c.column)
        .join_from(known, stored, and_(stored.c.table == known.c.table, stored.c.name == known.c.column))
        .where(stored.c.always == 1)
    )
    return check("always_made", "", found)


def _written(spec: Spec, part: Part) -> Iterator[str]:
    """Yield the columns of `part` that the fold itself writes: none that the database stamps."""
    stamped = None if part.updated_at is None or part.stamp is not None else str(part.updated_at.name)
    yield from (name for names in written_columns(spec, part).values() for name in names if name != stamped)
    if part is spec.identity and spec.identity.creates:
        yield from spec.identity.given_at_creation


def reference_types(spec: Spec, parts: Iterable[Part], stored: CTE, dialect: str) -> list[Check]:
    """Return the check that what refers to a key is of its kind of type, or a text where the revision says so.

    None where a column takes any value; there the rows are asked: see `group_claims`.
    """
    pairs = [
        (part.table, mine, spec.parent(part).table, key)
        for part in parts
        for owner in part.owning
        for mine, key in zip(owner, spec.parent(part).keys, strict=True)
    ]
    if not pairs or database(dialect).keeps_any_value:
        return []
    names = ("table", "column", "parent", "key", "kept")
    said = [
        (*(str(each.name) for each in pair), "" if kept_by(pair[1], pair[3], pair[3]) is pair[3] else "S")
        for pair in dict.fromkeys(pairs)
    ]
    known = values(*(column(name, RegistryText()) for name in names)).data(said).cte("rekey_reference")
    mine, its = stored.alias("rekey_referring"), stored.alias("rekey_referred")
    kind = func.coalesce(func.nullif(known.c.kept, ""), its.c.kind)
    found = (
        select(known.c.table, known.c.column, mine.c.plain.label("type"), known.c.parent, known.c.key)
        .add_columns(its.c.plain.label("key_type"))
        .join_from(known, mine, and_(mine.c.table == known.c.table, mine.c.name == known.c.column))
        .join(its, and_(its.c.table == known.c.parent, its.c.name == known.c.key))
        .where(or_(mine.c.kind != kind, *_apart(pairs, mine, its, database(dialect).apart)))
    )
    return [check("reference_type", "", found)]


def _apart(
    pairs: Iterable[tuple[Any, Column[Any], Any, Column[Any]]],
    mine: FromClause,
    its: FromClause,
    types: Collection[str],
) -> Iterator[ColumnElement[bool]]:
    """Yield the condition that `types` of one kind cannot be compared, where a pair may be of such."""
    if all(isinstance(key.type, Integer | String) for _, _, _, key in pairs):
        return
    yield and_(mine.c.plain.in_(types), its.c.plain.in_(types), mine.c.plain != its.c.plain, mine.c.kind == its.c.kind)


@singledispatch
def spoken(_part: Part) -> Iterable[tuple[str, Any]]:
    """Return the constants that a spec says of columns of `part`, with their names."""
    return ()


@spoken.register
def _spoken_of_identity(identity: Identity) -> Iterable[tuple[str, Any]]:
    return [*(identity.retiring or {}).items(), *(identity.creating.items() if identity.creates else ())]


@spoken.register
def _spoken_of_slots(slots: Slots) -> Iterable[tuple[str, Any]]:
    return () if slots.status is None else [(str(slots.status.name), slots.active)]


@spoken.register
def _spoken_of_tags(tags: Tags) -> Iterable[tuple[str, Any]]:
    return () if tags.status is None else [(str(tags.status.name), tags.superseded)]


def _writes_texts(part: Part) -> bool:
    counts = part.called is not None and isinstance(part.called.type, Integer)
    return not counts and any(not {*part.named}.isdisjoint(columns) for columns in written(part).values())
