"""One row of a plan as a line of text, and which rows are listed so; each kind of part says it its own way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Any

from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity, Part, Slots, Tags
from alembic_rekey.text.shown import printable, shown

__all__ = ["entry_line", "listed_actions"]


@singledispatch
def listed_actions(_part: Part) -> Sequence[tuple[Action, str]]:
    """Return what is listed row by row, in this order. Rekeyed rows are counted per name instead."""
    return ()


@listed_actions.register
def _of_identity(_identity: Identity) -> Sequence[tuple[Action, str]]:
    return (
        (Action.DELETE, "shadows, deleted once all that hangs on them has moved"),
        (Action.RENAME, "misspelt canonicals, renamed in place"),
        (Action.CREATE, "canonical rows to be created"),
    )


@listed_actions.register
def _of_slots(_slots: Slots) -> Sequence[tuple[Action, str]]:
    return (
        (Action.DROP, "historical drops"),
        (Action.REPLACE, "inactive canonical rows, replaced by an active shadow row"),
        (Action.REVIVE, "inactive canonical rows that say what an active shadow row says, revived"),
        (Action.MERGE, "merged: they say the same as the row that stays"),
    )


@listed_actions.register
def _of_tags(_tags: Tags) -> Sequence[tuple[Action, str]]:
    return ((Action.SUPERSEDE, "duplicates, superseded under their canonical name"),)


@singledispatch
def entry_line(part: Part, entry: Mapping[str, Any]) -> str:
    """Return one entry of a report as a line."""
    return f"{shown(entry['canonical'])}: row {shown(entry['before'][part.key.name])}"


@entry_line.register
def _identity_line(identity: Identity, entry: Mapping[str, Any]) -> str:
    before, canonical = entry["before"], shown(entry["canonical"])
    if entry["action"] == Action.CREATE:
        return canonical
    return f"{shown(before[identity.name.name])} -> {canonical}: row {shown(before[identity.key.name])}"


@entry_line.register
def _slots_line(slots: Slots, entry: Mapping[str, Any]) -> str:
    before = entry["before"]
    slot = ", ".join(f"{column.name}={shown(before[column.name])}" for column in slots.slot)
    says = f"({printable(str(before[slots.status.name]))}) says {shown(before[slots.value.name])}"
    row = f"{shown(entry['canonical'])} at {slot}: row {shown(before[slots.key.name])} {says}"
    stays = entry.get("survivor")
    if stays is None:
        return row
    return f"{row}; row {shown(stays['key'])} ({stays['status']}) stays and says {shown(stays['value'])}"


@entry_line.register
def _tags_line(tags: Tags, entry: Mapping[str, Any]) -> str:
    before = entry["before"]
    agree = ", ".join(f"{column.name}={shown(before[column.name])}" for column in tags.agree)
    return f"{shown(before[tags.tag.name])} -> {shown(entry['canonical'])}: row {shown(before[tags.key.name])}, {agree}"
