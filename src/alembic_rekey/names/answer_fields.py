"""The fields of one answer to a collision, and how their values are read: an answer that is wrong says where."""

from __future__ import annotations

import re
from collections.abc import Mapping

from alembic_rekey.names.json_file import kind_of

__all__ = [
    "ABOUT",
    "ALIAS",
    "ANSWERS",
    "CANONICAL",
    "DECIDED_BY",
    "FOLD",
    "KEEP",
    "OWN",
    "PROJECT",
    "ROWS",
    "TABLE",
    "WHY",
    "field_of",
    "name_of",
    "remark_of",
    "slot_text",
]

ABOUT, ANSWERS, PROJECT, FOLD, TABLE, KEEP, ROWS = "about", "resolutions", "project", "fold", "table", "keep", "rows"
DECIDED_BY, WHY = "decided_by", "why"
CANONICAL, ALIAS = "canonical", "alias"
OWN = (PROJECT, FOLD, TABLE, KEEP, ROWS, DECIDED_BY, WHY)
# No database holds half of a surrogate pair, nor PostgreSQL a NUL.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


def field_of(column: str) -> str:
    """Return the field that holds the slot's column of this name: another one where it is a field of ours."""
    return f"slot.{column}" if column in OWN else column


def name_of(value: object, place: str, found: list[str]) -> str | None:
    """Return the text of a name; a number counts as its text, as in the registry."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        said = "a blank one" if isinstance(value, str) else kind_of(value)
        found.append(f"{place}: must be a name, not {said}")
        return None
    return _usable(value, place, found)


def remark_of(entry: Mapping[str, object], field: str, found: list[str]) -> str | None:
    """Return what a person wrote beside an answer, None where that is nothing."""
    value = entry.get(field)
    if isinstance(value, str):
        return _usable(value.strip(), f".{field}", found) or None
    if value is not None:
        found.append(f".{field}: must be a text, not {kind_of(value)}")
    return None


def _usable(value: str, place: str, found: list[str]) -> str | None:
    if odd := _NO_TEXT.search(value):
        found.append(f"{place}: holds U+{ord(odd[0]):04X}, which cannot be looked up; decide this one in the database")
        return None
    return value


def slot_text(entry: Mapping[str, object], field: str, found: list[str]) -> str | None:
    """Return a value of the slot as the text that the database makes of it."""
    value = entry.get(field)
    if field not in entry:
        found.append(f".{field}: is not there")
    elif isinstance(value, str):
        return _usable(value, f".{field}", found)
    elif isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    elif value is not None:
        found.append(f".{field}: must be a string, an integer or null, not {kind_of(value)}")
    return None
