"""Two reports side by side: two runs, or a plan and its run. What is alike is not kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from alembic_rekey.plan.rules import Action
from alembic_rekey.report.document import LEAD, written
from alembic_rekey.report.reading import ReadReport, report_entries
from alembic_rekey.report.rows import title_of
from alembic_rekey.spec import Part, Spec

__all__ = ["Against", "Differing", "against"]

_MOST = 1_000
"""Rows of each side that are told."""

_Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Differing:
    """A row about which the reports differ: what each says, None where it says nothing."""

    table: str
    key: str
    there: _Entry | None
    here: _Entry | None

    @property
    def columns(self) -> dict[str, tuple[Any, Any]]:
        """The columns in which the row itself differs, there and here."""
        if self.there is None or self.here is None:
            return {}
        there, here = self.there["before"], self.here["before"]
        names = dict.fromkeys((*there, *here))
        return {name: (there.get(name), here.get(name)) for name in names if there.get(name) != here.get(name)}


@dataclass
class Against:
    """How a report stands to another one, `other`."""

    other: ReadReport
    counts: list[tuple[str, int | None, int | None]]
    """Each count by its name, there and here."""
    rows: list[Differing] = field(default_factory=list)
    more: int = 0
    """How many differing entries are not told."""


def against(report: ReadReport, other: ReadReport, spec: Spec) -> Against:
    """Compare `report`, of a plan or run of `spec`, with `other`.

    Raises:
        ReportFailed: where one of them changed since it was read.
    """
    made = Against(other, list(_counts(other, report)))
    if report.facts["fingerprint"] == other.facts["fingerprint"]:
        return made
    for part in spec.parts:
        sides = [_only(one, another, part) for one, another in ((other, report), (report, other))]
        found = [{_called(part, entry): entry for entry in entries} for entries, _ in sides]
        keys = dict.fromkeys((*found[0], *found[1]))
        made.rows += [Differing(str(part.table.name), key, *(side.get(key) for side in found)) for key in keys]
        made.more += sum(more for _, more in sides)
    return made


def _counts(other: ReadReport, report: ReadReport) -> Iterator[tuple[str, int | None, int | None]]:
    there, here = other.facts["counts"], report.facts["counts"]
    for name in dict.fromkeys((*there, *here)):
        yield name, there.get(name), here.get(name)


def _only(one: ReadReport, another: ReadReport, part: Part) -> tuple[list[_Entry], int]:
    """Return the entries that `another` does not have, and how many more there are."""
    has = {_digest(entry) for entry in report_entries(another, title_of(part))}
    found: list[_Entry] = []
    more = 0
    for entry in report_entries(one, title_of(part)):
        if _digest(entry) not in has:
            if len(found) < _MOST:
                found.append(entry)
            else:
                more += 1
    return found, more


def _digest(entry: dict[str, Any]) -> bytes:
    return blake2b(written({name: value for name, value in entry.items() if name != LEAD}), digest_size=16).digest()


def _called(part: Part, entry: _Entry) -> str:
    if entry["action"] == Action.CREATE:
        return f"created {entry['canonical']}"
    return ", ".join(str(entry["before"].get(str(known.name))) for known in part.keys)
