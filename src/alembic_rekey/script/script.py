"""A program as a script for the database's own shell: the same statements, compiled, each with its comment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
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

from alembic_rekey.script.comments import comment
from alembic_rekey.script.compilation import compiled
from alembic_rekey.script.guards import guarded
from alembic_rekey.spec import Relation
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.registry_text import is_plain
from alembic_rekey.sql.side_tables import counts, current_run
from alembic_rekey.sql.steps import Guard, Rows, Statement, Step
from alembic_rekey.text.layout import laid_out

__all__ = ["counts_shown", "script"]

_ROWS_AT_ONCE = 200
"""Rows per INSERT of the registry: few enough that a reader and every shell take the statement."""

_SHOWN = 40
"""Characters of a name that a comment repeats."""


def script(steps: Iterable[Step], dialect: Dialect) -> Iterator[str]:
    """Yield the text of the steps: comments, statements, semicolons; steps that say the same stand together."""
    opened = database(dialect.name).shell.reopened
    for (kind, says), group in groupby(steps, _alike):
        if kind is Guard:
            yield from guarded((step.check for step in group if isinstance(step, Guard)), dialect)
        elif kind is Statement:
            written = (f"{opened}{compiled(step.clause, dialect)};" for step in group if isinstance(step, Statement))
            yield "\n".join((comment(says), *written))
        elif kind is Rows:
            for step in group:
                yield from _rows(step, opened, dialect) if isinstance(step, Rows) else ()


def _alike(step: Step) -> tuple[type, str]:
    return type(step), step.says if isinstance(step, Statement) else ""


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
    written = compiled(insert(target).from_select([*common, *chunk[0]], line, include_defaults=False), dialect)
    before, _, behind = written.partition(f"VALUES ({literals[0]})")
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
