"""A program as a script for the database's own shell: the same statements, compiled, each with its comment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Dialect,
    Table,
    case,
    column,
    insert,
    select,
    values,
)
from sqlalchemy.schema import DropTable

from alembic_rekey.script.changes import marked
from alembic_rekey.script.compilation import Written, compiled, written
from alembic_rekey.script.guards import finding, guarded
from alembic_rekey.script.views import Views
from alembic_rekey.spec import Relation
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.registry_text import is_plain
from alembic_rekey.sql.side_tables import counts, current_run
from alembic_rekey.sql.steps import Aside, Guard, Rows, Statement, Step
from alembic_rekey.text.comments import comment
from alembic_rekey.text.layout import laid_out

__all__ = ["counts_shown", "script"]

_ROWS_AT_ONCE = 200
"""Rows per INSERT of the registry: few enough that a reader and every shell take the statement."""

_SHOWN = 40
"""Characters of a name that a comment repeats."""


def script(steps: Iterable[Step], dialect: Dialect) -> Iterator[str]:
    """Yield the text of the steps: comments, statements, semicolons; steps that say the same stand together."""
    opened = database(dialect.name).shell.reopened
    asking = [(step, _written(step, dialect)) for step in steps]
    views = Views([text.named if text else () for _, text in asking])
    for members in _paragraphs(asking):
        made = views.before([named for _, text in members if text for named in text.named])
        match members[0][0]:
            case Guard():
                if made:
                    yield "\n".join((comment("What several statements ask for is named once."), *made))
                checks = (
                    (step.check, text.without(views.names))
                    for step, text in members
                    if isinstance(step, Guard) and text
                )
                yield from guarded(checks, dialect)
            case Statement(says):
                statements = [(step.clause, text) for step, text in members if isinstance(step, Statement) and text]
                dropped = (clause.element.name for clause, _ in statements if isinstance(clause, DropTable))
                if any(map(views.need, dropped)):
                    yield _dropped(views, dialect)
                told = (f"{opened}{marked(clause, dialect)}{text.without(views.names)};" for clause, text in statements)
                yield "\n".join((comment(says), *made, *told))
            case Rows() as rows:
                yield from _rows(rows, opened, dialect)
    if views.made:
        yield _dropped(views, dialect)


_Asking = tuple[Step, Written | None]


def _paragraphs(asking: Iterable[_Asking]) -> Iterator[list[_Asking]]:
    """Yield what stands under one comment: guards side by side, and statements that say the same or go with another."""
    paragraph = list[_Asking]()
    for step, text in asking:
        before = paragraph[0][0] if paragraph else None
        alike = isinstance(step, Guard) and isinstance(before, Guard)
        if isinstance(step, Statement) and isinstance(before, Statement):
            alike = isinstance(step, Aside) or step.says == before.says
        if paragraph and not alike:
            yield paragraph
            paragraph = []
        paragraph.append((step, text))
    if paragraph:
        yield paragraph


def _written(step: Step, dialect: Dialect) -> Written | None:
    match step:
        case Guard(check):
            return written(finding(check), dialect)
        case Statement(_, clause):
            return written(clause, dialect)
    return None


def _dropped(views: Views, dialect: Dialect) -> str:
    return f"{comment('Drop these names.')}\n{database(dialect.name).shell.dropping(views.given_up())}"


def _rows(step: Rows, opened: str, dialect: Dialect) -> Iterator[str]:
    rest = iter(step.rows)
    while chunk := list(islice(rest, _ROWS_AT_ONCE)):
        legend = "".join(f"\n-- {line}" for line in _legend(chunk))
        yield f"{comment(step.says)}{legend}\n{opened}{_listed(step.target, step.common, chunk, dialect)};"


def _listed(
    target: Table,
    common: Mapping[str, ColumnElement[Any]],
    chunk: Sequence[Mapping[str, str | int | None]],
    dialect: Dialect,
) -> str:
    """Return the INSERT of `chunk` into `target`: compiled for its first line, the others written likewise.

    Compiled whole, a registry of 50,000 names would take seconds.
    """
    fields = [target.c[name] for name in chunk[0]]
    written_as = [field.type.dialect_impl(dialect).literal_processor(dialect) for field in fields]
    literals = [
        ", ".join(write(row[field.name]) for field, write in zip(fields, written_as, strict=True) if write)
        for row in chunk
    ]
    listed = values(*(column(field.name, field.type) for field in fields), name="rekey_listed")
    data = listed.data([tuple(chunk[0][field.name] for field in fields)]).cte("rekey_listed")
    line: Relation = select(*common.values(), *data.c)
    text = compiled(insert(target).from_select([*common, *chunk[0]], line, include_defaults=False), dialect)
    before, _, behind = text.partition(f"VALUES ({literals[0]})")
    return f"{before}VALUES ({'), ('.join(literals)}){behind}"


def _legend(chunk: Iterable[Mapping[str, str | int | None]]) -> list[str]:
    """Return what a reader needs to know the names that are written in hexadecimal."""
    texts = (text for row in chunk for text in row.values() if isinstance(text, str))
    names = dict.fromkeys(text for text in texts if not is_plain(text))
    return [f"  {_cut(name.encode().hex())} = {json.dumps(_cut(name))}" for name in names]


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def counts_shown(dialect: Dialect) -> str:
    """Return the last statement of a script: it prints the counts of the run that it made."""
    shown = select(counts.c.phase, counts.c.name, counts.c.value).where(counts.c.run_id == current_run())
    phases = case((counts.c.phase == "plan", 0), else_=1)
    said = comment("Show what was planned and done.")
    return laid_out(f"{said}\n{compiled(shown.order_by(phases, counts.c.name), dialect)};")
