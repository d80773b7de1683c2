"""The rows of a plan as tables for a terminal; each kind of part has its own columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import singledispatch
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity, Part, Slots, Tags
from alembic_rekey.text.difference import runs as differing
from alembic_rekey.text.shown import printable, shown

__all__ = ["SOFT", "entry_rows", "grid", "marked"]

SOFT, _DIFFERS = "dim", "bold yellow underline"


@singledispatch
def entry_rows(part: Part, entries: Iterable[Mapping[str, Any]]) -> Table:
    """Return entries of one section of a report as a table."""
    made = grid("canonical", "row")
    for entry in entries:
        made.add_row(Text(shown(entry["canonical"])), Text(shown(entry["before"][part.key.name])))
    return made


@entry_rows.register
def _identity_rows(identity: Identity, entries: Iterable[Mapping[str, Any]]) -> Table:
    made = grid("written as", "canonical", "row")
    for entry in entries:
        before, canonical = entry["before"], Text(shown(entry["canonical"]))
        if entry["action"] == Action.CREATE:
            made.add_row("", canonical, "")
        else:
            made.add_row(Text(shown(before[identity.name.name])), canonical, Text(shown(before[identity.key.name])))
    return made


@entry_rows.register
def _slots_rows(slots: Slots, entries: Iterable[Mapping[str, Any]]) -> Table:
    made = grid("where", "goes or changes", "stays")
    for entry in entries:
        made.add_row(*_slot_row(slots, entry))
    return made


@entry_rows.register
def _tags_rows(tags: Tags, entries: Iterable[Mapping[str, Any]]) -> Table:
    made = grid("written as", "canonical", "row")
    for entry in entries:
        before, canonical = entry["before"], Text(shown(entry["canonical"]))
        agree = "".join(f"\n{column.name}={shown(before[column.name])}" for column in tags.agree)
        row = Text.assemble(shown(before[tags.key.name]), (agree, SOFT))
        made.add_row(Text(shown(before[tags.tag.name])), canonical, row)
    return made


def _slot_row(part: Slots, entry: Mapping[str, Any]) -> Iterator[Text]:
    before, stays = entry["before"], entry.get("survivor")
    slot = "".join(f"\n{column.name}={shown(before[column.name])}" for column in part.slot)
    yield Text.assemble((shown(entry["canonical"]), "bold"), slot)
    value, status = before[part.value.name], printable(str(before[part.status.name]))
    says = Text(shown(value)) if stays is None else marked(stays["value"], value)
    yield Text.assemble((f"{shown(before[part.key.name])} ({status})\n", SOFT), says)
    if stays is None:
        yield Text("")
    else:
        who = f"{shown(stays['key'])} ({printable(str(stays['status']))})\n"
        yield Text.assemble((who, SOFT), marked(value, stays["value"]))


def marked(other: Any, value: Any) -> Text:
    """Return `value` with what `other` does not have marked."""
    return Text.assemble(*((run.new, "" if run.same else _DIFFERS) for run in differing(shown(other), shown(value))))


def grid(*columns: str) -> Table:
    """Return a table without rows."""
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style=SOFT)
    for name in columns:
        made.add_column(name, overflow="fold", justify="right" if name == "rows" else "left")
    return made
