"""Two reports side by side: two runs, or a plan and its run. What is alike is told apart on disk, not in memory."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

from alembic_rekey.errors import ReportFailed
from alembic_rekey.plan.rules import Action
from alembic_rekey.report.document import LEAD, written
from alembic_rekey.report.reading import ReadReport, report_entries
from alembic_rekey.report.rows import title_of
from alembic_rekey.spec import Part, Spec

__all__ = ["Against", "Differing", "against"]

_MOST = 1_000
"""Rows of each side that are told."""

_ALONE = """
SELECT min(side), min(place) FROM said GROUP BY digest HAVING min(side) = max(side) ORDER BY 1, 2
"""

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
        ReportFailed: where one of them changed since it was read, or there is no room to compare them.
    """
    made = Against(other, list(_counts(other, report)))
    if report.facts["fingerprint"] == other.facts["fingerprint"]:
        return made
    for part in spec.parts:
        sides, more = _differing((other, report), part)
        found = [{_called(part, entry): entry for entry in entries} for entries in sides]
        keys = dict.fromkeys((*found[0], *found[1]))
        made.rows += [Differing(str(part.table.name), key, *(side.get(key) for side in found)) for key in keys]
        made.more += more
    return made


def _counts(other: ReadReport, report: ReadReport) -> Iterator[tuple[str, int | None, int | None]]:
    there, here = other.facts["counts"], report.facts["counts"]
    for name in dict.fromkeys((*there, *here)):
        yield name, there.get(name), here.get(name)


def _differing(sides: tuple[ReadReport, ReadReport], part: Part) -> tuple[list[list[_Entry]], int]:
    """Return the entries of each side that the other one does not have, and how many more there are."""
    title = title_of(part)
    with _on_disk() as kept:
        kept.execute("CREATE TABLE said (side, place, digest)")
        for side, one in enumerate(sides):
            told = ((side, place, _digest(entry)) for place, entry in enumerate(report_entries(one, title)))
            kept.executemany("INSERT INTO said VALUES (?, ?, ?)", told)
        alone: tuple[list[int], list[int]] = [], []
        more = 0
        for side, place in kept.execute(_ALONE):
            if len(alone[side]) < _MOST:
                alone[side].append(place)
            else:
                more += 1
    return [list(_at(set(places), report_entries(one, title))) for places, one in zip(alone, sides, strict=True)], more


@contextmanager
def _on_disk() -> Iterator[sqlite3.Connection]:
    """Hand over a database without a name: a temporary file that nobody else sees, gone with the connection."""
    try:
        with closing(sqlite3.connect("")) as kept:
            yield kept
    except sqlite3.Error as error:
        remedy = "make room in the folder of temporary files, or name another one with TMPDIR."
        raise ReportFailed(Path(tempfile.gettempdir()), f"two reports cannot be compared: {error}.", remedy) from error


def _at(places: Collection[int], entries: Iterable[_Entry]) -> Iterator[_Entry]:
    upto = islice(entries, max(places, default=-1) + 1)
    return (entry for place, entry in enumerate(upto) if place in places)


def _digest(entry: dict[str, Any]) -> bytes:
    return blake2b(written({name: value for name, value in entry.items() if name != LEAD}), digest_size=16).digest()


def _called(part: Part, entry: _Entry) -> str:
    if entry["action"] == Action.CREATE:
        return f"created {entry['canonical']}"
    return ", ".join(str(entry["before"].get(str(known.name))) for known in part.keys)
