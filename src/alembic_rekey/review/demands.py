"""What the settings ask of a plan, beside what the guard does: not to be empty, to be the one that was approved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection, inspect

from alembic_rekey.errors import Finding
from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.report.approval import Approval, several_folds
from alembic_rekey.report.document import Report
from alembic_rekey.settings import Settings
from alembic_rekey.spec import Spec
from alembic_rekey.sql.side_tables import runs

__all__ = ["demands"]


def demands(
    connection: Connection,
    spec: Spec,
    report: Report,
    fingerprint: str,
    document: Path,
    settings: Settings,
    others: Sequence[str],
) -> Iterator[Finding]:
    """Yield what `settings` ask and the plan does not fulfil that `report` is about, written to `document`.

    `others` are the revisions that the same upgrade would fold with.

    Raises:
        SettingRefused, ReportFailed: if what was approved is neither a fingerprint nor a report.
    """
    if report.is_empty and not settings.allow_empty:
        words = WORDING["plan_is_empty"]
        yield Finding("rekey_plan_is_empty", words.sentence, words.remedy, {})
    if settings.expect_plan is not None:
        approval = Approval.given(settings.expect_plan)
        if others:
            yield several_folds(spec.revision, others)
            return
        if inspect(connection).has_table(runs.name):
            yield from approval.served(connection, None)
        yield from approval.differences(spec, fingerprint, document)
