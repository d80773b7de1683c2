"""One entry of a report: which rows have one, where it stands, what its row is known by and says, and what stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from math import isfinite
from types import NoneType
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, Text, case, cast, column, func, literal_column, null, true

from alembic_rekey.plan.groups.members import Planned
from alembic_rekey.plan.groups.standing import whose_slots
from alembic_rekey.plan.judged import key_text
from alembic_rekey.plan.rules import Action
from alembic_rekey.spec import Identity, Part, Slots, Spec
from alembic_rekey.sql.expressions import Exact, by_code_point

__all__ = [
    "GOES",
    "SURVIVES",
    "json_value",
    "json_values",
    "listing_order",
    "row_key",
    "row_name",
    "row_status",
    "row_value",
    "told",
    "whose",
    "winning",
]

GOES = (Action.DROP, Action.MERGE, Action.REPLACE)
SURVIVES = (Action.KEEP, Action.REKEY, Action.REVIVE, Action.ABSORB)

_PLAIN = frozenset({str, int, bool, NoneType})
_NUMBERS = frozenset({float, int, bool, NoneType})


def row_key(part: Part, before: Mapping[str, Any]) -> Any:
    """Return the key of a row: its value, or the values of its columns as one text."""
    values = [before[str(known.name)] for known in part.keys]
    return values[0] if len(values) == 1 else ", ".join(map(str, values))


def row_name(identity: Identity, before: Mapping[str, Any]) -> Any:
    """Return what a row of the identity is called: its name, or its key where it has none."""
    return row_key(identity, before) if identity.name is None else before[str(identity.name.name)]


def row_value(slots: Slots, before: Mapping[str, Any]) -> Any:
    """Return what a row of a slot says; nothing where all of a slot say the same."""
    return _of(slots.value, before)


def row_status(slots: Slots, before: Mapping[str, Any]) -> Any:
    """Return the status of a row of a slot; nothing where all are active."""
    return _of(slots.status, before)


def _of(known: Column[Any] | None, before: Mapping[str, Any]) -> Any:
    return None if known is None else before[str(known.name)]


def json_value(value: Any) -> Any:
    """Return a value of the database as a report writes it."""
    if isinstance(value, float) and not isfinite(value):
        return {"$real": str(value)}
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    # A key that is declared as a number and kept as another type comes as whatever the driver has for it.
    return value if isinstance(value, str | int | float | NoneType) else str(value)


def json_values(values: Sequence[Any]) -> Sequence[Any]:
    """Return values of one column as a report writes them: mostly as they are."""
    kinds = set(map(type, values))
    if kinds <= _PLAIN or (kinds <= _NUMBERS and all(map(isfinite, filter(None, values)))):
        return values
    return [json_value(value) for value in values]


@singledispatch
def told(_part: Part) -> ColumnElement[bool]:
    """Return which rows of a plan a report tells, and a fingerprint takes in."""
    return true()


@told.register
def _told_of_identity(_identity: Identity) -> ColumnElement[bool]:
    # A row that stays is kept for what is left behind only: whoever writes there makes no other plan.
    return column("rekey_action", Text()) != Action.KEEP.value


def listing_order(part: Part) -> list[ColumnElement[Any]]:
    """Return by what the rows of a section are sorted: created ones last, by key, then by canonical.

    Letter by letter whatever the column's collation is: the journal does not have that of its table.
    """
    return [
        column("rekey_action", Text()) == Action.CREATE.value,
        *(by_code_point(Exact(column(known.name, known.type))) for known in part.keys),
        by_code_point(column("rekey_canonical", Text())),
    ]


@singledispatch
def whose(_part: Part, _spec: Spec, _planned: Planned) -> FromClause | None:
    """Return by key whose slot each row of a plan is in (see `whose_slots`), None where its canonical tells it."""
    return None


whose.register(Slots, whose_slots)


@singledispatch
def winning(
    _part: Part, _whose: Sequence[ColumnElement[Any]], _shown: Mapping[str, ColumnElement[Any]]
) -> list[ColumnElement[Any]]:
    """Return action, key, value and status of the row that stays where a row is, if the kind of part knows one."""
    return []


@winning.register
def _winning_the_slot(
    slots: Slots, whose: Sequence[ColumnElement[Any]], shown: Mapping[str, ColumnElement[Any]]
) -> list[ColumnElement[Any]]:
    slot = [*whose, *(column(known.name) for known in slots.slot)]
    # Without parameters: with them it would be another order in each window, and SQLite sort for each.
    surviving: list[ColumnElement[str]] = [literal_column(f"'{action.value}'") for action in SURVIVES]
    survives = case((column("rekey_action", Text()).in_(surviving), literal_column("0")), else_=literal_column("1"))
    nothing: ColumnElement[Any] = cast(null(), Text)
    of_row = (None if known is None else shown[str(known.name)] for known in (slots.value, slots.status))
    told_of = [column("rekey_action", Text()), key_text([shown[str(known.name)] for known in slots.keys])]
    told_of += [nothing if known is None else known for known in of_row]
    return [func.first_value(known).over(partition_by=slot, order_by=survives) for known in told_of]
