"""The rows of a plan as they are listed for a person: read back from the report that was just written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from alembic_rekey.plan.rules import Action
from alembic_rekey.report.document import LEFT
from alembic_rekey.report.entry import row_key, row_name
from alembic_rekey.report.left_behind import told_columns
from alembic_rekey.spec import Identity
from alembic_rekey.text.shown import shown, shown_beside

__all__ = ["LeftValue", "left_values", "listed"]


class LeftValue(NamedTuple):
    """One value of a shadow, its row and its column, that the row which stays does not get."""

    canonical: str
    name: Any
    key: Any
    column: str
    value: Any
    stays: Any
    """The key of the row that stays; None where it is still to be created."""
    other: Any

    @property
    def stays_with(self) -> str:
        """Return in words what the row that stays says."""
        row = "the created row" if self.stays is None else f"row {shown(self.stays)}"
        return f"{row} stays with {shown_beside(self.other, self.value)}"


def left_values(path: Path, identity: Identity) -> Iterator[LeftValue]:
    """Yield what the plan of a document that was written to `path` leaves behind."""
    own = told_columns(identity)
    for entry in listed(path, LEFT, Action.DELETE):
        before, stays = entry["before"], entry["survivor"]
        told = entry["canonical"], row_name(identity, before), row_key(identity, before)
        there = stays[str(identity.keys[0].name)] is not None
        for column in before:
            if column not in own:
                yield LeftValue(
                    *told, column, before[column], row_key(identity, stays) if there else None, stays[column]
                )


def listed(path: Path, title: str, action: Action) -> Iterator[dict[str, Any]]:
    """Yield the entries of one action of one section, read back from a document that was written to `path`.

    Nothing but the entries asked for is parsed: `document` writes one a line, its action first.
    """
    begins, wanted = f"{json.dumps(title)}: [", f'   {{"action":{json.dumps(action.value)},'
    decoder = json.JSONDecoder()
    with open(path, encoding="ascii") as lines:
        if not any(line.lstrip().startswith(begins) for line in lines):
            return
        for line in lines:
            if not line.startswith("   "):
                return
            if line.startswith(wanted):
                yield decoder.raw_decode(line, 3)[0]
