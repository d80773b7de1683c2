"""How many rows of a plan there are, per action and per name as it is written; counted while they pass by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alembic_rekey.plan import Part
from alembic_rekey.report import Section, title_of
from alembic_rekey.report_document import Entries
from alembic_rekey.rules import Action
from alembic_rekey.spec import Identity, Slots

__all__ = ["Tally"]


@dataclass
class Tally:
    """How many rows of each action a plan has, per section; taken while the rows pass by."""

    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (title, action)."""
    spellings: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """By (title, action, the name as it is written, canonical)."""
    _owners: dict[Any, str] = field(default_factory=dict)

    def passing(self, section: Section, rows: Iterable[dict[str, Any]]) -> Entries:
        """Yield `rows` as they are; those of the identity must have passed before the others."""
        for entry in rows:
            self.take(section.part, entry)
            yield entry

    def take(self, part: Part, entry: Mapping[str, Any]) -> None:
        """Count one row of a report."""
        title, action = title_of(part), entry["action"]
        self.rows[title, action] += 1
        self.spellings[title, action, self.written(part, entry), entry["canonical"]] += 1

    def written(self, part: Part, entry: Mapping[str, Any]) -> str:
        """Return the name under which a row stands; an owner that the plan does not touch is the canonical."""
        before, canonical = entry["before"], str(entry["canonical"])
        if isinstance(part, Slots):
            return self._owners.get(before[part.owner.name], canonical)
        if not isinstance(part, Identity):
            return str(before[part.tag.name])
        if entry["action"] == Action.CREATE:
            return canonical
        return self._owners.setdefault(before[part.key.name], str(before[part.name.name]))
