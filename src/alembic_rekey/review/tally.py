"""How many rows of a plan there are, per action and per name as it is written; counted while they pass by."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from alembic_rekey.plan.rules import Action
from alembic_rekey.report.document import Entries
from alembic_rekey.report.entry import row_name
from alembic_rekey.report.rows import Section, title_of
from alembic_rekey.spec import Identity, Part

__all__ = ["Tally"]


@dataclass
class Tally:
    """How many rows of each action a plan has, per section; taken while the rows pass by."""

    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (title, action)."""
    _written: defaultdict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """By (title, action), then by the name as it is written: a plan of millions of rows has thousands of them."""
    _canonicals: dict[str, str] = field(default_factory=dict)
    """The name as it is written -> canonical."""
    _owners: dict[Any, str] = field(default_factory=dict)

    def passing(self, section: Section, rows: Iterable[dict[str, Any]]) -> Entries:
        """Yield `rows` as they are; those of the identity must have passed before the others."""
        for entry in rows:
            self.take(section.part, entry)
            yield entry

    def take(self, part: Part, entry: Mapping[str, Any]) -> None:
        """Count one row of a report."""
        title, action = title_of(part), entry["action"]
        # One text for all rows that hold it.
        written = intern(self.written(part, entry))
        self.rows[title, action] += 1
        self._written[title, action][written] += 1
        self._canonicals.setdefault(written, intern(entry["canonical"]))

    def spellings(self, title: str, action: str) -> Iterator[tuple[str, str, int]]:
        """Yield each name as it is written, in order, its canonical and how many rows it has."""
        counted = self._written[title, action]
        for written in sorted(counted):
            yield written, self._canonicals[written], counted[written]

    def every_spelling(self) -> Iterator[tuple[str, str, str, int]]:
        """Yield action, name as it is written, canonical and rows, over all sections."""
        for (_, action), counted in self._written.items():
            for written, rows in counted.items():
                yield action, written, self._canonicals[written], rows

    def under_each_name(self) -> Counter[str]:
        """Return how many rows stand under each name as it is written."""
        under: Counter[str] = Counter()
        for counted in self._written.values():
            under.update(counted)
        return under

    def written(self, part: Part, entry: Mapping[str, Any]) -> str:
        """Return the name under which a row stands; an owner that the plan does not touch is the canonical."""
        before, canonical = entry["before"], str(entry["canonical"])
        if part.owners and not part.keeps_created:
            found = (self._owners.get(tuple(before[known.name] for known in owner)) for owner in part.owning)
            return canonical if part.of is not None else next((name for name in found if name is not None), canonical)
        if entry["action"] == Action.CREATE:
            return canonical
        key = tuple(before[known.name] for known in part.keys)
        if isinstance(part, Identity):
            return self._owners.setdefault(key, str(row_name(part, before)))
        return str(before[part.named[0].name]) if part.named else canonical
