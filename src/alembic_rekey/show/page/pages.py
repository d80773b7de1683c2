"""The page of a plan and the page of a run: what each has to say beside its rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from alembic_rekey.names.answers import Answers
from alembic_rekey.report.file import ReportFile
from alembic_rekey.report.reading import ReadReport, read_document
from alembic_rekey.report.runs import Run
from alembic_rekey.review.against import against
from alembic_rekey.review.made import Choice, DryRun
from alembic_rekey.review.questions import answered_before
from alembic_rekey.review.restore_plan import Returning
from alembic_rekey.review.scan.findings import Unregistered
from alembic_rekey.show.origin import registry_told
from alembic_rekey.show.page.page import Said, page, restore_page
from alembic_rekey.show.summary import verdict
from alembic_rekey.spec import Spec
from alembic_rekey.text.shown import counted

__all__ = ["plan_page", "returning_page", "run_page"]

_OUTCOMES = {
    "applied": ("ready", "This run was carried out."),
    "empty": ("nothing", "This run touched no row."),
    "restored": ("nothing", "This run was carried out, and a downgrade has put its rows back."),
    "partly restored": ("nothing", "This run was carried out, and a downgrade has put back what had not drifted."),
}


def plan_page(made: DryRun, names: Sequence[Unregistered] = ()) -> Iterator[str]:
    """Yield the page of a plan, from the report that it was written to; `names` are those that nobody registered.

    Raises:
        ReportFailed: if that report can no longer be read as it was written.
    """
    report = made.report
    facts = [
        ("database", report.database),
        *registry_told(made.spec.identity, report.registry_path, report.registry_sha256),
        ("fingerprint", made.fingerprint),
        ("report", str(made.kept or "not kept")),
        ("made", report.created_at),
        *(("note", note) for note in made.notes),
    ]
    said = Said(
        title=f"Plan of revision {made.choice.called}",
        verdict=verdict(made),
        tone="refused" if made.would_refuse else "nothing" if report.is_empty else "ready",
        instead="alembic-rekey plan --all",
        facts=facts,
        collisions=made.collisions,
        asked=made.questions,
        names=names,
        before=_before(made.given, made.choice),
        others=(*made.integrity, *made.demands),
    )
    yield from page(read_document(made.path), made.spec, said)


def _before(given: Answers | None, choice: Choice) -> list[Mapping[str, Any]]:
    """Return what was answered before, also of other folds: the file that the page makes has all of it."""
    if given is None:
        return []
    return [*given.elsewhere, *(answered_before(choice.spec, answer, choice.fold) for answer in given.given)]


def run_page(
    run: Run, called: str, spec: Spec, document: Iterable[str], other: ReadReport | None = None
) -> Iterator[str]:
    """Yield the page of a run that was made, from its report, with what is otherwise in an `other` one.

    `called` is what its fold is called.

    Raises:
        ReportFailed: where the report cannot be kept for as long as the page is made.
    """
    tone, outcome = _OUTCOMES.get(run.outcome or "", ("nothing", f"This run is {run.outcome}."))
    # A page says the sums before the rows, so the report is read twice: once is all that a stream gives.
    with tempfile.TemporaryDirectory(prefix="alembic-rekey-") as folder:
        report = read_document(ReportFile.write(Path(folder), "report", document).publish())
        facts = [
            ("database", str(report.head["database"])),
            *registry_told(spec.identity, run.registry_path, run.registry_sha256),
            ("fingerprint", run.plan_sha256 or "not recorded"),
            ("started", run.started_at),
            ("finished", run.finished_at or "not recorded"),
        ]
        title, instead = f"Run {run.number} of revision {called}", f"alembic-rekey report {run.number}"
        beside = None if other is None else against(report, other, spec)
        yield from page(report, spec, Said(title, outcome, tone, instead, facts, beside=beside))


def returning_page(returning: Sequence[Returning], database: str) -> Iterator[str]:
    """Yield the page of the way back of some runs that go back together."""
    drifted = sum(one.drifted for one in returning)
    runs = ", ".join(str(one.run.number) for one in returning)
    verdict = "Every row goes back as it was."
    if drifted:
        verdict = f"{counted(drifted, 'row')} changed since: a downgrade refuses, or keeps them."
    called = returning[0].called if len(returning) == 1 else returning[0].run.revision
    facts = [("database", database), *((f"run {one.run.number}", one.run.started_at) for one in returning)]
    title, tone = f"Way back of run {runs} of revision {called}", "refused" if drifted else "ready"
    yield from restore_page(returning, Said(title, verdict, tone, "alembic-rekey restore-plan --all", facts))
