"""The rows of a plan as tables for a terminal; each kind of part has its own columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import singledispatch
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from alembic_rekey.plan.rules import Action
from alembic_rekey.report.entry import row_key, row_name, row_status, row_value
from alembic_rekey.spec import Identity, Part, Slots, Tags
from alembic_rekey.text.difference import Run
from alembic_rekey.text.difference import runs as differing
from alembic_rekey.text.shown import printable, shown, shown_beside

__all__ = ["SOFT", "entry_rows", "grid", "marked"]

SOFT, _DIFFERS = "dim", "bold yellow underline"


@singledispatch
def entry_rows(part: Part, entries: Iterable[Mapping[str, Any]]) -> Table:
    """Return entries of one section of a report as a table."""
    made = grid("canonical", "row")
    for entry in entries:
        made.add_row(Text(shown(entry["canonical"])), Text(shown(row_key(part, entry["before"]))))
    return made


@entry_rows.register
def _identity_rows(identity: Identity, entries: Iterable[Mapping[str, Any]]) -> Table:
    made = grid("written as", "canonical", "row")
    for entry in entries:
        before, canonical = entry["before"], Text(shown(entry["canonical"]))
        if entry["action"] == Action.CREATE:
            made.add_row("", canonical, "")
        else:
            named, row = shown(row_name(identity, before)), shown(row_key(identity, before))
            made.add_row(Text(named), canonical, Text(row))
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
        row = Text.assemble(shown(row_key(tags, before)), (agree, SOFT))
        written = ", ".join(shown(before[known.name]) for known in tags.named)
        made.add_row(Text(written), canonical, row)
    return made


def _slot_row(part: Slots, entry: Mapping[str, Any]) -> Iterator[Text]:
    before, stays = entry["before"], entry.get("survivor")
    slot = "".join(f"\n{column.name}={shown(before[column.name])}" for column in part.slot)
    yield Text.assemble((shown(entry["canonical"]), "bold"), slot)
    value = row_value(part, before)
    says = Text("") if part.value is None else Text(shown(value)) if stays is None else marked(stays["value"], value)
    yield Text.assemble((_who(part, row_key(part, before), row_status(part, before)), SOFT), says)
    if stays is None:
        yield Text("")
    else:
        other = Text("") if part.value is None else marked(value, stays["value"])
        yield Text.assemble((_who(part, stays["key"], stays["status"]), SOFT), other)


def _who(part: Slots, key: Any, status: Any) -> str:
    return f"{shown(key)}\n" if part.status is None else f"{shown(key)} ({printable(str(status))})\n"


def marked(other: Any, value: Any) -> Text:
    """Return `value` with what `other` does not have marked."""
    return Text.assemble(*((run.new, "" if run.same else _DIFFERS) for run in _runs(other, value)))


def _runs(other: Any, value: Any) -> list[Run]:
    return differing(shown_beside(other, value), shown_beside(value, other))


def grid(*columns: str) -> Table:
    """Return a table without rows."""
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style=SOFT)
    for name in columns:
        made.add_column(name, overflow="fold", justify="right" if name == "rows" else "left")
    return made
