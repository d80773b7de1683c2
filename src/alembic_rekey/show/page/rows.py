"""The rows of a report as a page shows them: collisions slot by slot, the others as data for its script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from itertools import islice
from typing import Any

from alembic_rekey.plan.rules import Action
from alembic_rekey.report.document import LEFT
from alembic_rekey.report.entry import row_key, row_status, row_value
from alembic_rekey.report.left_behind import told_columns
from alembic_rekey.report.reading import ReadReport, report_entries
from alembic_rekey.report.rows import title_of
from alembic_rekey.review.tally import Tally
from alembic_rekey.show.page.markup import cut, island, pieces, said
from alembic_rekey.spec import Identity, Part, Slots, Spec, Tags
from alembic_rekey.text.shown import visible

__all__ = ["SAYS", "Rows", "beside"]

SAYS: Mapping[Action, str] = {
    Action.COLLISION: "in collision",
    Action.ITSELF: "would refer to itself",
    Action.DROP: "historical drop",
    Action.REPLACE: "replaced",
    Action.DELETE: "deleted",
    Action.RETIRE: "retired",
    Action.DETACH: "detached",
    Action.SUPERSEDE: "superseded",
    Action.MERGE: "merged",
    Action.REVIVE: "revived",
    Action.ABSORB: "absorbs",
    Action.RENAME: "renamed",
    Action.CREATE: "created",
    Action.REKEY: "rekeyed",
}
"""What a page calls the actions, the gravest first. A row that is kept is shown with the row that goes."""

_MOST_ROWS, _MOST = 20_000, 1_000
"""Characters of one difference that a page shows."""


@dataclass
class Rows:
    """A report that was read through once, and what it counts."""

    report: ReadReport
    spec: Spec
    tally: Tally
    _left: dict[str, list[Any]] = field(default_factory=dict)
    """By the key of a shadow: each column that is left behind, and how its value differs from the one that stays."""

    @classmethod
    def of(cls, report: ReadReport, spec: Spec) -> Rows:
        """Read the report through; no row is kept."""
        rows = cls(report, spec, Tally.of(spec))
        for part in spec.parts:
            for entry in report_entries(report, title_of(part)):
                rows.tally.take(part, [entry])
        for entry in islice(report_entries(report, LEFT), _MOST_ROWS):
            rows._keep_left(entry)
        return rows

    @property
    def actions(self) -> dict[Action, int]:
        """How many rows there are of each action, the gravest first."""
        counted: Counter[str] = Counter()
        for (_, action), number in self.tally.rows.items():
            counted[action] += number
        return {action: counted[action] for action in SAYS if counted[action]}

    @property
    def left_out(self) -> dict[Action, int]:
        """How many rows of each action a page has no room for."""
        found = {action: number - self._room[action] for action, number in self.actions.items()}
        return {action: number for action, number in found.items() if number and action is not Action.COLLISION}

    def data(self) -> Iterator[str]:
        """Yield the other rows as a JSON list, a row a line, the gravest actions first where there are too many."""
        room, separator = Counter(self._room), "[\n"
        for part in self.spec.parts:
            for entry in report_entries(self.report, title_of(part)):
                action = entry["action"]
                if action in (Action.COLLISION, Action.KEEP) or not room[action]:
                    continue
                room[action] -= 1
                yield separator + island(self._row(part, entry))
                separator = ",\n"
        yield "[]" if separator == "[\n" else "\n]"

    @property
    def _room(self) -> dict[Action, int]:
        room, left = {}, _MOST_ROWS
        for action, number in self.actions.items():
            room[action] = 0 if action is Action.COLLISION else min(left, number)
            left -= room[action]
        return room

    def _keep_left(self, entry: Mapping[str, Any]) -> None:
        identity, before, stays = self.spec.identity, entry["before"], entry["survivor"]
        names = [name for name in before if name not in told_columns(identity)]
        others = {name: said(stays[name]) if name in stays else "" for name in names}
        compared = [[visible(name), pieces(said(before[name]), others[name], _MOST)] for name in names]
        self._left.setdefault(said(row_key(identity, before)), []).extend(compared)

    def _row(self, part: Part, entry: Mapping[str, Any]) -> dict[str, Any]:
        before = entry["before"]
        row = {"action": entry["action"], "table": str(part.table.name), "to": visible(entry["canonical"])}
        written = visible(self.tally.written(part, entry))
        if entry["action"] == Action.CREATE:
            return row
        row |= {"key": cut(said(row_key(part, before)), 200), "from": cut(written, 200)}
        return row | beside(part, entry) | self._columns(part, entry["action"], before)

    def _columns(self, part: Part, action: str, before: Mapping[str, Any]) -> dict[str, Any]:
        """Return each value of a row of the identity that goes, and how it differs from what the row that stays has."""
        if not isinstance(part, Identity) or action not in (Action.DELETE, Action.RETIRE):
            return {}
        left = dict(self._left.get(said(row_key(part, before)), ()))
        others = {visible(name): value for name, value in before.items() if name not in told_columns(part)}
        return {
            "columns": [
                [name, left.get(name) or [cut(said(value), _MOST)], "left behind" if name in left else ""]
                for name, value in others.items()
                if value is not None
            ]
        }


@singledispatch
def beside(_part: Part, _entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page shows of an entry beside its names and its key; each kind of part has its own."""
    return {}


@beside.register
def _beside_tags(tags: Tags, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"at": _agreeing(tags, entry["before"])} if tags.agree else {}


@beside.register
def _beside_slots(slots: Slots, entry: Mapping[str, Any]) -> dict[str, Any]:
    before, stays = entry["before"], entry.get("survivor")
    old = said(row_value(slots, before))
    told = {"at": _slot(slots, before), "status": said(row_status(slots, before))}
    if slots.value is None and stays is not None:
        return told | {"stays": cut(said(stays["key"]), 200), "stays_status": said(stays["status"])}
    if stays is None:
        return told | {"says": [cut(old, _MOST)]}
    says = pieces(old, said(stays["value"]), _MOST)
    return told | {"says": says, "stays": cut(said(stays["key"]), 200), "stays_status": said(stays["status"])}


def _slot(part: Slots, before: Mapping[str, Any]) -> str:
    return ", ".join(f"{column.name}={cut(said(before[column.name]), 200)}" for column in part.slot)


def _agreeing(part: Tags, before: Mapping[str, Any]) -> str:
    return ", ".join(f"{column.name}={cut(said(before[column.name]), 400)}" for column in part.agree)
