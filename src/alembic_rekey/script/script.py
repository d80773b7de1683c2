"""A program as a script for the database's own shell: the same statements, compiled, each with its comment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from textwrap import wrap
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Dialect,
    Table,
    case,
    column,
    func,
    insert,
    select,
    values,
)

from alembic_rekey.script.compilation import compiled
from alembic_rekey.spec import Check, Relation
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.registry_text import is_plain
from alembic_rekey.sql.side_tables import counts, current_run
from alembic_rekey.sql.steps import Guard, Phase, Rows, Statement, Step
from alembic_rekey.text.layout import WIDTH, laid_out

__all__ = ["DROP_GUARD", "comment", "counts_shown", "guard_table", "guarded", "script"]

_ROWS_AT_ONCE = 200
"""Rows per INSERT of the registry: few enough that a reader and every shell take the statement."""

_SHOWN = 40
"""Characters of a name that a comment repeats."""


def comment(said: str) -> str:
    """Return `said` as comment lines of ASCII, whatever a path or a name in it holds."""
    lines = [json.dumps(line)[1:-1].replace('\\"', '"') for line in said.splitlines()]
    return "\n".join(f"-- {part}".rstrip() for line in lines for part in _wrapped(line))


def _wrapped(line: str) -> list[str]:
    blanks = line[: len(line) - len(line.lstrip(" "))]
    further = f"{blanks}  "
    # A path or a checksum stays in one piece, so that it can be copied.
    parts = wrap(line, WIDTH, subsequent_indent=further, break_long_words=False, break_on_hyphens=False)
    return parts or [""]


def script(steps: Iterable[Step], dialect: Dialect) -> Iterator[str]:
    """Yield the text of each step: its comment, its statement, and a semicolon."""
    opened = database(dialect.name).shell.reopened
    for step in steps:
        match step:
            case Guard(check):
                yield guarded(check, dialect)
            case Phase():
                continue
            case Statement(says, clause):
                yield f"{comment(says)}\n{opened}{compiled(clause, dialect)};"
            case Rows(says, target, common, rows):
                rest = iter(rows)
                while chunk := list(islice(rest, _ROWS_AT_ONCE)):
                    legend = "".join(f"\n-- {line}" for line in _legend(chunk))
                    yield f"{comment(says)}{legend}\n{opened}{_listed(target, common, chunk, dialect)};"


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


def guarded(check: Check, dialect: Dialect) -> str:
    """Return `check` as statements at which every shell stops and names it.

    The named CHECK constraint of a temporary table refuses the number of offending rows: that works
    alike in psql and in the sqlite3 shell (pitfalls, `--sql`).
    """
    offending = check.offending.order_by(None).subquery("rekey_offending")
    counting = compiled(select(func.count()).select_from(offending), dialect)
    says = f"Guard {check.name}: {check.claim}.\nIf the script stops here: {check.remedy}"
    shell = database(dialect.name).shell
    return "\n".join(
        (
            comment(says),
            f"{guard_table(check.name, dialect)};",
            f"{shell.insertion} INTO rekey_guard (offending)\n{counting};",
            f"{shell.guard_mark}{DROP_GUARD};",
        )
    )


DROP_GUARD = "DROP TABLE rekey_guard"


def guard_table(name: str, dialect: Dialect) -> str:
    """Return what makes the temporary table whose constraint `name` takes 0 only."""
    constraint = dialect.identifier_preparer.quote(name)
    return f"CREATE TEMPORARY TABLE rekey_guard (offending BIGINT CONSTRAINT {constraint} CHECK (offending = 0))"


def counts_shown(dialect: Dialect) -> str:
    """Return the last statement of a script: it prints the counts of the run that it made."""
    shown = select(counts.c.phase, counts.c.name, counts.c.value).where(counts.c.run_id == current_run())
    phases = case((counts.c.phase == "plan", 0), else_=1)
    said = comment("Show what was planned and done.")
    return laid_out(f"{said}\n{compiled(shown.order_by(phases, counts.c.name), dialect)};")
