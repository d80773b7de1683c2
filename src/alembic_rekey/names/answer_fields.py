"""The fields of one answer to a collision, and how their values are read: an answer that is wrong says where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from alembic_rekey.names.json_file import kind_of
from alembic_rekey.spec import Slots
from alembic_rekey.spec.part import Owner

__all__ = [
    "ABOUT",
    "ALIAS",
    "ANSWERS",
    "CALLED",
    "CANONICAL",
    "DECIDED_BY",
    "FOLD",
    "KEEP",
    "KEY",
    "OWN",
    "OWNER",
    "PROJECT",
    "ROW",
    "ROWS",
    "TABLE",
    "WHY",
    "field_of",
    "name_of",
    "of_key",
    "owner_field",
    "owner_keys",
    "owner_texts",
    "remark_of",
    "row_texts",
    "slot_text",
]

ABOUT, ANSWERS, PROJECT, FOLD, TABLE, KEEP, ROWS = "about", "resolutions", "project", "fold", "table", "keep", "rows"
DECIDED_BY, WHY = "decided_by", "why"
CANONICAL, ALIAS, ROW = "canonical", "alias", "row"
OWNER, KEY, CALLED = "owner.", "key", "called"
OWN = (PROJECT, FOLD, TABLE, KEEP, ROWS, DECIDED_BY, WHY)
# No database holds half of a surrogate pair, nor PostgreSQL a NUL.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


def field_of(column: str) -> str:
    """Return the field that holds the slot's column of this name: another one where it is a field of ours."""
    return f"slot.{column}" if column in (*OWN, ABOUT) else column


def owner_field(owner: Owner) -> str:
    """Return the field that says where an owner leads."""
    return OWNER + ", ".join(str(known.name) for known in owner)


def owner_keys(slots: Slots, texts: Sequence[str | None]) -> Iterator[tuple[str, object]]:
    """Yield the field of each owner, and its key as it stands in a file, from the texts of all of their columns."""
    rest = iter(texts)
    return ((owner_field(owner), of_key([*islice(rest, len(owner))])) for owner in slots.owning)


def of_key(texts: Sequence[str | None]) -> object:
    """Return a key as it stands in a file: its text, or those of its columns."""
    return texts[0] if len(texts) == 1 else list(texts)


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
    if field in entry:
        return _text(entry[field], f".{field}", found)
    found.append(f".{field}: is not there")
    return None


def _text(value: object, place: str, found: list[str]) -> str | None:
    if isinstance(value, str):
        return _usable(value, place, found)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is not None:
        found.append(f"{place}: must be a string, an integer or null, not {kind_of(value)}")
    return None


def owner_texts(entry: Mapping[str, object], slots: Slots, found: list[str]) -> tuple[str | None, ...] | None:
    """Return the texts of all owners' columns; None where nothing is said of any of them.

    What stands under `called` is shown for a person, and not read.
    """
    fields = [owner_field(owner) for owner in slots.owning]
    if not any(field in entry for field in fields):
        return None
    texts: list[str | None] = []
    for field, owner in zip(fields, slots.owning, strict=True):
        said = entry.get(field)
        if isinstance(said, Mapping):
            found += [f".{field}.{more}: there is no such field" for more in said if more not in (KEY, CALLED)]
            texts += _key_texts(said, KEY, f".{field}.{KEY}", len(owner), found)
        else:
            texts += _key_texts(entry, field, f".{field}", len(owner), found)
    return tuple(texts)


def row_texts(said: Mapping[str, object], slots: Slots, found: list[str]) -> tuple[str, ...]:
    """Return the texts of the key of the row that `keep` names."""
    wrong: list[str] = []
    texts = _key_texts(said, ROW, f".{KEEP}.{ROW}", len(slots.keys), wrong)
    if None in texts and not wrong:
        wrong.append(f".{KEEP}.{ROW}: must be the key of a row, not null")
    found += wrong
    return tuple(text or "" for text in texts)


def _key_texts(said: Mapping[str, object], field: str, place: str, columns: int, found: list[str]) -> list[str | None]:
    """Return the texts of a key of so many columns, from what stands in a field: those of several are a list."""
    if field not in said:
        found.append(f"{place}: is not there")
        return [None] * columns
    value = said[field]
    parts = value if isinstance(value, list) and columns > 1 else [value]
    if len(parts) != columns:
        found.append(f"{place}: must be a list of the {columns} values of the key")
        return [None] * columns
    return [_text(part, place, found) for part in parts]
