"""What a scan found, as lines of plain text; each list says what to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from alembic_rekey.review.scan.findings import Scan, Unrecorded
from alembic_rekey.text.shown import counted, printable, shown

__all__ = ["STAMPED", "never_ran", "scan_text"]

STAMPED = (
    "was the database stamped? Stamp it at the revision before (alembic stamp REVISION), and alembic upgrade folds; "
    "where others ran behind it, alembic-rekey revision --fold TABLE.COLUMN writes one more fold, with its tables."
)
"""What to do where a fold counts as applied and never ran."""


def never_ran(one: Unrecorded) -> str:
    """Return the line of a fold that counts as applied and never ran."""
    return (
        f"revision {printable(one.revision)}, of each {printable(one.noun)}, counts as applied, and no run is recorded"
    )


def scan_text(made: Scan, database: str, limit: int | None) -> Iterator[str]:
    """Yield the scan; lists are cut at `limit` entries, None shows all."""
    yield f"Scan of {printable(database)}, reading only: {made.tables:,} tables."
    yield from (f"  note         {printable(note)}" for note in made.notes)
    yield from (f"  no run       {never_ran(one)}" for one in made.unrecorded)
    yield from _list(
        "Columns outside the spec that hold registered names",
        [
            f"{_at(one.table, one.column, one.path)}: {one.rows:,} of {counted(one.values, 'value')}, "
            f"{counted(one.names, f'registered {one.noun}')}: {', '.join(map(shown, one.examples))}"
            for one in made.outside
        ],
        limit,
        "declare each in a new fold (Tags, or names=… of its row); a fold cannot reach into documents and arrays: "
        "change these by hand.",
    )
    yield from _list(
        "Columns without a foreign key that hold keys of rows that went, or would go",
        [
            f"{_at(one.table, one.column)}: "
            + "".join(f"where {printable(of)} is {shown(value)}, " for of, value in one.where.items())
            + f"{counted(one.rows, 'row')} with the key of a {one.noun}"
            for one in made.keys
        ],
        limit,
        "declare each as an owner before the next fold; rekey_redirect, or the journal, tells where a key leads now.",
    )
    yield from _list(
        "Rows under an alias" if made.unrecorded else "Rows written under an alias since the last fold",
        [
            f"{_at(one.table, one.column)}{f', {one.day}' if one.day else ''}: {one.rows:,} under {shown(one.alias)}, "
            f"which is {shown(one.canonical)}"
            for one in made.since
        ],
        limit,
        STAMPED
        if made.unrecorded
        else 'let who writes them use the registry, then fold again: alembic-rekey revision -m "…".',
    )
    yield from _list(
        "Names that no list registers",
        [
            f"{_at(one.table, one.column)}: {shown(one.name)} ({counted(one.rows, 'row')})"
            + (f"; nearly {shown(one.near)}" if one.near else "")
            for one in made.unregistered
        ],
        limit,
        "give the registry an entry for what is one with another name.",
    )
    yield from _entries(made)
    if not made.alarms:
        yield "Nothing outside the specs holds a registered name or a key of a row that went."


def _entries(made: Scan) -> Iterator[str]:
    """Yield the names that are nearly a registered one as entries of the registry, to be pasted."""
    near: dict[str, list[str]] = {}
    for one in made.unregistered:
        if one.near is not None and one.name not in near.setdefault(one.near, []):
            near[one.near].append(one.name)
    if near:
        yield "  as entries of the registry, to be joined with those that are there:"
        for canonical, aliases in near.items():
            yield f"    {json.dumps({'id': canonical, 'aliases': aliases})}"


def _list(title: str, entries: Sequence[str], limit: int | None, remedy: str) -> Iterable[str]:
    if not entries:
        return
    yield ""
    yield f"{title} ({len(entries):,})"
    yield from (f"  {entry}" for entry in islice(entries, limit))
    if limit is not None and len(entries) > limit:
        yield f"  … and {len(entries) - limit:,} more (--all shows them)"
    yield f"  what to do: {remedy}"


def _at(table: str, column: str, path: str = "") -> str:
    return printable(f"{table}.{column}{f' at {path}' if path else ''}")
