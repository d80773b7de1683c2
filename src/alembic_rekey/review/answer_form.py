"""The form of `plan --write-resolutions FILE`: each collision as a question, with all of its rows for a person to read.

It is a file of answers whose `keep` is null (`answers`), made as a stream.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, case, cast, literal, null, select

from alembic_rekey.names.answers import (
    ABOUT,
    ALIAS,
    ANSWERS,
    CANONICAL,
    KEEP,
    PROJECT,
    ROWS,
    TABLE,
    called_canonical,
    field_of,
)
from alembic_rekey.names.matching import key_of
from alembic_rekey.names.registry import Registry
from alembic_rekey.plan.groups.members import Planned, standing_under
from alembic_rekey.plan.judged import alike, key_text, keys_of
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Relation, Slots, Spec
from alembic_rekey.sql.values import comparable

__all__ = ["form"]

_AT_ONCE = 500
_MOST = 1_000
"""Characters of a value that are shown: a form has to be read by a person, and back by `answers`."""

_HOW = (
    f"Write beside each {KEEP!r} what stands beside the row to keep, then hand the file over with -x resolutions=FILE. "
    f"What stands in {ROWS!r} is shown for you and not read; rows without {KEEP!r} are not active and cannot be kept."
)


def form(connection: Connection, spec: Spec, registry: Registry, planned: Planned) -> Iterator[str]:
    """Yield the form for the plan that is read from `connection`, in pieces.

    `planned` need not have every part: a table that is not there has no questions.
    """
    yield f"{{\n {_json(ABOUT)}: {_json(_HOW)},\n {_json(ANSWERS)}: ["
    for number, question in enumerate(_questions(connection, spec, registry, planned)):
        yield f"{',' * (number > 0)}\n{question}"
    yield "\n ]\n}\n"


def _questions(connection: Connection, spec: Spec, registry: Registry, planned: Planned) -> Iterator[str]:
    called_so = called_canonical(registry)
    for slots in (part for part in spec.slots if part in planned):
        rows = connection.execute(_rows(spec, slots, planned).execution_options(yield_per=_AT_ONCE)).mappings()
        fields, by_name = [f"slot_{place}" for place in range(len(slots.slot))], spec.answered_by_name(slots)
        for question, listed in groupby(rows, itemgetter("canonical", "lead", *fields)):
            canonical, _, *slot = question
            named = dict(zip((field_of(column.name) for column in slots.slot), slot, strict=True))
            asked = {PROJECT: canonical, **({TABLE: str(slots.table.fullname)} if len(spec.slots) > 1 else {}), **named}
            head = ",\n".join(f"   {_json(field)}: {_json(value)}" for field, value in asked.items())
            shown = ",\n".join(
                f"    {_json(_shown(row, _keep(row, called_so) if by_name else row['key']))}" for row in listed
            )
            yield f"  {{\n{head},\n   {_json(KEEP)}: null,\n   {_json(ROWS)}: [\n{shown}\n   ]\n  }}"


def _rows(spec: Spec, slots: Slots, planned: Planned) -> Relation:
    """Return the rows of every slot in collision, those of one slot in succession."""
    relation = planned[slots]
    slot = [relation.c[column.name] for column in slots.slot]
    keys = keys_of(slots, relation)
    joined, member, under = standing_under(slots, spec, planned)
    active: ColumnElement[Any] = literal(1)
    if slots.status is not None:
        active = case((comparable(relation.c[slots.status.name]) == slots.active, 1), else_=0)
    told_of = {"value": slots.value, "status": slots.status, "updated_at": slots.updated_at}

    def told(known: Any) -> ColumnElement[Any]:
        return cast(null() if known is None else relation.c[known.name], Text)

    return (
        select(
            relation.c.rekey_canonical.label("canonical"),
            cast(key_text(alike(member, "to")), Text).label("lead"),
            *(cast(column, Text).label(f"slot_{place}") for place, column in enumerate(slot)),
            active.label("active"),
            under.label("written_under"),
            cast(key_text(keys), Text).label("key"),
            *(told(known).label(field) for field, known in told_of.items()),
        )
        .select_from(joined)
        .where(relation.c.rekey_action == Action.COLLISION.value)
        # Found names may be one in several groups.
        .order_by(relation.c.rekey_canonical, "lead", *slot, *keys)
    )


def _keep(row: Any, called_so: Container[str]) -> object:
    """Return what keeps a row by the name that it stands under: `canonical` for the canonical's own."""
    name, canonical = row["written_under"], row["canonical"]
    if key_of(name) == key_of(canonical):
        return canonical if canonical in called_so else CANONICAL
    return {ALIAS: name} if name == CANONICAL else name


def _shown(row: Any, keep: object) -> dict[str, object]:
    """Return one row as a person reads it, what to write to keep it first."""
    told = {field: _cut(row[field]) for field in ("value", "status", "updated_at")}
    return {
        **({KEEP: keep} if row["active"] else {}),
        "written_under": row["written_under"],
        "row": _cut(row["key"]),
        **told,
    }


def _cut(text: str | None) -> str | None:
    rest = len(text or "") - _MOST
    return text if text is None or rest <= 0 else f"{text[:_MOST]}… {rest:,} more characters"


def _json(value: object) -> str:
    """Return `value` as JSON that a person can read: letters as they are, what could move a cursor escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)
