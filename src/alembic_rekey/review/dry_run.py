"""The plan, reading only: what an upgrade would do or refuse, in one snapshot, as a report of mode `dry-run`.

It reads the tables themselves, through a connection that cannot write: no side table is needed, and
the registry goes along as one bound value. A table that is not there yet has no rows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice

from sqlalchemy import Connection, Engine, TableClause, column, select, table

from alembic_rekey.connection.database import is_absent, reading
from alembic_rekey.guard.answer_checks import answer_checks
from alembic_rekey.guard.checks import guards, refuse_rows_without_registry
from alembic_rekey.guard.claims.conditions import conditions_broken
from alembic_rekey.guard.claims.rows import catalog_claims, stored_claims
from alembic_rekey.guard.claims.times import time_checks
from alembic_rekey.names.answers import Answers
from alembic_rekey.names.registry import registry_of
from alembic_rekey.plan.answered import Answered, answer_rows
from alembic_rekey.plan.counts import further
from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.registered import Names
from alembic_rekey.plan.plan import Keep, nothing, streamed
from alembic_rekey.plan.rules import Action
from alembic_rekey.report.document import Entries, Fingerprint, Report, document
from alembic_rekey.report.file import NewFile, ReportFile
from alembic_rekey.report.rows import Section, entries, left_counted, left_entries, plan_sections, title_of
from alembic_rekey.report.runs import now, touches
from alembic_rekey.review.demands import demands
from alembic_rekey.review.dry_checks import (
    answerable,
    exists,
    read_per_row,
    refuse_missing,
    shape_findings,
    triggers_fired,
)
from alembic_rekey.review.kept import keeping
from alembic_rekey.review.made import MOST_QUESTIONS, Choice, DryRun, all_called, beside, changed_before
from alembic_rekey.review.questions import Form, questions
from alembic_rekey.review.scan.outside import outside_the_specs
from alembic_rekey.review.tally import Tally
from alembic_rekey.review.unkeyed import pointing_nowhere
from alembic_rekey.settings import Settings
from alembic_rekey.spec import Part, Spec
from alembic_rekey.sql.steps import findings
from alembic_rekey.text.fields import about
from alembic_rekey.text.progress import Progress

__all__ = ["VERSIONS", "dry_runs", "heads"]

VERSIONS = table("alembic_version", column("version_num"))
"""Where a database says which revisions it is at, unless `env.py` names another table."""


def dry_runs(
    settings: Settings,
    choose: Callable[[Collection[str]], Sequence[Choice]],
    versions: TableClause = VERSIONS,
    form: NewFile | None = None,
    of_the_project: Engine | None = None,
) -> tuple[DryRun, ...]:
    """Plan what `choose` says of the revisions that the database is at, each with its report, in one snapshot.

    A later plan sees the rows as they are now, not as an earlier one would leave them: it says so.
    `form` gets the questions of every plan to answer, where it is wanted; `of_the_project` is its own engine.

    Raises:
        AnswersRefused: if the file of answers cannot be used.
        RegistryRefused: if the registry cannot be used, or is missing while a table holds rows.
        Refused: if a table is missing, or has other columns than a plan can be made of.
        DatabaseFailed, ReportFailed: where the database, or a file to be written, does not let us.
    """
    made: list[DryRun] = []
    files: list[ReportFile] = []
    asking = None if form is None else Form(form)
    try:
        with reading(settings, of_the_project) as connection:
            choices = choose(heads(connection, versions))
            pending = [choice.called for choice in choices]
            for number, choice in enumerate(choices):
                changed = changed_before(made, choice.spec)
                notes = (*beside(pending, number, changed), *choice.notes)
                others = (*pending[:number], *pending[number + 1 :])
                told = replace(choice, notes=notes, number=number, others=others, changed=changed)
                fields = {"revision": choice.spec.revision, "noun": choice.spec.identity.noun}
                with keeping(connection) as keep, about(**fields):
                    one, file = _planned(connection, told, settings, asking, keep)
                seen = outside_the_specs(connection, choice.spec, choice.declared, one.registry, versions.name)
                one = replace(one, notes=(*one.notes, *seen))
                made.append(one)
                files.append(file)
        if asking is not None:
            asking.end()
    except BaseException:
        for file in files:
            file.discard()
        raise
    # Published when the snapshot is closed and nothing can fail any more.
    for file in files:
        file.publish()
    return tuple(made)


def _planned(
    connection: Connection,
    choice: Choice,
    settings: Settings,
    form: Form | None,
    keep: Keep,
) -> tuple[DryRun, ReportFile]:
    spec, dialect = choice.spec, connection.dialect.name
    if choice.finds_tables:
        refuse_missing(connection, spec)
    registry = registry_of(settings.registry, spec.identity)
    given = (
        None
        if settings.resolutions is None
        else Answers.read(settings.resolutions, spec, registry, all_called(choice.declared))
    )
    answered = None if given is None else Answered.handed_over(given, dialect)
    there = [part for part in spec.parts if exists(connection, part.table)]
    if registry.is_missing:
        refuse_rows_without_registry(connection, [part.table for part in there], registry)
    shape = shape_findings(connection, spec, there)
    names = Names.of_nobody() if spec.identity.found else Names.handed_over(registry, dialect)
    # What refers to the identity by its key hangs on a row of it: without that table there is none.
    readable = [part for part in there if spec.parent(part) in there or not part.owners]
    relations, planned = streamed(spec, names, readable, answered, keep)
    guarding = [*guards(spec, names, planned), *stored_claims(spec, names, dialect, planned)]
    guarding += [*time_checks(spec, dialect, planned), *answer_checks(spec, names, answered, planned)]
    guarding += [*catalog_claims(connection, spec, names, planned), *conditions_broken(connection, there)]
    asked, notes = answerable(connection, spec, guarding)
    with Progress("Check the plan", len(asked)) as progress:
        found = list(findings(connection, progress.telling(asked)))
    about_collisions = {f"rekey_collision_{slots.noun}" for slots in spec.slots}
    integrity = (*shape, *(finding for finding in found if finding.check not in about_collisions))
    sections = plan_sections(connection, spec, relations, planned, readable)
    report = Report(
        created_at=now(),
        mode="dry-run",
        database=settings.database,
        registry_path=str(registry.path),
        registry_sha256=registry.sha256,
        revision=spec.revision,
        alias_map=registry.aliases,
        counts={},
        is_empty=not touches(connection, [section.source for section in sections]),
        integrity_errors=tuple(finding.sentence for finding in integrity),
    )
    if not report.is_empty:
        notes += [*triggers_fired(connection, readable, planned), *pointing_nowhere(connection, spec, planned)]
        notes += read_per_row(connection, spec, planned)
    fingerprint, tally = Fingerprint(registry.sha256, spec.revision), Tally.of(spec)
    file = _written(connection, spec, report, planned, sections, fingerprint, tally, settings, given)
    try:
        unmet = tuple(demands(connection, report, str(fingerprint), file.pending, settings, choice))
        there_planned = {part: planned[part] for part in readable}
        if form is not None:
            form.ask(questions(connection, spec, registry, there_planned, choice.fold))
        collisions = tuple(one for one in found if one.check in about_collisions)
        open_ones = questions(connection, spec, registry, there_planned, choice.fold) if collisions else iter(())
        to_decide = tuple(islice(open_ones, MOST_QUESTIONS))
    except BaseException:
        file.discard()
        raise
    made = DryRun(
        choice=choice,
        registry=registry,
        report=report,
        path=file.path,
        kept=file.path,
        fingerprint=str(fingerprint),
        tally=tally,
        collisions=collisions,
        questions=to_decide,
        given=given,
        integrity=integrity,
        demands=unmet,
        notes=(*_absence(spec, there, settings), *choice.notes, *notes),
    )
    return made, file


def _written(
    connection: Connection,
    spec: Spec,
    report: Report,
    planned: Planned,
    sections: Iterable[Section],
    fingerprint: Fingerprint,
    tally: Tally,
    settings: Settings,
    given: Answers | None,
) -> ReportFile:
    """Write the report, pending, with a section for every part, the missing ones empty; count its rows meanwhile."""
    made = {section.part: section for section in sections}
    every = [made.get(part, Section(title_of(part), part, nothing(part), ())) for part in spec.parts]
    progress = Progress("Write the report")

    def rows() -> Iterator[tuple[str, Entries]]:
        for one in every:
            yield one.title, tally.passing(one.part, progress.passing(entries(connection, one)) if one.columns else ())
            report.counts.update(tally.counts(one.part))
            for name, asked in further(one.part, spec, planned).items():
                collided = tally.rows[one.title, Action.COLLISION]
                report.counts[name] = connection.execute(asked).scalar_one() if collided else 0
        report.counts.update(left_counted(connection, spec, made.values()))

    tables = {section.title: section.part.table.fullname for section in every}
    stem = settings.report_stem(spec.identity.noun, "dry-run")
    left = left_entries(connection, spec, every[0])
    answers = None if given is None else ([answer] for answer in answer_rows(given))
    with progress, closing(document(report, rows(), tables, fingerprint, left=left, answers=answers)) as pieces:
        return ReportFile.write(settings.report_dir, stem, pieces)


def heads(connection: Connection, versions: TableClause) -> Collection[str]:
    """Return the revisions that the database is at."""
    if not exists(connection, versions):
        return ()
    return connection.execute(select(versions.c.version_num)).scalars().all()


def _absence(spec: Spec, there: Collection[Part], settings: Settings) -> Iterator[str]:
    """Yield what there is to say about a database, tables or a registry that do not exist."""
    missing = [str(part.table.name) for part in spec.parts if part not in there]
    if is_absent(settings):
        yield "the database file does not exist: planned as a database without rows; nothing was created."
    elif missing:
        yield f"tables that do not exist yet, planned as empty: {', '.join(missing)}."
    if not spec.identity.found and not os.path.exists(settings.registry):
        yield "the registry file does not exist; no table holds a row, so nothing asks for it."
