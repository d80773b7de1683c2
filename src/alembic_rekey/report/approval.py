"""What was reviewed is what runs: the plan that was approved, held against the plan that was made."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from alembic_rekey.errors import Finding, Refused, SettingRefused
from alembic_rekey.guard.wording.wording import WORDING
from alembic_rekey.plan.rules import Action
from alembic_rekey.report.document import LEAD
from alembic_rekey.report.reading import ReadReport, read_document, report_entries
from alembic_rekey.report.rows import title_of
from alembic_rekey.report.runs import Run
from alembic_rekey.spec import Spec
from alembic_rekey.sql.side_tables import runs
from alembic_rekey.text.shown import shown

__all__ = ["Approval", "approve", "approved", "unapproved"]

_FINGERPRINT = re.compile("[0-9a-f]{64}")
_LISTED = 50

_Keyed = tuple[tuple[bool, Any, str], dict[str, Any]]


@dataclass(frozen=True)
class Approval:
    """What was approved: a fingerprint, and the report that it stands in where that was given."""

    fingerprint: str
    report: ReadReport | None

    @classmethod
    def given(cls, expected: str) -> Approval:
        """Return the approval that `expected` is: the fingerprint that was printed, or the report that was written.

        Raises:
            SettingRefused, ReportFailed: if it is neither.
        """
        if _FINGERPRINT.fullmatch(expected):
            return cls(expected, None)
        # No text is a name too long, or one that no file can have, for this to say no.
        if not os.path.exists(expected):
            raise SettingRefused(
                "expect_plan",
                f"{shown(expected)} is neither a fingerprint nor a file.",
                "give the 64 digits that `alembic-rekey plan` printed, or the report that it wrote.",
            )
        report = read_document(Path(expected))
        return cls(str(report.facts.get("fingerprint")), report)

    def served(self, connection: Connection, besides: int | None) -> list[Finding]:
        """Return the run that was made with this approval already, the run `besides` apart."""
        found = select(runs.c.id).where(runs.c.plan_sha256 == self.fingerprint, runs.c.id.is_distinct_from(besides))
        return [_finding("approval_served", run=number) for number in connection.execute(found.limit(1)).scalars()]

    def differences(self, spec: Spec, made: str, document: Path) -> list[Finding]:
        """Return how the plan with the fingerprint `made`, written to `document`, differs from the approved one."""
        if made == self.fingerprint:
            return []
        found = [_finding("other_plan", expected=self.fingerprint, made=made)]
        if self.report is not None:
            differences = _differences(spec, self.report, read_document(document))
            found += [_finding("plan_differs", difference=said) for said in islice(differences, _LISTED)]
            if more := sum(1 for _ in differences):
                found.append(_finding("plan_differs", difference=f"{more:,} more rows differ"))
        return found


def approve(connection: Connection, spec: Spec, expected: str, made: Run, document: Path) -> None:
    """Refuse unless the plan of the run `made`, written to `document`, is the one that was approved.

    `expected` is the fingerprint that `alembic-rekey plan` printed, or the report that it wrote: then
    the differences are listed. A fingerprint serves once.

    Raises:
        Refused: if the plan is another one, or if a run with this fingerprint was made before.
        SettingRefused, ReportFailed: if `expected` is neither a fingerprint nor a report.
    """
    approval = Approval.given(expected)
    if found := approval.served(connection, made.number):
        raise Refused("the approved plan was carried out before", found)
    if found := approval.differences(spec, str(made.plan_sha256), document):
        raise Refused("the plan is not the one that was approved", found)


def approved(expected: Sequence[str], number: int, called: str) -> str | None:
    """Return which of the approvals `expected` is that of an upgrade's fold with this number, counted from 0.

    Without any, every plan will do: None.

    Raises:
        Refused: if there are approvals, and none for this fold.
    """
    if len(expected) > number:
        return expected[number]
    if expected:
        raise Refused(
            f"every fold has a plan to be approved; revision {called} refuses to fold",
            [unapproved(expected, number, called)],
        )
    return None


def unapproved(expected: Sequence[str], number: int, called: str) -> Finding:
    """Return what there is to say of an upgrade's fold with this number, counted from 0, that has no approval."""
    return _finding("several_folds", revision=called, number=number + 1, given=len(expected))


def _finding(name: str, **arguments: object) -> Finding:
    words = WORDING[name]
    return Finding(name, words.sentence.format_map(arguments), words.remedy, arguments)


def _differences(spec: Spec, approved: ReadReport, made: ReadReport) -> Iterator[str]:
    """Yield what differs between two documents, read side by side: both list their rows in the same order."""
    for fact in ("revision", "registry_sha256"):
        if approved.facts.get(fact) != made.facts.get(fact):
            yield f"{fact}: {approved.facts.get(fact)} was approved, {made.facts.get(fact)} is here"
    for part in spec.parts:
        table, names, title = part.table.name, [str(known.name) for known in part.keys], title_of(part)
        yield from _rows_differ(table, *(_keyed(report, title, names) for report in (approved, made)))


def _rows_differ(table: str, approved: Iterator[_Keyed], made: Iterator[_Keyed]) -> Iterator[str]:
    one, other = next(approved, None), next(made, None)
    while one or other:
        if one and other and one[0] == other[0]:
            if one[1] != other[1]:
                yield f"{table}: {_shown(one)} has changed{_what(one[1], other[1])}"
            one, other = next(approved, None), next(made, None)
        elif one and (other is None or one[0] < other[0]):
            yield f"{table}: {_shown(one)} is no longer in the plan"
            one = next(approved, None)
        elif other:
            yield f"{table}: {_shown(other)} was not in the approved plan"
            other = next(made, None)


def _keyed(report: ReadReport, title: str, names: Sequence[str]) -> Iterator[_Keyed]:
    """Yield the entries with what they are sorted by: created rows last, then the key, then the canonical."""
    for entry in report_entries(report, title):
        created = entry["action"] == Action.CREATE
        entry.pop(LEAD, None)
        key = () if created else tuple(entry["before"][name] for name in names)
        yield (created, key, entry["canonical"]), entry


def _shown(keyed: _Keyed) -> str:
    (created, key, canonical), entry = keyed
    return f"{entry['action']} {shown(canonical if created else key[0] if len(key) == 1 else ', '.join(map(str, key)))}"


def _what(one: dict[str, Any], other: dict[str, Any]) -> str:
    if one["action"] != other["action"]:
        return f": the action is {other['action']} now"
    before, now = one["before"], other["before"]
    changed = [name for name in now if before.get(name) != now[name]]
    return f" in {', '.join(changed)}" if changed else ""
