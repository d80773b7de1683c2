"""A recorded run, read back from the side tables."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, FromClause, RowMapping, cast, column, inspect, literal, select, update
from sqlalchemy.types import Text

from alembic_rekey.plan.rules import Action
from alembic_rekey.report.document import Entries, Fingerprint, Report, document
from alembic_rekey.report.file import ReportFile
from alembic_rekey.report.rows import created_section, entries, journal_sections, left_entries
from alembic_rekey.settings import Settings
from alembic_rekey.spec import Spec
from alembic_rekey.sql.side_tables import aliases, answers, counts, runs
from alembic_rekey.text.progress import Progress

__all__ = ["Run", "finished", "now", "recorded_runs", "report_of", "run_called", "touches", "written_report"]


@dataclass(frozen=True)
class Run:
    """One line of `rekey_run` with its counts; times as the database's own text."""

    number: int
    revision: str
    noun: str
    turn: int
    outcome: str | None
    started_at: str
    finished_at: str | None
    restored_at: str | None
    registry_path: str
    registry_sha256: str | None
    plan_sha256: str | None
    counted: Mapping[tuple[str, str], int]

    @property
    def seconds(self) -> float | None:
        """How long it took, until its changes were verified."""
        if self.finished_at is None:
            return None
        begun, ended = map(datetime.fromisoformat, (self.started_at, self.finished_at))
        return round((ended - begun).total_seconds(), 3)

    def counts(self, phase: str) -> dict[str, int]:
        """Return the counts of `phase`, which is `plan` or `apply`."""
        return {name: value for (counted_in, name), value in self.counted.items() if counted_in == phase}


def run_called(run: Run, among: Iterable[Run]) -> str:
    """Return what the fold of `run` is called: its revision, where that has several `among` these with its noun too."""
    beside = {(other.noun, other.turn) for other in (*among, run) if other.revision == run.revision}
    if len(beside) < 2:
        return run.revision
    several = sum(noun == run.noun for noun, _ in beside) > 1
    return f"{run.revision} ({run.noun}{f', number {run.turn}' if several else ''})"


def recorded_runs(connection: Connection) -> list[Run]:
    """Return every recorded run, oldest first; none where the side tables are not there."""
    if not inspect(connection).has_table(runs.name):
        return []
    stamps = (runs.c.started_at, runs.c.finished_at, runs.c.restored_at)
    times = [cast(column, Text).label(column.name) for column in stamps]
    others = [column for column in runs.c if column not in set(stamps)]
    lines = connection.execute(select(*others, *times).order_by(runs.c.id)).mappings()
    return [_run(connection, line) for line in lines.all()]


def finished(connection: Connection) -> Run:
    """Return the newest run."""
    return recorded_runs(connection)[-1]


def _run(connection: Connection, line: RowMapping) -> Run:
    counted = connection.execute(
        select(counts.c.phase, counts.c.name, counts.c.value).where(counts.c.run_id == line["id"])
    )
    return Run(
        number=line["id"],
        counted={(phase, name): value for phase, name, value in counted},
        **{name: value for name, value in line.items() if name != "id"},
    )


def report_of(
    connection: Connection, spec: Spec, run: Run, database: str, fingerprint: Fingerprint, progress: Progress
) -> Generator[str, None, None]:
    """Yield the report of `run`, rebuilt from the journal; `fingerprint` and `progress` take in its rows.

    Whoever stops early closes it, before the connection.
    """
    number = literal(run.number)
    registered = dict(
        iter(connection.execute(select(aliases.c.alias, aliases.c.canonical).where(aliases.c.run_id == number)))
    )
    sections = journal_sections(connection, spec, number)
    report = Report(
        created_at=now(),
        mode="apply",
        database=database,
        registry_path=run.registry_path,
        registry_sha256=run.registry_sha256,
        revision=run.revision,
        alias_map={alias: canonical for alias, canonical in registered.items() if alias != canonical},
        counts=run.counts("plan"),
        is_empty=not touches(connection, [section.source for section in sections]),
        apply_summary=run.counts("apply"),
        run={
            "id": run.number,
            "noun": run.noun,
            "turn": run.turn,
            "outcome": run.outcome,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "canonicals": [alias for alias, canonical in registered.items() if alias == canonical],
        },
    )
    created = created_section(connection, spec.identity, number)
    rows = ((section.title, progress.passing(entries(connection, section))) for section in sections)
    tables = {section.title: section.part.table.fullname for section in sections}
    left, given = left_entries(connection, spec, sections[0]), _answers(connection, number)
    yield from document(report, rows, tables, fingerprint, entries(connection, created), left, given)


def _answers(connection: Connection, run: ColumnElement[int]) -> Entries:
    """Yield the answers that a run was given, in their order."""
    said = [known for known in answers.c if known is not answers.c.run_id]
    for row in connection.execute(select(*said).where(answers.c.run_id == run).order_by(answers.c.number)).mappings():
        yield [dict(row)]


def written_report(connection: Connection, spec: Spec, run: Run, settings: Settings) -> ReportFile:
    """Write the report of the run that this transaction made, pending, and record its fingerprint.

    Raises:
        ReportFailed: where it cannot be written; the caller rolls back.
    """
    fingerprint = Fingerprint(run.registry_sha256, run.revision)
    stem = settings.report_stem(spec.identity.noun, str(run.number))
    with (
        Progress("Write the report") as progress,
        closing(report_of(connection, spec, run, settings.database, fingerprint, progress)) as pieces,
    ):
        report = ReportFile.write(settings.report_dir, stem, pieces)
    try:
        connection.execute(update(runs).where(runs.c.id == run.number).values(plan_sha256=str(fingerprint)))
    except BaseException:
        report.discard()
        raise
    return report


def now() -> str:
    """Return the time now in UTC, as reports write it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def touches(connection: Connection, sources: Iterable[FromClause]) -> bool:
    """Tell whether a plan touches any row at all (design, section 3, Empty)."""
    action = column("rekey_action", Text())
    return any(
        connection.execute(select(literal(1)).select_from(source).where(action != Action.KEEP.value).limit(1)).first()
        for source in sources
    )
