"""The way back as text for a person: what a downgrade would put back, and what drifted; reading only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, takewhile

from sqlalchemy import Connection, FromClause, func, literal, select

from alembic_rekey.back.drift import Drift, drifted, unnamed_changes
from alembic_rekey.back.way_back import backward_of, way_back
from alembic_rekey.errors import Finding, Refused, RunUnknown
from alembic_rekey.guard.foreign_keys import hanging
from alembic_rekey.guard.shape import shape_checks
from alembic_rekey.guard.stored import Stored
from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.report.runs import Run, recorded_runs, run_called
from alembic_rekey.spec import Part, Spec
from alembic_rekey.sql.steps import findings
from alembic_rekey.sql.values import readable
from alembic_rekey.text.shown import printable

__all__ = ["restore_plan_text"]

_WAITING = ("applied", "empty")


def restore_plan_text(
    connection: Connection, spec_of: Callable[[Run], Spec], database: str, number: int | None, limit: int | None
) -> Iterator[str]:
    """Yield the lines; lists of drifted rows are cut at `limit` rows, None shows all.

    `number` is the run that is asked about; None means what one downgrade restores: every run of the newest revision
    that was not restored, the newest first.

    Raises:
        RunUnknown: if there is no such run.
        Refused: if a run of another revision must be restored before it, or a table no longer fits its journal.
    """
    recorded = recorded_runs(connection)
    for place, (run, before) in enumerate(_asked(recorded, database, number)):
        if place:
            yield ""
        spec = spec_of(run)
        checks = [unnamed_changes(spec, literal(run.number)), *shape_checks(spec, connection.dialect.name)]
        if found := list(findings(connection, checks)):
            raise Refused(f"run {run.number} cannot be restored", found)
        called = run_called(run, recorded)
        yield f"Way back of run {run.number} of revision {called}, reading only: nothing was changed."
        yield f"  database  {printable(database)}"
        if before:
            yield f"  note      {', '.join(f'run {newer.number}' for newer in before)} goes back first: {_BEFORE}"
        yield from _way_back(connection, spec, run, limit)


_BEFORE = "rows that it changed as well are shown as drifted here, as long as it has not."


def _way_back(connection: Connection, spec: Spec, run: Run, limit: int | None) -> Iterator[str]:
    stored, number = Stored.read(connection, spec), literal(run.number)
    back = way_back(backward_of(spec, stored, number), hanging(connection, spec))
    for part in spec.parts:
        yield from _part(connection, part, back[part], limit)


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


def _part(connection: Connection, part: Part, back: FromClause, limit: int | None) -> Iterator[str]:
    tally: dict[str, int] = dict(iter(connection.execute(select(back.c.drift, func.count()).group_by(back.c.drift))))
    gone = sum(tally.values()) - tally.get(Drift.UNTOUCHED, 0)
    yield ""
    yield f"{part.table.name}: {tally.get(Drift.UNTOUCHED, 0):,} rows go back, {gone:,} drifted"
    rows = connection.execute(readable(drifted(part, back))).mappings()
    for row in islice(rows, limit):
        yield f"  {printable(WORDING['drift'].sentence.format_map(row))}"
    if limit is not None and gone > limit:
        yield f"  … and {gone - limit:,} more (--all shows them)"
    if gone:
        yield f"  what to do: {WORDING['drift'].remedy}"
