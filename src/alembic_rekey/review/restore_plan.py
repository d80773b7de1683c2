"""The way back as text, or as a document: what a downgrade would put back, and what drifted; reading only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, takewhile
from typing import Any

from sqlalchemy import Connection, FromClause, Text, cast, func, literal, select, type_coerce
from sqlalchemy.types import NullType

from alembic_rekey.back.backward import backward_of
from alembic_rekey.back.drift import Drift, drifted, unnamed_changes
from alembic_rekey.back.way_back import way_back
from alembic_rekey.errors import Finding, Refused, RunUnknown
from alembic_rekey.guard.claims.hindrances import Hindrances
from alembic_rekey.guard.claims.rows import key_claims
from alembic_rekey.guard.shape import shape_checks
from alembic_rekey.guard.stored import Stored, columns_in
from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.judged import alike, key_text, keys_of, same_key
from alembic_rekey.report.document import written
from alembic_rekey.report.entry import json_value
from alembic_rekey.report.rows import exact_columns
from alembic_rekey.report.runs import Run, recorded_runs, run_called
from alembic_rekey.spec import Part, Spec
from alembic_rekey.sql.steps import findings
from alembic_rekey.sql.values import readable
from alembic_rekey.text.shown import counted, printable

__all__ = ["Returning", "restore_plan_document", "restore_plan_text", "returnings"]

_AT_ONCE = 500

_WAITING = ("applied", "empty")


@dataclass(frozen=True)
class Tallied:
    """How many rows of a table go back, and how many drifted."""

    part: Part
    drifts: Counter[str]

    @property
    def untouched(self) -> int:
        """How many rows go back."""
        return self.drifts[Drift.UNTOUCHED]

    @property
    def drifted(self) -> int:
        """How many rows do not."""
        return self.drifts.total() - self.untouched

    @property
    def table(self) -> str:
        """What the table is called."""
        return str(self.part.table.name)


@dataclass(frozen=True)
class Returning:
    """The way back of one run; `before` are the runs that go back before it."""

    connection: Connection
    spec: Spec
    run: Run
    called: str
    before: Sequence[Run]
    stored: Stored
    back: Mapping[Part, FromClause]
    planned: Planned

    @classmethod
    def of(cls, connection: Connection, spec: Spec, run: Run, called: str, before: Sequence[Run]) -> Returning:
        """Return the way back of `run`.

        Raises:
            Refused: if a table no longer fits its journal.
        """
        number = literal(run.number)
        dialect = connection.dialect.name
        checks = [unnamed_changes(spec, number), *shape_checks(spec, dialect), *key_claims(spec.parts, dialect)]
        if found := list(findings(connection, checks)):
            raise Refused(f"run {run.number} cannot be restored", found)
        stored = Stored.read(connection, spec)
        backward = backward_of(spec, stored, Hindrances.read(connection, spec), number)
        back = way_back(backward)
        return cls(connection, spec, run, called, before, stored, back, backward.planned)

    @cached_property
    def tables(self) -> list[Tallied]:
        """Each table, in the order of the spec."""
        return [Tallied(part, self._drifts(part)) for part in self.spec.parts]

    def _drifts(self, part: Part) -> Counter[str]:
        drift = self.back[part].c.drift
        return Counter(dict(iter(self.connection.execute(select(drift, func.count()).group_by(drift)))))

    @property
    def drifted(self) -> int:
        """How many rows changed since the upgrade: with on_drift=abort a downgrade refuses over them."""
        return sum(one.drifted for one in self.tables)

    @property
    def is_empty(self) -> bool:
        """Whether nothing goes back."""
        return not any(one.untouched for one in self.tables)

    def drifts(self, part: Part) -> Iterator[str]:
        """Yield what is to be said of each row of a table that drifted."""
        for row in self.connection.execute(readable(drifted(part, self.back[part]))).mappings():
            yield WORDING["drift"].sentence.format_map(row)

    def rows(self, part: Part) -> Iterator[dict[str, Any]]:
        """Yield each row of a table: its key, its drift, and the columns in which it is now otherwise than it was.

        `columns` has for each of these what it holds now and what it goes back to; a row that comes or goes has null.
        """
        back, kept = self.back[part], self.planned[part]
        names = self.stored.lasting(part)
        sides = [columns_in(source, names) for source in (part.table, kept)]
        is_exact = dict(exact_columns(self.connection, part.table.name, part.table.schema))
        told = [
            # No type that is declared is read into a value: it may be stored as another, or with no equal in Python.
            (type_coerce(known, NullType()) if is_exact[name] else cast(known, Text)).label(f"rekey_{side}_{place}")
            for side, of in enumerate(sides)
            for place, (name, known) in enumerate(zip(names, of, strict=True))
        ]
        asked = (
            readable(select(key_text(alike(back, "key")).label("key"), back.c.action, back.c.canonical, back.c.drift))
            .add_columns(*told)
            .join_from(back, kept, same_key(keys_of(part, kept), alike(back, "key")), isouter=True)
            .join(part.table, same_key(part.keys, alike(back, "now")), isouter=True)
            .order_by(back.c.action, back.c.canonical, *alike(back, "key"))
        )
        for row in self.connection.execute(asked.execution_options(yield_per=_AT_ONCE)):
            key, action, canonical, drift, *values = row
            pairs = zip(names, map(json_value, values), map(json_value, values[len(names) :]), strict=False)
            columns = {name: [now, then] for name, now, then in pairs if now != then}
            yield {"key": json_value(key), "action": action, "canonical": canonical, "drift": drift, "columns": columns}


def returnings(
    connection: Connection, spec_of: Callable[[Run], Spec], database: str, number: int | None
) -> Iterator[Returning]:
    """Yield the way back of each run that is asked about, the newest first.

    `number` is the run that is asked about; None means what one downgrade restores: every run of the newest revision
    that was not restored.

    Raises:
        RunUnknown: if there is no such run.
        Refused: if a run of another revision must be restored before it, or a table no longer fits its journal.
    """
    recorded = recorded_runs(connection)
    for run, before in _asked(recorded, database, number):
        yield Returning.of(connection, spec_of(run), run, run_called(run, recorded), before)


def restore_plan_text(returning: Iterable[Returning], database: str, limit: int | None) -> Iterator[str]:
    """Yield the lines; lists of drifted rows are cut at `limit` rows, None shows all."""
    for place, one in enumerate(returning):
        if place:
            yield ""
        yield f"Way back of run {one.run.number} of revision {one.called}, reading only: nothing was changed."
        yield f"  database  {printable(database)}"
        if one.before:
            yield f"  note      {', '.join(f'run {newer.number}' for newer in one.before)} goes back first: {_BEFORE}"
        for table in one.tables:
            yield ""
            go = "goes" if table.untouched == 1 else "go"
            yield f"{table.table}: {counted(table.untouched, 'row')} {go} back, {table.drifted:,} drifted"
            yield from (f"  {printable(says)}" for says in islice(one.drifts(table.part), limit))
            if limit is not None and table.drifted > limit:
                yield f"  … and {table.drifted - limit:,} more (--all shows them)"
            if table.drifted:
                yield f"  what to do: {WORDING['drift'].remedy}"


def restore_plan_document(returning: Iterable[Returning], database: str) -> Iterator[str]:
    """Yield the same as JSON, with every row: each column that changes, what it holds now and what it goes back to."""
    yield f'{{"database": {json.dumps(database)}, "runs": ['
    for place, one in enumerate(returning):
        head = {"run": one.run.number, "revision": one.run.revision, "noun": one.run.noun}
        yield f'{"," * (place > 0)}\n {json.dumps(head)[:-1]}, "tables": ['
        for number, table in enumerate(one.tables):
            told = {"table": table.table, "untouched": table.untouched, "drifted": table.drifted}
            yield f'{"," * (number > 0)}\n  {json.dumps(told)[:-1]}, "rows": ['
            for turn, row in enumerate(one.rows(table.part)):
                yield f"{',' * (turn > 0)}\n   {written(row).decode()}"
            yield "]}"
        yield "]}"
    yield "]}\n"


_BEFORE = (
    "rows that it changed as well are shown as drifted here, and --check counts them, as long as it has not. The "
    "downgrade asks again behind it."
)


def _asked(recorded: list[Run], database: str, number: int | None) -> list[tuple[Run, list[Run]]]:
    """Return the runs that are asked about, the newest first, each with those that go back before it."""
    waiting = [run for run in reversed(recorded) if run.outcome in _WAITING]
    known = [run for run in recorded if number in (None, run.number)]
    if not known:
        raise RunUnknown(database, number, [run.number for run in recorded])
    run = known[-1] if number is not None or not waiting else waiting[0]
    if run not in waiting:
        raise Refused(f"run {run.number} cannot be restored", [_finding("run_restored", run=run.number)])
    newest = waiting[0]
    together = list(takewhile(lambda other: other.revision == newest.revision, waiting))
    if run not in together:
        found = _finding("newer_run", run=run.number, newer=newest.number, revision=newest.revision)
        raise Refused(f"run {run.number} cannot be restored", [found])
    wanted = together if number is None else [run]
    return [(one, together[: together.index(one)]) for one in wanted]


def _finding(name: str, **arguments: object) -> Finding:
    words = WORDING[name]
    return Finding(name, words.sentence.format_map(arguments), words.remedy, arguments)
