"""The way back as text for a person: what a downgrade would put back, and what drifted; reading only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from sqlalchemy import Connection, FromClause, func, select

from alembic_rekey.back.created import altered
from alembic_rekey.back.drift import Drift, drifted, which_run
from alembic_rekey.back.way_back import backward_of, way_back
from alembic_rekey.errors import Finding, Refused, RunUnknown
from alembic_rekey.guard.foreign_keys import hanging
from alembic_rekey.guard.shape import shape_checks
from alembic_rekey.guard.stored import Stored
from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.report.runs import Run, recorded_runs
from alembic_rekey.spec import Part, Spec
from alembic_rekey.sql.steps import findings
from alembic_rekey.sql.values import readable
from alembic_rekey.text.shown import printable

__all__ = ["restore_plan_text"]


def restore_plan_text(
    connection: Connection, spec_of: Callable[[str], Spec], database: str, number: int | None, limit: int | None
) -> Iterator[str]:
    """Yield the lines; lists of drifted rows are cut at `limit` rows, None shows all.

    `number` is the run that is asked about; None means the newest one that was not restored.

    Raises:
        RunUnknown: if there is no such run.
        Refused: if it is not the newest run that was not restored, or a table no longer fits its journal.
    """
    run = _run(recorded_runs(connection), database, number)
    spec = spec_of(run.revision)
    dialect = connection.dialect.name
    if found := list(findings(connection, [which_run(spec), *shape_checks(spec, dialect)])):
        raise Refused(f"run {run.number} cannot be restored", found)
    yield f"Way back of run {run.number} of revision {run.revision}, reading only: nothing was changed."
    yield f"  database  {printable(database)}"
    stored = Stored.read(connection, spec)
    changed = [altered(spec.identity, stored)] if spec.identity.creates else []
    back = way_back(backward_of(spec, stored), hanging(connection, spec), *changed)
    for part in spec.parts:
        yield from _part(connection, part, back[part], limit)


def _run(recorded: list[Run], database: str, number: int | None) -> Run:
    waiting = [run for run in recorded if run.outcome != "restored"]
    asked = [run for run in recorded if run.number == number] if number is not None else recorded
    if not asked:
        raise RunUnknown(database, number, [run.number for run in recorded])
    run = asked[-1] if number is not None or not waiting else waiting[-1]
    if run not in waiting:
        raise Refused(f"run {run.number} cannot be restored", [_finding("run_restored", run=run.number)])
    if run is not waiting[-1]:
        newer = waiting[-1]
        found = _finding("newer_run", run=run.number, newer=newer.number, revision=newer.revision)
        raise Refused(f"run {run.number} cannot be restored", [found])
    return run


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
