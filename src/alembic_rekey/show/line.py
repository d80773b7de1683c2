"""One row of a plan as a line of text, and which rows are listed so; each kind of part says it its own way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Any

from alembic_rekey.plan.rules import Action
from alembic_rekey.report.entry import row_key, row_name, row_status, row_value
from alembic_rekey.spec import Identity, Part, References, Slots, Tags
from alembic_rekey.text.shown import printable, shown, shown_beside

__all__ = ["entry_line", "listed_actions"]


@singledispatch
def listed_actions(_part: Part) -> Sequence[tuple[Action, str]]:
    """Return what is listed row by row, in this order. Rekeyed rows are counted per name instead."""
    return ()


@listed_actions.register
def _of_identity(_identity: Identity) -> Sequence[tuple[Action, str]]:
    return (
        (Action.DELETE, "shadows, deleted once all that hangs on them has moved"),
        (Action.RETIRE, "shadows, marked once all that hangs on them has moved"),
        (Action.ABSORB, "rows that stay and take from the shadows"),
        (Action.RENAME, "misspelt canonicals, renamed in place"),
        (Action.CREATE, "canonical rows to be created"),
    )


@listed_actions.register
def _of_slots(_slots: Slots) -> Sequence[tuple[Action, str]]:
    return (
        (Action.ITSELF, "rows two owners of which would become one"),
        (Action.DELETE, "rows two owners of which become one, deleted"),
        (Action.DROP, "historical drops"),
        (Action.REPLACE, "inactive canonical rows, replaced by an active shadow row"),
        (Action.REVIVE, "inactive canonical rows that say what an active shadow row says, revived"),
        (Action.MERGE, "merged: they say the same as the row that stays"),
    )


@listed_actions.register
def _of_tags(_tags: Tags) -> Sequence[tuple[Action, str]]:
    return (
        (Action.SUPERSEDE, "duplicates, superseded under their canonical name"),
        (Action.MERGE, "duplicates, deleted: they agree with the one that stays"),
    )


@listed_actions.register
def _of_references(_references: References) -> Sequence[tuple[Action, str]]:
    return (
        (Action.ITSELF, "rows two owners of which would become one"),
        (Action.DELETE, "rows that go with a shadow, or refer to one thing twice"),
        (Action.DETACH, "rows that refer to nothing afterwards"),
    )


@singledispatch
def entry_line(part: Part, entry: Mapping[str, Any]) -> str:
    """Return one entry of a report as a line."""
    return f"{shown(entry['canonical'])}: row {shown(row_key(part, entry['before']))}"


@entry_line.register
def _identity_line(identity: Identity, entry: Mapping[str, Any]) -> str:
    before, canonical = entry["before"], shown(entry["canonical"])
    if entry["action"] == Action.CREATE:
        return canonical
    return f"{shown(row_name(identity, before))} -> {canonical}: row {shown(row_key(identity, before))}"


@entry_line.register
def _slots_line(slots: Slots, entry: Mapping[str, Any]) -> str:
    before = entry["before"]
    slot = ", ".join(f"{column.name}={shown(before[column.name])}" for column in slots.slot) or "its one row"
    stays = entry.get("survivor")
    other = None if stays is None else stays["value"]
    row = f"{shown(entry['canonical'])} at {slot}: row {shown(row_key(slots, before))}"
    row += _said(slots, "says", row_value(slots, before), row_status(slots, before), other)
    if stays is None:
        return row
    verb = "stays" if slots.value is None else "stays and says"
    return f"{row}; row {shown(stays['key'])}{_said(slots, verb, other, stays['status'], row_value(slots, before))}"


def _said(slots: Slots, verb: str, value: Any, status: Any, other: Any) -> str:
    of = "" if slots.status is None else f" ({printable(str(status))})"
    if slots.value is None:
        return f"{of} {verb}" if verb == "stays" else of
    return f"{of} {verb} {shown_beside(value, other)}"


@entry_line.register
def _tags_line(tags: Tags, entry: Mapping[str, Any]) -> str:
    before = entry["before"]
    agree = ", ".join(f"{column.name}={shown(before[column.name])}" for column in tags.agree)
    written = ", ".join(shown(before[known.name]) for known in tags.named)
    return f"{written} -> {shown(entry['canonical'])}: row {shown(row_key(tags, before))}, {agree}"
