"""What the settings ask of a plan, beside what the guard does: not to be empty, to be the one that was approved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, inspect

from alembic_rekey.errors import Finding
from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.report.approval import Approval, unapproved
from alembic_rekey.report.document import Report
from alembic_rekey.review.made import Choice
from alembic_rekey.settings import Settings
from alembic_rekey.sql.side_tables import runs

__all__ = ["demands"]


def demands(
    connection: Connection,
    report: Report,
    fingerprint: str,
    document: Path,
    settings: Settings,
    choice: Choice,
) -> Iterator[Finding]:
    """Yield what `settings` ask and the plan of `choice` does not fulfil that `report` is about, written to `document`.

    Raises:
        SettingRefused, ReportFailed: if what was approved is neither a fingerprint nor a report.
    """
    if choice.is_applied:
        # No fold is pending that they could be about.
        return
    if report.is_empty and not settings.allow_empty:
        words = WORDING["plan_is_empty"]
        yield Finding("rekey_plan_is_empty", words.sentence, words.remedy, {})
    if len(settings.expect_plan) > choice.number:
        approval = Approval.given(settings.expect_plan[choice.number])
        if inspect(connection).has_table(runs.name):
            yield from approval.served(connection, None)
        yield from approval.differences(choice.spec, fingerprint, document)
    elif settings.expect_plan:
        yield unapproved(settings.expect_plan, choice.number, choice.called)
