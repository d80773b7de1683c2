"""The plan, reading only: what an upgrade would do or refuse, in one snapshot, as a report of mode `dry-run`.

It reads the tables themselves, through a connection that cannot write: no side table is needed, and
the registry goes along as one bound value. A table that is not there yet has no rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, FromClause, cast, false, inspect, null, select, table, text
from sqlalchemy.types import Text

from alembic_rekey.answer_checks import answer_checks
from alembic_rekey.answer_form import form as questions
from alembic_rekey.answered import Answered
from alembic_rekey.answers import Answers
from alembic_rekey.counts import part_counts
from alembic_rekey.database import is_absent, reading
from alembic_rekey.demands import demands
from alembic_rekey.dry_checks import answerable, exists, shape_findings
from alembic_rekey.errors import Finding
from alembic_rekey.foreign_keys import attached
from alembic_rekey.guard import guards, refuse_rows_without_registry
from alembic_rekey.names import Names
from alembic_rekey.plan import Part, Planned, streamed
from alembic_rekey.progress import Progress
from alembic_rekey.registry import Registry, read_registry
from alembic_rekey.report import Section, entries, plan_sections, title_of
from alembic_rekey.report_document import Fingerprint, Report, document
from alembic_rekey.report_file import NewFile, ReportFile
from alembic_rekey.run import now, touches
from alembic_rekey.settings import Settings
from alembic_rekey.shape import unfilled
from alembic_rekey.spec import Slots, Spec
from alembic_rekey.steps import findings
from alembic_rekey.tally import Tally

__all__ = ["Choice", "DryRun", "dry_run"]

_VERSIONS = "alembic_version"


@dataclass(frozen=True)
class Choice:
    """The spec that is planned, and what there is to say about the choice."""

    spec: Spec
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class DryRun:
    """A plan that was made and written to `path`; `findings` is everything that an upgrade would refuse over."""

    spec: Spec
    registry: Registry
    report: Report
    path: Path
    fingerprint: str
    tally: Tally
    collisions: tuple[Finding, ...]
    integrity: tuple[Finding, ...]
    demands: tuple[Finding, ...]
    """What the settings ask of a plan and this one does not fulfil."""
    notes: tuple[str, ...]

    @property
    def would_refuse(self) -> bool:
        """Whether an upgrade of the same data would refuse."""
        return bool(self.collisions or self.integrity or self.demands)


def dry_run(settings: Settings, choose: Callable[[Collection[str]], Choice], form: NewFile | None = None) -> DryRun:
    """Plan and write the report; `choose` gets the revisions that the database is at.

    `form` gets the questions to answer, where it is wanted.

    Raises:
        AnswersRefused: if the file of answers cannot be used.
        RegistryRefused: if the registry cannot be used, or is missing while a table holds rows.
        Refused: if a table has other columns than a plan can be made of.
        DatabaseFailed, ReportFailed: where the database, or a file to be written, does not let us.
    """
    registry = read_registry(settings.registry)
    with reading(settings) as connection:
        choice = choose(_heads(connection))
        made, file = _planned(connection, choice, registry, settings, form)
    # Published when the snapshot is closed and nothing can fail any more.
    file.publish()
    return made


def _planned(
    connection: Connection,
    choice: Choice,
    registry: Registry,
    settings: Settings,
    form: NewFile | None,
) -> tuple[DryRun, ReportFile]:
    spec, dialect = choice.spec, connection.dialect.name
    answered = None
    if settings.resolutions is not None:
        answered = Answered.handed_over(Answers.read(settings.resolutions, spec, registry), dialect)
    there = [part for part in spec.parts if exists(connection, part.table)]
    if registry.sha256 is None:
        refuse_rows_without_registry(connection, [part.table for part in there], registry)
    shape = shape_findings(connection, spec, there)
    names = Names.handed_over(registry, dialect)
    # A slot's row hangs on an identity: without that table there is none.
    readable = [part for part in there if spec.identity in there or not isinstance(part, Slots)]
    planned = {p: decided if p in readable else _nothing(p) for p, decided in streamed(spec, names, answered).items()}
    guarding = [*guards(spec, names, planned), unfilled(spec.identity, dialect, planned[spec.identity])]
    guarding += answer_checks(spec, names, answered)
    asked, notes = answerable(connection, spec, [*guarding, *attached(connection, spec, planned)])
    with Progress("Check the plan", len(asked)) as progress:
        found = list(findings(connection, progress.telling(asked)))
    about_collisions = {f"rekey_collision_{slots.noun}" for slots in spec.slots}
    integrity = (*shape, *(finding for finding in found if finding.check not in about_collisions))
    sections = plan_sections(connection, spec, names, readable, answered)
    report = Report(
        created_at=now(),
        mode="dry-run",
        database=settings.database,
        registry_path=str(registry.path),
        registry_sha256=registry.sha256,
        revision=spec.revision,
        alias_map=registry.aliases,
        counts=_counts(connection, spec, planned),
        is_empty=not touches(connection, [section.source for section in sections]),
        integrity_errors=tuple(finding.sentence for finding in integrity),
    )
    fingerprint, tally = Fingerprint(registry.sha256, spec.revision), Tally()
    file = _written(connection, spec, report, sections, fingerprint, tally, settings)
    try:
        unmet = tuple(demands(connection, spec, report, str(fingerprint), file.pending, settings))
        if form is not None:
            form.fill(questions(connection, spec, registry, {part: planned[part] for part in readable}))
    except BaseException:
        file.discard()
        raise
    made = DryRun(
        spec=spec,
        registry=registry,
        report=report,
        path=file.path,
        fingerprint=str(fingerprint),
        tally=tally,
        collisions=tuple(finding for finding in found if finding.check in about_collisions),
        integrity=integrity,
        demands=unmet,
        notes=(*_absence(spec, there, settings), *choice.notes, *notes),
    )
    return made, file


def _written(
    connection: Connection,
    spec: Spec,
    report: Report,
    sections: Iterable[Section],
    fingerprint: Fingerprint,
    tally: Tally,
    settings: Settings,
) -> ReportFile:
    """Write the report, pending, with a section for every part, the missing ones empty."""
    made = {section.part: section for section in sections}
    every = [made.get(part, Section(title_of(part), part, _nothing(part), ())) for part in spec.parts]
    progress = Progress("Write the report")
    rows = (
        (one.title, tally.passing(one, progress.passing(entries(connection, one)) if one.columns else ()))
        for one in every
    )
    tables = {section.title: section.part.table.fullname for section in every}
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    with progress, closing(document(report, rows, tables, fingerprint)) as pieces:
        return ReportFile.write(settings.report_dir, f"legacy-aliases-{stamp}-dry-run", pieces)


def _heads(connection: Connection) -> Collection[str]:
    if not inspect(connection).has_table(_VERSIONS):
        return ()
    return connection.execute(select(text("version_num")).select_from(table(_VERSIONS))).scalars().all()


def _nothing(part: Part) -> FromClause:
    """Return the plan of a table that is not there: a relation without rows."""
    columns = [cast(null(), Text).label("rekey_action"), cast(null(), Text).label("rekey_canonical")]
    columns += [cast(null(), known.type).label(known.name) for known in part.table.columns]
    return select(*columns).where(false()).subquery("rekey_planned")


def _counts(connection: Connection, spec: Spec, planned: Planned) -> dict[str, int]:
    counted: dict[str, int] = {}
    with Progress("Count the plan", len(spec.parts)) as progress:
        for part in spec.parts:
            progress.doing(str(part.table.name))
            counted |= dict(iter(connection.execute(part_counts(part, planned))))
    return counted


def _absence(spec: Spec, there: Collection[Part], settings: Settings) -> Iterator[str]:
    """Yield what there is to say about a database, tables or a registry that do not exist."""
    missing = [str(part.table.name) for part in spec.parts if part not in there]
    if is_absent(settings):
        yield "the database file does not exist: planned as a database without rows; nothing was created."
    elif missing:
        yield f"tables that do not exist yet, planned as empty: {', '.join(missing)}."
    if not settings.registry.exists():
        yield "the registry file does not exist; no table holds a row, so nothing asks for it."
