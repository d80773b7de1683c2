"""What a person is asked: each slot in collision with all of its rows, for the page and for the form.

The form, `plan --write-resolutions FILE`, is a file of answers whose `keep` is null (`names.answers`),
made as a stream.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, FromClause, Text, cast, column, func, select, table, union_all

from alembic_rekey.guard.foreign_keys import foreign_keys
from alembic_rekey.names.answer_fields import (
    ABOUT,
    ALIAS,
    ANSWERS,
    CALLED,
    CANONICAL,
    FOLD,
    KEEP,
    KEY,
    OWNER,
    PROJECT,
    ROW,
    ROWS,
    TABLE,
    field_of,
    of_key,
    owner_keys,
)
from alembic_rekey.names.answers import Answer
from alembic_rekey.names.kept import called_canonical
from alembic_rekey.names.registry import Registry
from alembic_rekey.plan.collided import collided
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.report.file import NewFile
from alembic_rekey.spec import Slots, Spec

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

    `owners` are its owners, as a person reads them, where the canonical does not tell them. Each of `rows` has
    `written_under`, `row`, `value`, `status`, `updated_at`, `hanging`, how many rows refer to it, `newest`, and `own`:
    it is the canonical's; first of all `keep`, what to write to keep it, unless it is not active.
    """

    table: str
    canonical: str
    owners: Mapping[str, str]
    slot: Mapping[str, str | None]
    asked: Mapping[str, Any]
    rows: Sequence[_Shown]


def questions(
    connection: Connection, spec: Spec, registry: Registry, planned: Planned, fold: str | None = None
) -> Iterator[Question]:
    """Yield what the plan that is read from `connection` asks; `fold` is what it is called beside others.

    `planned` need not have every part: a table that is not there has no questions.
    """
    called_so = called_canonical(registry)
    for slots in (part for part in spec.slots if part in planned):
        selected = collided(slots, spec, planned, _hanging(connection, spec, slots)).execution_options(
            yield_per=_AT_ONCE
        )
        rows = connection.execute(selected).mappings()
        by_name = spec.answered_by_name(slots)
        fields = [f"slot_{place}" for place in range(len(slots.slot))]
        leads = [f"lead_{place}" for place in range(len(slots.owner_columns))]
        for (canonical, *told), listed in groupby(rows, itemgetter("canonical", *leads, *fields)):
            of_it, slot = list(listed), told[len(leads) :]
            owners = {} if spec.told_by_canonical(slots) else _owners(slots, of_it[0])
            yield Question(
                table=str(slots.table.name),
                canonical=canonical,
                owners={field.removeprefix(OWNER): _owner_text(owner) for field, owner in owners.items()},
                slot=dict(zip((str(known.name) for known in slots.slot), slot, strict=True)),
                asked=_asked(spec, slots, canonical, owners, slot, fold),
                rows=_shown(slots, of_it, registry, called_so if by_name else None),
            )


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
    if answer.row is not None:
        keep = {ROW: of_key(answer.row)}
    elif answer.keep == CANONICAL and answer.alias != answer.canonical:
        keep = {ALIAS: answer.keep}
    remarks = {"decided_by": answer.decided_by, "why": answer.why}
    told = {field: text for field, text in remarks.items() if text is not None}
    owners = {} if answer.owners is None else {field: {KEY: key} for field, key in owner_keys(slots, answer.owners)}
    return {**_asked(spec, slots, answer.project, owners, answer.slot, fold), KEEP: keep, **told}


def _owners(slots: Slots, row: Any) -> dict[str, _Shown]:
    """Return whose a slot is, as an answer says it: per owner the key that it will have, and what it is called."""
    leads = [row[f"lead_{place}"] for place in range(len(slots.owner_columns))]
    keys = owner_keys(slots, leads)
    return {field: {KEY: key, CALLED: row[f"called_{place}"]} for place, (field, key) in enumerate(keys)}


def _owner_text(owner: Mapping[str, Any]) -> str:
    key = owner[KEY] if isinstance(owner[KEY], list) else [owner[KEY]]
    text = ", ".join("NULL" if one is None else one for one in key)
    return text if owner[CALLED] is None else f"{owner[CALLED]} ({text})"


def _asked(
    spec: Spec,
    slots: Slots,
    canonical: str,
    owners: Mapping[str, _Shown],
    slot: Sequence[str | None],
    fold: str | None,
) -> dict[str, Any]:
    named = dict(zip((field_of(known.name) for known in slots.slot), slot, strict=True))
    of: dict[str, Any] = {} if fold is None else {FOLD: fold}
    of |= {TABLE: str(slots.table.fullname)} if len(spec.slots) > 1 else {}
    return {PROJECT: canonical, **of, **owners, **named}


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


def _shown(slots: Slots, rows: Sequence[Any], registry: Registry, called_so: Container[str] | None) -> Sequence[_Shown]:
    """Return the rows of a slot as a person reads them, what keeps each first: its key without `called_so`."""
    made: list[_Shown] = []
    for row in rows:
        name, canonical = row["written_under"], row["canonical"]
        # Where keys do not tell rows apart, which refuses the plan, a row may be none of the group.
        own = name is None or registry.key(name) == registry.key(canonical)
        told = {field: row[field] for field in ("value", "status", "updated_at", "hanging")}
        keep = row["key"] if called_so is None else _by_name(name, canonical, called_so, own=own)
        shown = {"written_under": name, "row": row["key"], **told, "newest": bool(row["newest"]), "own": own}
        made.append({KEEP: keep, **shown} if row["active"] else shown)
    live = {json.dumps([row[KEEP], row["value"]]): row[KEEP] for row in made if KEEP in row}
    unclear = Counter(map(json.dumps, live.values()))
    for row, shown in zip(rows, made, strict=True):
        # Several owners have a name each, and two rows of one name may say different things.
        if called_so is not None and KEEP in shown and (len(slots.owners) > 1 or unclear[json.dumps(shown[KEEP])] > 1):
            shown[KEEP] = {ROW: of_key([row[f"key_{place}"] for place in range(len(slots.keys))])}
    return made


def _by_name(name: str, canonical: str, called_so: Container[str], *, own: bool) -> object:
    """Return what keeps a row by the name that it stands under: `canonical` for the canonical's own."""
    if own:
        return canonical if canonical in called_so else CANONICAL
    return {ALIAS: name} if name == CANONICAL else name


_IN_FORM = (KEEP, "written_under", "row", "value", "status", "updated_at")


def _cut(field: str, text: Any) -> Any:
    rest = 0 if text is None or field in (KEEP, "written_under") else len(text) - _MOST
    return text if rest <= 0 else f"{text[:_MOST]}… {rest:,} more characters"


def _json(value: object) -> str:
    """Return `value` as JSON that a person can read: letters as they are, what could move a cursor escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)
