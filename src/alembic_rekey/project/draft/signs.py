"""What columns are, by their names and by what they hold: guesses, each of which says what was seen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import DateTime, Enum, Float, Integer, Numeric, String

from alembic_rekey.project.python.code import Code, called_with, string
from alembic_rekey.project.python.naming import Variables
from alembic_rekey.review.schema.description import Described, Field
from alembic_rekey.review.schema.held import Looking
from alembic_rekey.sql.dialects import database
from alembic_rekey.text.shown import shown
from alembic_rekey.text.words import bare, plain, singular

__all__ = ["Status", "Time", "created_time", "is_time", "status_of", "updated_time", "value_of"]

_CHANGED = r"update|updated|modified|change|changed"
_WHEN = r"(at|on|time|date|timestamp)?(ms)?"
_UPDATED = re.compile(rf"(last)?({_CHANGED}){_WHEN}|date({_CHANGED})")
_CREATED = re.compile(rf"(create|created|inserted|creation){_WHEN}|date(created|added)")
_STATUS = frozenset(("status", "state"))
_LIVE = ("active", "live", "current", "enabled", "open", "valid", "published", "approved")
_VALUES = frozenset(("value", "valuejson", "val", "content", "data", "amount", "body"))
_ISO = re.compile(r"\d{4}-\d\d-\d\d([ T].*)?")
_EPOCHS = (("s", 1e8, 1e10), ("ms", 1e11, 1e13), ("us", 1e14, 1e16))


@dataclass(frozen=True)
class Time:
    """A column of times, as it is declared."""

    code: Code
    notes: tuple[str, ...] = ()
    by_the_database: bool = False


@dataclass(frozen=True)
class Status:
    """A column of a status: which of its words mean that a row is in force, and that it is not any more."""

    name: str
    active: str | None
    superseded: bool
    notes: tuple[str, ...] = ()


def updated_time(described: Described, looking: Looking, variables: Variables) -> Time | None:
    """Return the column that tells when a row was changed, if there is one."""
    return _time(described, _UPDATED, looking, variables)


def created_time(described: Described, looking: Looking, variables: Variables) -> Time | None:
    """Return the column that tells when a row was made, if there is one."""
    return _time(described, _CREATED, looking, variables)


def _time(described: Described, names: re.Pattern[str], looking: Looking, variables: Variables) -> Time | None:
    for field in described.fields:
        if names.fullmatch(bare(field.name)) and field.computed is None:
            code = _stamp(described, field, looking, variables)
            if code is not None:
                survey = database(looking.connection.dialect.name).survey
                stamped = bool(survey.written_by_trigger(looking.connection, described.table, [field.name]))
                notes = (f"a trigger writes {field.name}",) if stamped else ()
                return Time(code, notes, stamped)
    return None


def _stamp(described: Described, field: Field, looking: Looking, variables: Variables) -> Code | None:
    column = variables.column(described, field.name)
    if isinstance(field.type, DateTime):
        return column
    if isinstance(field.type, Integer | Numeric | Float):
        _, most = looking.bounds(described, field.name)
        known = float(most) if isinstance(most, int | float | Decimal) else 0.0
        unit = next((unit for unit, low, high in _EPOCHS if low <= known < high), None)
        return None if unit is None else called_with("Epoch", column, string(unit))
    if isinstance(field.type, String) and not isinstance(field.type, Enum):
        least, most = looking.bounds(described, field.name)
        says = all(value is None or _ISO.fullmatch(str(value)) is not None for value in (least, most))
        return column if says else None
    return None


def status_of(described: Described, looking: Looking) -> Status | None:
    """Return the column of the status of a row, if there is one whose words are known."""
    for field in described.fields:
        if bare(field.name) not in _STATUS or not isinstance(field.type, String) or field.computed is not None:
            continue
        found = looking.distinct(described, field.name)
        if found is None:
            continue
        allowed = list(field.type.enums) if isinstance(field.type, Enum) else []
        words = [word for word, _ in found] + [str(word) for word in allowed] + _default(field)
        live = (word for known in _LIVE for word in words if word.lower() == known)
        told = ", ".join(f"{shown(word)} ({rows:,})" for word, rows in found)
        notes = (f"{field.name}: {told}",) if told else ()
        return Status(field.name, next(live, None), "superseded" in words, notes)
    return None


def _default(field: Field) -> list[str]:
    found = re.match(r"\(*'((?:[^']|'')*)'", field.default or "")
    return [] if found is None else [found[1].replace("''", "'")]


def is_time(field: Field) -> bool:
    """Tell whether a column says when something happened to its row, by its type or its name."""
    return isinstance(field.type, DateTime) or any(known.fullmatch(bare(field.name)) for known in (_UPDATED, _CREATED))


def _numbers(described: Described, field: Field) -> bool:
    """Tell whether a column tells the rows of its table apart, and says nothing: by a constraint, or by its name."""
    if any(each.columns == (field.name,) and each.whole for each in described.unique):
        return True
    if any(field.name in link.columns for link in described.links):
        return False
    of = re.fullmatch(r"(.*?)(id|uuid|guid)", bare(field.name))
    return of is not None and bare(singular(plain(described.name))).endswith(of[1])


def value_of(described: Described, others: Iterable[str]) -> tuple[str | None, list[str]]:
    """Return the column that holds what a slot says, and what is left where none of these is told apart."""
    taken = {*others}
    left = [
        field.name
        for field in described.fields
        if not (field.name in taken or field.computed is not None or is_time(field) or _numbers(described, field))
    ]
    if len(left) == 1:
        return left[0], []
    named = [name for name in left if bare(name) in _VALUES]
    return (named[0], []) if len(named) == 1 else (None, left)
