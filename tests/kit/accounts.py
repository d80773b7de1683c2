"""Whether every row is where it was, or is in the journal: plain counting, which shares nothing with the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from whole_database import Content, Row, is_ours

__all__ = ["Changeable", "differences", "unaccounted"]

UNTOUCHED = ("keep", "collision")
GONE = ("delete", "merge", "replace", "drop")
CREATED = "create"


@dataclass(frozen=True)
class Changeable:
    """What a run may change in the rows of one folded table: by action, the columns; and those that others write."""

    by_action: Mapping[str, frozenset[str]]
    written_by_others: frozenset[str] = field(default_factory=frozenset)
    """Columns that the database generates, or that a trigger of the application stamps."""


def unaccounted(
    before: Mapping[str, Content], after: Mapping[str, Content], folded: Mapping[str, Changeable]
) -> list[str]:
    """Every row that went, came or changed and is not in a journal as it was, as sentences."""
    found = [f"{name}: the table is new" for name in after if name not in before and not is_ours(name)]
    for name, content in before.items():
        if is_ours(name):
            continue
        if name not in after:
            found.append(f"{name}: the table is gone")
        elif name not in folded:
            found += _compared(name, content, after[name], "nobody names")
        else:
            found += _folded(name, content, after, folded[name])
    return found


def differences(before: Mapping[str, Content], after: Mapping[str, Content]) -> list[str]:
    """Every row of the application that is not as it was, as sentences."""
    found = [f"{name}: the table is new" for name in after if name not in before and not is_ours(name)]
    for name, content in before.items():
        if not is_ours(name):
            found += _compared(name, content, after.get(name, Content()), "differs from before")
    return found


def _compared(name: str, before: Content, after: Content, said: str) -> list[str]:
    found = [] if before.columns == after.columns else [f"{name}: other columns: {after.columns}"]
    found += [f"{name}: gone, which {said}: {row}" for row in (before.rows - after.rows).elements()]
    found += [f"{name}: new, which {said}: {row}" for row in (after.rows - before.rows).elements()]
    return found


def _folded(name: str, before: Content, after: Mapping[str, Content], allowed: Changeable) -> list[str]:
    kept, made = after.get(f"rekey_journal_{name}"), after.get(f"rekey_created_{name}")
    now = after[name]
    if kept is None:
        return _compared(name, before, now, "no journal could name")
    own = len(kept.columns) - len(before.columns)
    if kept.columns[own:] != before.columns:
        return [f"{name}: its journal has other columns: {kept.columns}"]
    # The second of a journal's own columns, whatever it is called, says what was done.
    entries = [(_text(row[1]), row[own:]) for row in kept.rows.elements()]
    images = Counter(image for action, image in entries if action != CREATED)
    found = [f"{name}: the journal has what was no row: {row}" for row in (images - before.rows).elements()]
    touched = Counter(image for action, image in entries if action not in (*UNTOUCHED, CREATED))
    stay = before.rows - touched
    found += [f"{name}: gone or changed, and in no journal: {row}" for row in (stay - now.rows).elements()]
    left = now.rows - stay
    creations = sum(action == CREATED for action, _ in entries)
    if creations:
        created = Counter(row[len(made.columns) - len(before.columns) :] for row in made.rows.elements())
        if creations != created.total():
            found.append(f"{name}: {creations} rows to create, {created.total()} kept as created")
        found += [f"{name}: said to be created, and not there: {row}" for row in (created - left).elements()]
        left -= created
    for action, image in sorted(entries, key=lambda entry: len(allowed.by_action.get(entry[0], ()))):
        if action in (*UNTOUCHED, *GONE, CREATED):
            continue
        free = allowed.by_action.get(action, frozenset()) | allowed.written_by_others
        match = next((row for row in left if _agree(row, image, before.columns, free)), None)
        if match is None:
            found.append(f"{name}: journalled as {action}, and not there: {image}; there: {list(left.elements())}")
        else:
            left -= Counter([match])
    return [*found, *(f"{name}: new, or changed otherwise than the journal says: {row}" for row in left.elements())]


def _agree(row: Row, image: Row, columns: tuple[str, ...], free: frozenset[str]) -> bool:
    return all(name in free or mine == theirs for name, mine, theirs in zip(columns, row, image, strict=True))


def _text(value: object) -> object:
    return value[1] if isinstance(value, tuple) else value
