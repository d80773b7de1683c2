"""What a person is asked: each slot in collision with all of its rows, for the page and for the form.

The form, `plan --write-resolutions FILE`, is a file of answers whose `keep` is null (`names.answers`),
made as a stream.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Text,
    case,
    cast,
    column,
    func,
    literal,
    null,
    select,
    table,
    union_all,
)

from alembic_rekey.guard.foreign_keys import foreign_keys
from alembic_rekey.names.answer_fields import (
    ABOUT,
    ALIAS,
    ANSWERS,
    CANONICAL,
    FOLD,
    KEEP,
    PROJECT,
    ROWS,
    TABLE,
    field_of,
)
from alembic_rekey.names.answers import Answer, called_canonical
from alembic_rekey.names.registry import Registry
from alembic_rekey.plan.groups.members import Planned, standing_under
from alembic_rekey.plan.judged import key_text, keys_of
from alembic_rekey.plan.rules import Action
from alembic_rekey.report.file import NewFile
from alembic_rekey.spec import Relation, Slots, Spec
from alembic_rekey.sql.times import Moment
from alembic_rekey.sql.values import comparable

__all__ = ["HOW", "Form", "Question", "answered_before", "questions"]

_AT_ONCE = 500
_MOST = 1_000
"""Characters of a value that are shown: a form has to be read by a person, and back by `answers`."""

HOW = (
    f"Write beside each {KEEP!r} what stands beside the row to keep, then hand the file over with -x resolutions=FILE. "
    f"What stands in {ROWS!r} is shown for you and not read; rows without {KEEP!r} are not active and cannot be kept."
)
_Shown = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """A slot in collision: `asked` are the fields of an answer that say which one it is, `slot` its columns.

    Each of `rows` has `written_under`, `row`, `value`, `status`, `updated_at`, `hanging`, how many rows refer to it,
    `newest`, and `own`: it is the canonical's; first of all `keep`, what to write to keep it, unless it is not active.
    """

    table: str
    canonical: str
    slot: Mapping[str, str | None]
    asked: Mapping[str, str | None]
    rows: Sequence[_Shown]


def questions(
    connection: Connection, spec: Spec, registry: Registry, planned: Planned, fold: str | None = None
) -> Iterator[Question]:
    """Yield what the plan that is read from `connection` asks; `fold` is what it is called beside others.

    `planned` need not have every part: a table that is not there has no questions.
    """
    called_so = called_canonical(registry)
    for slots in (part for part in spec.slots if part in planned):
        hanging = _hanging(connection, spec, slots)
        selected = _rows(spec, slots, planned, hanging).execution_options(yield_per=_AT_ONCE)
        rows = connection.execute(selected).mappings()
        fields, by_name = [f"slot_{place}" for place in range(len(slots.slot))], spec.answered_by_name(slots)
        for question, listed in groupby(rows, itemgetter("canonical", "lead", *fields)):
            canonical, _, *slot = question
            named = dict(zip((str(known.name) for known in slots.slot), slot, strict=True))
            shown = [_shown(row, registry, called_so if by_name else None) for row in listed]
            told = str(slots.table.name), canonical, named, _asked(spec, slots, canonical, slot, fold)
            yield Question(*told, shown)


class Form:
    """The form as it is written to `file`, one plan after the other; ReportFailed says that it cannot be."""

    def __init__(self, file: NewFile) -> None:
        """Begin it."""
        self._file = file
        self._mark = ""
        file.add([f"{{\n {_json(ABOUT)}: {_json(HOW)},\n {_json(ANSWERS)}: ["])

    def ask(self, asked: Iterable[Question]) -> None:
        """Add what a plan asks."""
        self._file.add(self._pieces(asked))

    def end(self) -> None:
        """Give it its name."""
        self._file.fill(["\n ]\n}\n"])

    def _pieces(self, asked: Iterable[Question]) -> Iterator[str]:
        for question in asked:
            head = ",\n".join(f"   {_json(field)}: {_json(value)}" for field, value in question.asked.items())
            rows = ({field: _cut(field, row[field]) for field in row if field in _IN_FORM} for row in question.rows)
            shown = ",\n".join(f"    {_json(row)}" for row in rows)
            keep = f"   {_json(KEEP)}: null,\n   {_json(ROWS)}: [\n{shown}\n   ]"
            yield f"{self._mark}\n  {{\n{head},\n{keep}\n  }}"
            self._mark = ","


def answered_before(spec: Spec, answer: Answer, fold: str | None) -> dict[str, Any]:
    """Return an answer as it stands in a file; `fold` is what its plan is called beside others."""
    slots = next(slots for slots in spec.slots if str(slots.table.fullname) == answer.table)
    keep: object = answer.keep
    if answer.keep == CANONICAL and answer.alias != answer.canonical:
        keep = {ALIAS: answer.keep}
    remarks = {"decided_by": answer.decided_by, "why": answer.why}
    told = {field: text for field, text in remarks.items() if text is not None}
    return {**_asked(spec, slots, answer.project, answer.slot, fold), KEEP: keep, **told}


def _asked(
    spec: Spec, slots: Slots, canonical: str, slot: Sequence[str | None], fold: str | None
) -> dict[str, str | None]:
    named = dict(zip((field_of(known.name) for known in slots.slot), slot, strict=True))
    of = {} if fold is None else {FOLD: fold}
    return {PROJECT: canonical, **of, **({TABLE: str(slots.table.fullname)} if len(spec.slots) > 1 else {}), **named}


def _rows(spec: Spec, slots: Slots, planned: Planned, hanging: FromClause | None) -> Relation:
    """Return the rows of every slot in collision, those of one slot in succession."""
    relation = planned[slots]
    slot = [relation.c[known.name] for known in slots.slot]
    keys = keys_of(slots, relation)
    joined, lead, under = standing_under(slots, spec, planned)
    active: ColumnElement[Any] = literal(1)
    if slots.status is not None:
        active = case((comparable(relation.c[slots.status.name]) == slots.active, 1), else_=0)
    moment: ColumnElement[Any] = cast(null(), Text)
    if slots.updated_at is not None:
        moment = case((active == 1, Moment(slots.updated_at, relation.c[slots.updated_at.name])))
    hang: ColumnElement[Any] = literal(0)
    if hanging is not None:
        joined = joined.outerjoin(hanging, hanging.c.key == cast(key_text(keys), Text))
        hang = func.coalesce(hanging.c.rows, 0)
    told_of = {"value": slots.value, "status": slots.status, "updated_at": slots.updated_at}

    def told(known: Any) -> ColumnElement[Any]:
        return cast(null() if known is None else relation.c[known.name], Text)

    latest = func.max(moment).over(partition_by=[relation.c.rekey_canonical, lead, *slot])
    return (
        select(
            relation.c.rekey_canonical.label("canonical"),
            lead.label("lead"),
            *(cast(known, Text).label(f"slot_{place}") for place, known in enumerate(slot)),
            active.label("active"),
            under.label("written_under"),
            cast(key_text(keys), Text).label("key"),
            *(told(known).label(field) for field, known in told_of.items()),
            hang.label("hanging"),
            case((moment == latest, 1), else_=0).label("newest"),
        )
        .select_from(joined)
        .where(relation.c.rekey_action == Action.COLLISION.value)
        # Found names may be one in several groups.
        .order_by(relation.c.rekey_canonical, "lead", *slot, *keys)
    )


def _hanging(connection: Connection, spec: Spec, slots: Slots) -> FromClause | None:
    """Return how many rows refer to each row of `slots`, by its `key`; None where no table refers to it."""
    if len(slots.keys) > 1:
        return None
    own = str(slots.keys[0].name)
    found: dict[tuple[str | None, str, str], None] = {
        (key.schema, key.child, key.columns[0]): None
        for key in foreign_keys(connection, slots.table)
        if key.referred == (own,)
    }
    for child in spec.children:
        if spec.parent(child) is slots:
            found |= {(child.table.schema, str(child.table.name), str(owner[0].name)): None for owner in child.owning}
    counts = []
    for schema, name, field in found:
        loose = table(name, column(field), schema=schema)
        counts.append(select(cast(loose.c[field], Text).label("key")).where(loose.c[field].is_not(None)))
    if not counts:
        return None
    every = union_all(*counts).subquery("rekey_referring")
    return select(every.c.key, func.count().label("rows")).group_by(every.c.key).subquery("rekey_hanging")


def _keep(name: str, canonical: str, called_so: Container[str], *, own: bool) -> object:
    """Return what keeps a row by the name that it stands under: `canonical` for the canonical's own."""
    if own:
        return canonical if canonical in called_so else CANONICAL
    return {ALIAS: name} if name == CANONICAL else name


def _shown(row: Any, registry: Registry, called_so: Container[str] | None) -> _Shown:
    """Return one row as a person reads it, what to write to keep it first: by its key without `called_so`."""
    name, canonical = row["written_under"], row["canonical"]
    # Where keys do not tell rows apart, which refuses the plan, a row may be none of the group.
    own = name is None or registry.key(name) == registry.key(canonical)
    told = {field: row[field] for field in ("value", "status", "updated_at", "hanging")}
    shown = {"written_under": name, "row": row["key"], **told, "newest": bool(row["newest"]), "own": own}
    keep = row["key"] if called_so is None else _keep(name, canonical, called_so, own=own)
    return {KEEP: keep, **shown} if row["active"] else shown


_IN_FORM = (KEEP, "written_under", "row", "value", "status", "updated_at")


def _cut(field: str, text: Any) -> Any:
    rest = 0 if text is None or field in (KEEP, "written_under") else len(text) - _MOST
    return text if rest <= 0 else f"{text[:_MOST]}… {rest:,} more characters"


def _json(value: object) -> str:
    """Return `value` as JSON that a person can read: letters as they are, what could move a cursor escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)
