"""A program as a value: statements and guards in order, to be performed or to be written as a script."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from time import monotonic
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Table,
    TableClause,
    Text,
    bindparam,
    cast,
    func,
    insert,
    literal,
    select,
    union_all,
)

from alembic_rekey.errors import Finding, Refused
from alembic_rekey.spec import Check, Relation
from alembic_rekey.sql.dialects import database
from alembic_rekey.sql.dialects.interface import Change
from alembic_rekey.sql.expressions import InsertRows
from alembic_rekey.sql.side_tables import counts, current_run, runs
from alembic_rekey.sql.values import readable
from alembic_rekey.text.fields import about
from alembic_rekey.text.progress import Progress
from alembic_rekey.text.shown import printable

__all__ = [
    "Aside",
    "Guard",
    "Kindred",
    "Phase",
    "Rows",
    "Statement",
    "Step",
    "analyzed",
    "counted",
    "findings",
    "perform",
]


_ONCE = {"compiled_cache": None}
"""No statement of a fold comes twice: that SQLAlchemy looked for each takes a twentieth of the time of few rows."""


@dataclass(frozen=True)
class Statement:
    """One statement and, in words, what it does."""

    says: str
    clause: Executable


@dataclass(frozen=True)
class Aside(Statement):
    """A statement that goes with the one before it, whose comment in a script stands for both."""


@dataclass(frozen=True)
class Rows:
    """Rows of the registry or of the answers for one of our tables; `common` is what all of them share."""

    says: str
    target: Table
    common: Mapping[str, ColumnElement[Any]]
    rows: Sequence[Mapping[str, str | int | None]]


@dataclass(frozen=True)
class Guard:
    """A place where the program stops if `check` finds anything."""

    check: Check


@dataclass(frozen=True)
class Phase:
    """What the steps up to the next phase are for, in words, and how many rows they were about, where SQL can tell."""

    says: str
    rows: Relation | None = None


Step = Statement | Rows | Guard | Phase


def counted(says: str, name: str, change: Change, dialect: str) -> list[Statement]:
    """Return the steps that make `change` and record in `rekey_count` how many rows the database reported."""
    line: list[ColumnElement[Any]] = [current_run(), literal("apply"), literal(name)]
    changing, *recording = database(dialect).counting(change, counts, line)
    told = f"Record how many rows that were: {name}."
    return [Statement(says, changing), *(Aside(told, clause) for clause in recording)]


def analyzed(dialect: str, source: TableClause, *columns: str) -> Iterator[Step]:
    """Yield what tells the planner how many rows `source` holds, where it would not see."""
    for clause in database(dialect).analyzed(source.name, columns):
        yield Aside(f"Let statements be planned for what {source.name} holds.", clause)


@dataclass(frozen=True)
class Kindred(Check):
    """A check of the engine: those of one `kin` are one question, and what they name alike is one relation."""

    kin: str

    @classmethod
    def of(cls, kin: str, made: Check) -> Kindred:
        """Return `made` as one of them."""
        return cls(**vars(made), kin=kin)


def findings(connection: Connection, checks: Iterable[Check]) -> Iterator[Finding]:
    """Yield what the checks find, one `Finding` per offending row."""
    for check in _finding(connection, checks):
        for row in connection.execute(readable(check.offending), execution_options=_ONCE).mappings():
            arguments = dict(row)
            # A stored value must not be able to start a line or to move the cursor of whoever reads this.
            sentence = printable(check.sentence.format_map(arguments))
            yield Finding(check.name, sentence, check.remedy, arguments)


def _finding(connection: Connection, checks: Iterable[Check]) -> Iterator[Check]:
    """Yield the checks to ask: of those of one kin, which mostly find nothing, the ones that find something."""
    for kin, group in groupby(checks, lambda check: check.kin if isinstance(check, Kindred) else None):
        several = list(group)
        if kin is not None and len(several) > 1:
            asked = [select(literal(place)).where(check.offending.exists()) for place, check in enumerate(several)]
            places = connection.execute(union_all(*asked), execution_options=_ONCE).scalars().all()
            yield from (several[place] for place in sorted(places))
        else:
            yield from several


def perform(connection: Connection, steps: Iterable[Step], refusal: str) -> None:
    """Execute the steps in the transaction that `connection` is in; never commits.

    Guards that stand side by side are all asked before any of them refuses.

    Raises:
        Refused: with every finding of the guards; the caller rolls back.
    """
    run = None
    for phase, members in _phases(steps):
        if phase.says and run is None:
            run = connection.execute(select(func.max(runs.c.id))).scalar()
        with about(run=run), Progress(phase.says, len(members)) as progress:
            for guarding, group in groupby(members, lambda step: isinstance(step, Guard)):
                if guarding:
                    checks = [step.check for step in group if isinstance(step, Guard)]
                    if found := list(findings(connection, progress.telling(checks))):
                        raise Refused(refusal, found)
                    continue
                for step in group:
                    _execute(connection, step, progress)
            if phase.rows is not None and progress.is_long:
                progress.rows = connection.execute(phase.rows).scalar_one() or 0


def _phases(steps: Iterable[Step]) -> Iterator[tuple[Phase, list[Step]]]:
    phase, members = Phase(""), list[Step]()
    for step in steps:
        if isinstance(step, Phase):
            yield phase, members
            phase, members = step, []
        else:
            members.append(step)
    yield phase, members


def _execute(connection: Connection, step: Step, progress: Progress) -> None:
    if isinstance(step, Statement):
        progress.doing(step.says)
        begun = monotonic()
        rows = connection.execute(step.clause, execution_options=_ONCE).rowcount
        progress.took(step.says, rows, begun)
        if isinstance(step.clause, InsertRows):
            progress.rows += rows
    elif isinstance(step, Rows) and step.rows:
        progress.doing(step.says)
        connection.execute(_insertion(step, connection.dialect.name))


def _insertion(step: Rows, dialect: str) -> Executable:
    # One document rather than one statement per row: PostgreSQL takes those one by one.
    names = list(step.rows[0])
    lines = [[row[name] for name in names] for row in step.rows]
    document = bindparam("rows", json.dumps(lines, separators=(",", ":")), Text())
    entries = zip(names, database(dialect).entries(document, range(len(names))), strict=True)
    told = [cast(entry, step.target.c[name].type) for name, entry in entries]
    return insert(step.target).from_select(
        [*step.common, *names], select(*step.common.values(), *told), include_defaults=False
    )
