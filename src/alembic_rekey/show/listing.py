"""The rows of a plan as they are listed for a person: read back from the report that was just written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from os import SEEK_CUR
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from alembic_rekey.plan.rules import Action
from alembic_rekey.report.document import BESIDE, LEFT
from alembic_rekey.report.entry import row_key, row_name
from alembic_rekey.report.left_behind import told_columns
from alembic_rekey.spec import Identity
from alembic_rekey.text.shown import shown, shown_beside

__all__ = ["LeftValue", "left_values", "listed"]

_PIECE = 2**20


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
    is_told: bool
    """Whether `other` is known: no plan tells what the database computes for the created row."""

    @property
    def stays_with(self) -> str:
        """Return in words what the row that stays says."""
        if not self.is_told:
            return "the created row gets what the database makes there"
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
                key = row_key(identity, stays) if there else None
                yield LeftValue(*told, column, before[column], key, stays.get(column), is_told=column in stays)


def listed(path: Path, title: str, action: Action) -> Iterator[dict[str, Any]]:
    """Yield the entries of one action of one section, read back from a document that was written to `path`.

    Nothing but the entries asked for is parsed: `document` writes one a line, its action first.
    """
    begins = f"\n{'' if title in BESIDE else ' '} {json.dumps(title)}: [\n".encode()
    wanted = f'   {{"action":{json.dumps(action.value)},'.encode()
    decoder = json.JSONDecoder()
    with open(path, "rb") as lines:
        if not _is_behind(lines, begins):
            return
        for line in lines:
            if not line.startswith(b"   "):
                return
            if line.startswith(wanted):
                yield decoder.raw_decode(line.decode("ascii"), 3)[0]


def _is_behind(file: BinaryIO, begins: bytes) -> bool:
    """Go behind what `begins` a section; tell whether it is there. Line by line takes ten times as long."""
    read = b""
    while piece := file.read(_PIECE):
        read = read[-len(begins) :] + piece
        if (place := read.find(begins)) >= 0:
            file.seek(place + len(begins) - len(read), SEEK_CUR)
            return True
    return False
